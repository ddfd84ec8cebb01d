//! Agreement of the files of a trace, but for what happens in the events.

use std::path::PathBuf;

use module_identity::{BARE_LABEL, ModuleName};
use runtime_tracing::TraceMetadata;
use spool::ProcessOrigin;

use crate::document::{Cause, Document, Module};
use crate::format::{METADATA_FILE, MODULES_FILE, PATHS_FILE};
use crate::program::RecordedProgram;
use crate::read::Folder;
use crate::write;

/// Finds out whether a document is of the interpreter that it says it is.
pub fn interpreter(document: &Document) -> Option<String> {
    let process = &document.run.process;
    let number = process.interpreter;
    match (process.origin, number) {
        (ProcessOrigin::Interpreter, 0) => {
            Some("a sub-interpreter has the number 0, which is the main one's".to_owned())
        }
        (ProcessOrigin::Start | ProcessOrigin::Fork, 1..) => Some(format!(
            "a process was started with interpreter {number}, and the main one is 0"
        )),
        _ => None,
    }
}

/// Finds wrong labels in a document, each with the index of its module.
pub fn labels(document: &Document) -> impl Iterator<Item = (usize, String)> + '_ {
    let modules = document.modules.iter().enumerate();
    modules.filter_map(|(index, module)| Some((index, label(module, document)?)))
}

fn label(module: &Module, document: &Document) -> Option<String> {
    let Module { label, rule, .. } = module;
    let expected = module
        .name
        .as_ref()
        .map_or_else(|| BARE_LABEL.to_owned(), ModuleName::label);
    if *label != expected {
        return Some(format!(
            "the label is {label}, and its name makes it {expected}"
        ));
    }
    if module.name.is_some() && rule.keeps_bare_label() {
        return Some(format!(
            "{label} has a name, and its rule says: {}",
            rule.reason()
        ));
    }
    if module.name.is_none() && !rule.keeps_bare_label() {
        return Some(format!(
            "a bare <module> that nothing justifies: its rule says: {}",
            rule.reason()
        ));
    }
    if rule.is_inferred() {
        return Some(format!("{label} is a guess: {}", rule.reason()));
    }
    let parent = module
        .parent
        .and_then(|parent| document.modules.get(parent));
    if parent.is_some_and(|parent| parent.thread != module.thread) {
        return Some(format!("{label} has a parent on another thread"));
    }
    None
}

/// Finds imports of a document whose body, by its index, is another module's or belongs to another import.
pub fn bodies(document: &Document) -> impl Iterator<Item = String> + '_ {
    let imports = document.imports.iter().enumerate();
    imports.filter_map(|(index, import)| {
        let name = import.name.as_str();
        let body = import.body?;
        let module = document.modules.get(body);
        let is_its_body = module.is_some_and(|module| {
            module.within == Some(Cause::Import(index))
                && module.name.as_ref().map(ModuleName::as_str) == Some(name)
        });
        (!is_its_body)
            .then(|| format!("import {index} of {name} ran module {body}, which is not its body"))
    })
}

/// Finds where `trace_metadata.json` differs from the document.
pub fn metadata(
    folder: &Folder,
    document: &Document,
    program: &RecordedProgram,
    found: &TraceMetadata,
) -> Option<String> {
    let expected = write::metadata(&document.run.process, program.clone());
    let differs = found.workdir != expected.workdir
        || found.program != expected.program
        || found.args != expected.args;
    differs.then(|| {
        format!(
            "{}: `{}` {:?} in {}, where {MODULES_FILE} has `{}` {:?} in {}",
            folder.file(METADATA_FILE).display(),
            found.program,
            found.args,
            found.workdir.display(),
            expected.program,
            expected.args,
            expected.workdir.display(),
        )
    })
}

/// Finds where `trace_paths.json` differs from the paths that the events define.
pub fn paths(folder: &Folder, defined: &[PathBuf], listed: &[PathBuf]) -> Option<String> {
    let count = defined.len().max(listed.len());
    let first = (0..count).find(|&id| defined.get(id) != listed.get(id))?;
    let shown = |path: Option<&PathBuf>| match path {
        Some(path) => path.display().to_string(),
        None => "none".to_owned(),
    };
    Some(format!(
        "{}: path {first} is {}, where the events have {}",
        folder.file(PATHS_FILE).display(),
        shown(listed.get(first)),
        shown(defined.get(first)),
    ))
}
