//! Errors of the choice of an interpreter.

use std::ffi::OsString;
use std::fmt;
use std::path::PathBuf;

use thiserror::Error;

use super::installation::PythonInstallation;
use super::interpreter::Interpreter;
use super::unusable::UnusablePython;

/// The number of found Pythons that a message describes.
const DESCRIBED: usize = 4;

/// An error in the choice of the interpreter to run.
#[derive(Debug, Error)]
pub enum InterpreterError {
    /// The interpreter that was requested cannot be had.
    #[error("{by} asks for {error}")]
    Requested {
        /// The one who requested it.
        by: RequestedBy,
        /// The request, and why it cannot be met.
        #[source]
        error: RequestError,
    },
    /// The active virtual environment's interpreter cannot be recorded.
    #[error(
        "The virtual environment {} is active (VIRTUAL_ENV), and its {} {reason}",
        folder.display(),
        python.display()
    )]
    VirtualEnv {
        /// The virtual environment.
        folder: PathBuf,
        /// Its interpreter.
        python: PathBuf,
        /// Why that cannot be recorded.
        reason: UnusablePython,
    },
    /// No Python on this machine can be recorded.
    #[error(
        "There is no Python here that truename can record: it needs CPython 3.12 or newer, and found \
         on PATH and in the folders of pyenv, uv, truename, /usr and /opt: {}",
        described(found)
    )]
    NoneUsable {
        /// Everything that was found.
        found: Vec<PythonInstallation>,
    },
}

/// The one who requested an interpreter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RequestedBy {
    /// The caller.
    Caller,
    /// The variable `$TRUENAME_PYTHON`.
    Variable,
}

impl fmt::Display for RequestedBy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Caller => "the request",
            Self::Variable => "$TRUENAME_PYTHON",
        })
    }
}

/// A request for an interpreter that cannot be met. Displayed as the object of "asks for":
/// `Python 3.14, and none was found; usable here: 3.13.0`.
#[derive(Debug, Error)]
pub enum RequestError {
    /// There is no such command.
    #[error("the command \"{}\", and no folder of PATH holds such a program", name.display())]
    NoSuchCommand {
        /// The command.
        name: OsString,
    },
    /// The file is no interpreter that can be recorded.
    #[error("{}, which {reason}", path.display())]
    Unusable {
        /// The file.
        path: PathBuf,
        /// Why it cannot be recorded.
        reason: UnusablePython,
    },
    /// There is no Python of that version.
    #[error(
        "Python {version}, and none was found; usable here: {}",
        usable_versions(found)
    )]
    NoSuchVersion {
        /// The beginning of a version.
        version: String,
        /// Everything that was found instead.
        found: Vec<PythonInstallation>,
    },
    /// There is a Python of that version, and it cannot be recorded.
    #[error("Python {version}; {found}")]
    UnusableVersion {
        /// The beginning of a version.
        version: String,
        /// The Python of that version.
        found: Box<PythonInstallation>,
    },
}

fn usable_versions(found: &[PythonInstallation]) -> String {
    let usable = found
        .iter()
        .filter_map(|installation| installation.verdict.as_ref().ok());
    let mut versions: Vec<_> = usable.map(Interpreter::shown_version).collect();
    versions.dedup();
    match versions.is_empty() {
        true => "none".to_owned(),
        false => versions.join(", "),
    }
}

fn described(found: &[PythonInstallation]) -> String {
    if found.is_empty() {
        return "none at all".to_owned();
    }
    let described = found.iter().take(DESCRIBED).map(ToString::to_string);
    let mut list: Vec<_> = described.collect();
    if found.len() > DESCRIBED {
        list.push(format!("and {} more", found.len() - DESCRIBED));
    }
    list.join("; ")
}
