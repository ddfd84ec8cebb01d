//! Finding a Python interpreter that can be recorded.
//!
//! `request` reads what a person asks for, `search` finds the places of interpreters, and `probe` asks one
//! for its version. `cache` remembers the answer, and `pyenv` what it depends on besides. `refusal` is the
//! reason why one cannot be used, `choice` picks the one to run, and `list` shows all.

mod cache;
mod candidate;
mod choice;
pub mod command_line;
mod environment;
mod identity;
mod interpreter;
mod list;
mod probe;
mod pyenv;
mod refusal;
mod request;
mod search;
mod stage;
mod stamp;
#[cfg(test)]
mod testing;

use std::ffi::OsStr;
use std::path::PathBuf;

pub use candidate::Candidate;
pub use environment::{CACHE_VARIABLE, Environment};
pub use interpreter::{Interpreter, Version};
pub use list::{write_json, write_list};
pub use refusal::Refusal;
pub use search::Origin;
pub use stage::Stage;

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
