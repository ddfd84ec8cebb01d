//! The filters of a run, in their order.

use std::env;
use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf, absolute};

use interpreters::command_line::{PythonArguments, PythonProgram};
use trace_filter::{Builtin, FilterChain, FilterConfig, FilterError, FilterSource};

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
        chain = append(chain, &names).map_err(LauncherError::FilterOfVariable)?;
    }
    for names in named {
        chain = append(chain, names).map_err(LauncherError::Filter)?;
    }
    Ok(FilterConfig {
        chain,
        project_root: root.map(|root| root.to_string_lossy().into_owned()),
    })
}

/// Appends the filters whose names are joined.
fn append(chain: FilterChain, names: &OsStr) -> Result<FilterChain, FilterError> {
    trace_filter::load_after(chain, &FilterSource::parse_chain(names)?)
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
