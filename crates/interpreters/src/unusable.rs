//! Reasons why a Python cannot be recorded.

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use super::version::{OLDEST, PythonVersion, dotted};

/// A reason why a Python cannot be recorded. Displayed as what follows its path in a sentence:
/// `is CPython 3.11.7, and truename needs 3.12 or newer`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum UnusablePython {
    /// There is no such file.
    Missing,
    /// It is a link to a file that is not there, as in the virtual environment of a Python that was removed.
    BrokenLink(PathBuf),
    /// It is a folder.
    Folder,
    /// The system would not start it, for this reason.
    NotStarted(String),
    /// It did not end within the time that was given to it.
    Hung(Duration),
    /// It ended without saying what it is.
    NoAnswer {
        /// Its exit status, as a text.
        status: String,
        /// The first line that it wrote.
        said: Option<String>,
    },
    /// It is a Python, but not CPython.
    NotCPython(String, PythonVersion),
    /// It is a CPython without `sys.monitoring`.
    TooOld(PythonVersion),
    /// It is a CPython built to run without the global interpreter lock.
    FreeThreaded(PythonVersion),
    /// It is a CPython for a system that is not supported.
    Platform(String, PythonVersion),
}

impl UnusablePython {
    /// Returns the version of the Python, when it gave one.
    pub fn version(&self) -> Option<PythonVersion> {
        match self {
            Self::NotCPython(_, version)
            | Self::TooOld(version)
            | Self::FreeThreaded(version)
            | Self::Platform(_, version) => Some(*version),
            _ => None,
        }
    }
}

impl fmt::Display for UnusablePython {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing => write!(f, "does not exist"),
            Self::BrokenLink(target) => {
                write!(f, "is a link to {}, which does not exist", target.display())
            }
            Self::Folder => write!(f, "is a folder, not an interpreter"),
            Self::NotStarted(reason) => write!(f, "cannot be started ({reason})"),
            Self::Hung(limit) => write!(
                f,
                "did not say within {} s what it is, and was stopped",
                limit.as_secs()
            ),
            Self::NoAnswer { status, said } => {
                write!(f, "did not answer as a Python does ({status}")?;
                match said {
                    Some(line) => write!(f, ", saying \"{line}\")"),
                    None => write!(f, ", saying nothing)"),
                }
            }
            Self::NotCPython(name, version) => write!(
                f,
                "is {name} (Python {}), and truename records CPython only",
                dotted(*version)
            ),
            Self::TooOld(version) => write!(
                f,
                "is CPython {}, and truename needs {}.{} or newer",
                dotted(*version),
                OLDEST.0,
                OLDEST.1
            ),
            Self::FreeThreaded(version) => write!(
                f,
                "is a free-threaded build of CPython {}, and truename records builds with the GIL only",
                dotted(*version)
            ),
            Self::Platform(name, version) => write!(
                f,
                "is CPython {} for the platform \"{name}\", and truename records on Linux and macOS only",
                dotted(*version)
            ),
        }
    }
}
