//! Finding a Python interpreter that can be recorded.
//!
//! `search` says where interpreters may lie, `probe` asks one what it is, `cache` remembers the
//! answer (`pyenv` what it depends on besides), `refusal` says why one cannot be used, `choice` picks the one to run and `list` shows all.

mod cache;
mod candidate;
mod choice;
pub mod command_line;
mod environment;
mod identity;
mod list;
mod probe;
mod pyenv;
mod refusal;
mod search;
mod stage;
#[cfg(test)]
mod testing;

use std::ffi::OsStr;
use std::path::PathBuf;

pub use candidate::Candidate;
pub use environment::{CACHE_VARIABLE, Environment};
pub use list::{write_json, write_list};
pub use refusal::Refusal;
pub use search::Origin;
pub use stage::Stage;

/// A Python version: major, minor, micro.
pub type Version = (u32, u32, u32);

/// The first version that can be recorded: `sys.monitoring` came with it.
const OLDEST: Version = (3, 12, 0);

/// A CPython that can be recorded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Interpreter {
    /// What gets run: the path as it was found, so that a virtual environment stays one. It always
    /// holds a slash, so that running it never searches `PATH` again.
    pub path: PathBuf,
    /// Its version.
    pub version: Version,
    /// How far that version is: a release, or one that comes before it.
    pub stage: Stage,
    /// What it reported as `sys.executable`: differs from [`path`](Self::path) where that is a
    /// script or another program that starts the interpreter, such as a pyenv shim.
    pub executable: PathBuf,
}

/// Picks the interpreter that `truename run` starts: `requested` (a path, a command or a version
/// such as `3.13`), else `$TRUENAME_PYTHON`, the active virtual environment, `python3` or `python`
/// on `PATH`, and at last the newest CPython found anywhere.
///
/// # Errors
///
/// When the one asked for (by `requested`, `$TRUENAME_PYTHON` or an active virtual environment)
/// cannot be recorded, or when nothing that was found can.
pub fn choose(requested: Option<&OsStr>) -> failure::Result<Interpreter> {
    choice::choose(&Environment::current(), requested)
}

/// Every Python on this machine that was found, newest first, each with what it was found to be.
pub fn find_all() -> Vec<Candidate> {
    candidate::find_all(&Environment::current())
}

/// An interpreter of each version on this machine that can be recorded, newest first.
pub fn one_of_each_version() -> Vec<Interpreter> {
    candidate::one_of_each_version(&Environment::current())
}

/// The folder in which truename keeps what it can make again; `None` when there is no home folder.
pub fn cache_folder() -> Option<PathBuf> {
    Environment::current().cache_folder()
}

impl Interpreter {
    /// Its version as people write it, `3.13.1` or `3.15.0rc2`.
    fn shown_version(&self) -> String {
        format!("{}{}", dotted(self.version), self.stage)
    }
}

/// A version as people write it.
fn dotted((major, minor, micro): Version) -> String {
    format!("{major}.{minor}.{micro}")
}
