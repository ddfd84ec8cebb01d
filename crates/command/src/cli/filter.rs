//! The commands that look into trace filters.

use std::env;
use std::ffi::OsString;
use std::path::{self, Path, PathBuf};

use module_identity::BARE_LABEL;
use trace_filter::{Builtin, FilterChain, FilterContext, FilterSource, Query};

use super::arguments::{FilterCheckArguments, FilterCommand, FilterExplainArguments};
use super::failure::Result;
use super::output::print;

pub fn run(filter: &FilterCommand) -> Result<u8> {
    match filter {
        FilterCommand::Check(check) => self::check(check),
        FilterCommand::Explain(explain) => self::explain(explain),
    }
}

fn check(check: &FilterCheckArguments) -> Result<u8> {
    let chain = load(&check.files)?;
    print(|out| {
        for file in &chain.files {
            writeln!(out, "{}", file.summary())?;
        }
        for note in trace_filter::notes(&chain) {
            writeln!(out, "note: {note}")?;
        }
        Ok(())
    })
}

fn explain(explain: &FilterExplainArguments) -> Result<u8> {
    let chain = load(&explain.files)?;
    let file = absolute(&explain.file);
    let filter = trace_filter::Filter::new(chain, context(&file));
    let file = file.to_string_lossy();
    let query = Query {
        module: Some(&*explain.module).filter(|name| *name != BARE_LABEL),
        file: &file,
        qualname: &explain.object,
        ..Query::default()
    };
    print(|out| write!(out, "{}", filter.explain(&query)))
}

/// Reads filters as a run does, which puts the default before them, and returns them without it.
fn load(words: &[OsString]) -> Result<FilterChain> {
    let mut sources = vec![FilterSource::Builtin(Builtin::Default)];
    for word in words {
        sources.extend(FilterSource::parse_chain(word)?);
    }
    let mut chain = trace_filter::load(&sources)?;
    chain.files.remove(0);
    Ok(chain)
}

/// Writes a path as the recorder would see it; `<string>` and its like name no file.
fn absolute(file: &Path) -> PathBuf {
    if file.as_os_str().as_encoded_bytes().starts_with(b"<") {
        return file.to_owned();
    }
    path::absolute(file).unwrap_or_else(|_| file.to_owned())
}

fn context(file: &Path) -> FilterContext {
    let project = file.parent().and_then(trace_filter::project_filter);
    let root = project
        .map(|(_, root)| root)
        .or_else(|| env::current_dir().ok());
    FilterContext {
        project_root: root.map(|root| root.to_string_lossy().into_owned()),
        stdlib: stdlib(file).into_iter().collect(),
    }
}

/// Finds the standard library's folder, if the file is in one: known by `os.py`, as CPython itself knows it.
fn stdlib(file: &Path) -> Option<String> {
    let mut folders = file.ancestors().skip(1);
    let folder = folders.find(|folder| folder.join("os.py").is_file())?;
    Some(folder.to_string_lossy().into_owned())
}
