//! Errors of making a scenario ready, and of running it.

use std::io;
use std::path::PathBuf;

use thiserror::Error;

use crate::fixture::TreePath;
use crate::tree::TreeError;

/// A reason why a scenario cannot run.
#[derive(Debug, Error)]
pub enum SandboxError {
    /// There is no place for its folders.
    #[error("no temporary folder can be made: {0}.")]
    Folder(io::Error),
    /// Packages that are required are not there and cannot be installed.
    #[error("{requires} cannot be installed for {}: {reason}", python.display())]
    Packages {
        /// The packages.
        requires: String,
        /// The interpreter.
        python: PathBuf,
        /// The words of the installer.
        reason: String,
    },
    /// Its files cannot be made.
    #[error(transparent)]
    Tree(#[from] TreeError),
    /// Its working directory is not there.
    #[error("{place}: the program cannot run in `cwd`: {source}")]
    NoDirectory {
        /// The line in the fixture.
        place: String,
        /// Why it is not.
        source: TreeError,
    },
    /// Its virtual environment is not there.
    #[error("{place}: there is no `interpreter`: {source}")]
    NoEnvironment {
        /// The line in the fixture.
        place: String,
        /// Why it is not.
        source: TreeError,
    },
    /// Its virtual environment is none.
    #[error("{place}: `{venv}` holds no bin/python. Name the folder that a `venv` step made.")]
    NoPython {
        /// The line in the fixture.
        place: String,
        /// The folder.
        venv: TreePath,
    },
    /// A file cannot be written, or a command not be started.
    #[error("{}: {source}.", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// Why it cannot.
        source: io::Error,
    },
}
