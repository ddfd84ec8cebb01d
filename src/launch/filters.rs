//! The filters of a run: which there are, and in which order.

use std::env;
use std::ffi::OsString;
use std::path::{Path, PathBuf, absolute};

use trace_filter::{Brief, Builtin, FilterError, Source};

use crate::failure::{Failure, Result};
use crate::python_arguments::{Program, PythonArguments};

/// The variable that names filters.
const VARIABLE: &str = "TRUENAME_FILTER";

/// Puts the filters of a run together: the built-in default unless it is not wanted, the project's,
/// those of `$TRUENAME_FILTER`, and those that were `named`. Later ones override earlier ones.
///
/// # Errors
///
/// When one of them cannot be read or is not valid.
pub fn filters(arguments: &[OsString], named: &[OsString], with_default: bool) -> Result<Brief> {
    let folder = program_folder(&PythonArguments::read(arguments).program);
    let mut sources = Vec::new();
    if with_default {
        sources.push(Source::Builtin(Builtin::Default));
    }
    let project = folder.as_deref().and_then(trace_filter::project_filter);
    let root = match project {
        Some((file, root)) => {
            sources.push(Source::File(file));
            Some(root)
        }
        None => folder,
    };
    let inherited = env::var_os(VARIABLE).filter(|value| !value.is_empty());
    for chain in inherited.iter().chain(named) {
        sources.extend(Source::parse_chain(chain).map_err(refused)?);
    }
    Ok(Brief {
        chain: trace_filter::load(&sources).map_err(refused)?,
        project_root: root.map(|root| root.to_string_lossy().into_owned()),
    })
}

fn refused(error: FilterError) -> Failure {
    Failure::usage(error.to_string())
}

/// The folder that a program is in; the working directory for what is no file.
fn program_folder(program: &Program) -> Option<PathBuf> {
    let here = env::current_dir().ok()?;
    let Program::Script(script) = program else {
        return Some(here);
    };
    let script = absolute(Path::new(script)).ok()?;
    // (a folder is a program, too)
    if script.is_dir() {
        return Some(script);
    }
    let real = script.canonicalize().unwrap_or(script);
    real.parent().map(Path::to_owned)
}
