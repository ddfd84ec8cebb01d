//! Errors of judging recorders.

use std::io;
use std::path::PathBuf;

use thiserror::Error;

use crate::fixture::FixtureError;
use crate::sandbox::SandboxError;

/// A reason why nothing can be judged.
#[derive(Debug, Error)]
pub enum ConformError {
    /// A fixture is wrong.
    #[error(transparent)]
    Fixture(#[from] FixtureError),
    /// A fixture has no golden for some Pythons.
    #[error("{scenario} has no golden {file}, so nobody has said what is true of it.")]
    NoGolden {
        /// `FAMILY/SCENARIO`.
        scenario: String,
        /// The golden's file.
        file: PathBuf,
    },
    /// No scenario has a name, and no family either.
    #[error("there is no scenario and no family {name}.")]
    NoScenario {
        /// The name.
        name: String,
        /// The families that there are.
        families: String,
    },
    /// A profile is wrong.
    #[error("{}:{line}: {text}. docs/conform.md lists what a profile may hold.", path.display())]
    Profile {
        /// The profile.
        path: PathBuf,
        /// The line in it, from 1.
        line: usize,
        /// The message: what is wrong, and what was expected.
        text: String,
    },
    /// A file or folder cannot be read or written.
    #[error("{}: {source}.", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why it cannot.
        source: io::Error,
    },
    /// A signal has asked this process to end.
    #[error("not all was run: a signal came.")]
    Interrupted {
        /// The signal.
        signal: i32,
    },
    /// A scenario cannot be run on this machine, whatever records it.
    #[error("{scenario} cannot run on {}: {source}", python.display())]
    NotRun {
        /// `FAMILY/SCENARIO`.
        scenario: String,
        /// The interpreter.
        python: PathBuf,
        /// Why it cannot.
        source: Box<SandboxError>,
    },
    /// A golden cannot be read.
    #[error("{scenario}: the golden has the line `{line}`, which is no body, process or exit.")]
    Golden {
        /// `FAMILY/SCENARIO`.
        scenario: String,
        /// The line.
        line: String,
    },
}
