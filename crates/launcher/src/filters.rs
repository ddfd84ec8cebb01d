//! The filters of a run, in their order.

use std::env;
use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf, absolute};

use interpreters::command_line::{PythonArguments, PythonProgram};
use trace_filter::{Builtin, FilterConfig, FilterError, FilterFile, FilterSource};

use super::error::LauncherError;

/// The variable that names filters.
const VARIABLE: &str = "TRUENAME_FILTER";

/// Puts the filters of a run together: the built-in default unless it is not wanted, the project's,
/// those of `$TRUENAME_FILTER`, and those that were `named`. Later ones override earlier ones.
///
/// # Errors
///
/// When one of them cannot be read or is not valid.
pub fn filters(
    arguments: &[OsString],
    named: &[OsString],
    with_default: bool,
) -> Result<FilterConfig, LauncherError> {
    let folder = program_folder(&PythonArguments::read(arguments).program);
    let mut sources = Vec::new();
    if with_default {
        sources.push(FilterSource::Builtin(Builtin::Default));
    }
    let project = folder.as_deref().and_then(trace_filter::project_filter);
    let root = match project {
        Some((file, root)) => {
            sources.push(FilterSource::File(file));
            Some(root)
        }
        None => folder,
    };
    let mut chain = trace_filter::load(&sources).map_err(LauncherError::Filter)?;
    let inherited = env::var_os(VARIABLE).filter(|value| !value.is_empty());
    if let Some(names) = inherited {
        let files = load(&names).map_err(LauncherError::FilterOfVariable)?;
        chain.files.extend(files);
    }
    for names in named {
        chain
            .files
            .extend(load(names).map_err(LauncherError::Filter)?);
    }
    Ok(FilterConfig {
        chain,
        project_root: root.map(|root| root.to_string_lossy().into_owned()),
    })
}

/// Reads filters whose names are joined.
fn load(names: &OsStr) -> Result<Vec<FilterFile>, FilterError> {
    let sources = FilterSource::parse_chain(names)?;
    Ok(trace_filter::load(&sources)?.files)
}

/// Returns the folder that a program is in; the working directory for what is no file.
fn program_folder(program: &PythonProgram) -> Option<PathBuf> {
    let here = env::current_dir().ok()?;
    let PythonProgram::Script(script) = program else {
        return Some(here);
    };
    let script = absolute(Path::new(script)).ok()?;
    // A folder is a program, too.
    if script.is_dir() {
        return Some(script);
    }
    let real = script.canonicalize().unwrap_or(script);
    real.parent().map(Path::to_owned)
}
