//! An interpreter that can be recorded.

use std::path::PathBuf;

use super::Stage;

/// A Python version: major, minor, micro.
pub type Version = (u32, u32, u32);

/// The first version that can be recorded: `sys.monitoring` came with it.
pub(super) const OLDEST: Version = (3, 12, 0);

/// A CPython that can be recorded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Interpreter {
    /// The command to run: the path as it was found, so that a virtual environment stays one. It always
    /// holds a slash, so that running it never searches `PATH` again.
    pub path: PathBuf,
    /// Its version.
    pub version: Version,
    /// The stage of that version: a release, or one that comes before it.
    pub stage: Stage,
    /// Its `sys.executable`: differs from [`path`](Self::path) where that is a
    /// script or another program that starts the interpreter, such as a pyenv shim.
    pub executable: PathBuf,
}

impl Interpreter {
    /// Its version as people write it, `3.13.1` or `3.15.0rc2`.
    pub(super) fn shown_version(&self) -> String {
        format!("{}{}", dotted(self.version), self.stage)
    }
}

/// A version as people write it.
pub(super) fn dotted((major, minor, micro): Version) -> String {
    format!("{major}.{minor}.{micro}")
}
