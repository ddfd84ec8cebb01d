//! Interpreters that can be recorded.

use std::path::PathBuf;

use super::stage::Stage;
use super::version::{PythonVersion, dotted};

/// A CPython that can be recorded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Interpreter {
    /// The path that gets run: as it was found, so that a virtual environment stays one. It always
    /// holds a slash, so that running it never searches `PATH` again.
    pub path: PathBuf,
    /// Its version.
    pub version: PythonVersion,
    /// The stage of that version: a release, or one that comes before it.
    pub stage: Stage,
    /// The path that it reported as `sys.executable`: differs from [`path`](Self::path) where that is
    /// a script or another program that starts the interpreter, such as a pyenv shim.
    pub executable: PathBuf,
}

impl Interpreter {
    /// Writes its version as people do, `3.13.1` or `3.15.0rc2`.
    pub fn shown_version(&self) -> String {
        format!("{}{}", dotted(self.version), self.stage)
    }
}
