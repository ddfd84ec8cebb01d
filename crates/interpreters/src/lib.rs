//! Finds the Python interpreters of a machine, asks what they are, and chooses one to record.
//!
//! `discovery` lists the files that may be interpreters, `probe` asks one what it is, and `cache`
//! keeps the answer as long as nothing changes on which it depends (`stamp` and `pyenv` say what).
//! An `installation` is what came of that; `unusable` says why one cannot be recorded. `choice` picks the
//! interpreter to run, and `deviation` says why it is another than a shell would take. [`command_line`] reads the arguments of `python` as CPython reads them.
//!
//! ```
//! for installation in interpreters::find_all() {
//!     match &installation.verdict {
//!         Ok(interpreter) => println!("{} is {}", interpreter.path.display(), interpreter.shown_version()),
//!         Err(reason) => println!("{} {reason}", installation.path.display()),
//!     }
//! }
//! ```

mod cache;
mod choice;
pub mod command_line;
mod deviation;
mod discovery;
mod environment;
mod error;
mod identity;
mod info;
mod installation;
mod interpreter;
mod private;
mod probe;
mod pyenv;
mod request;
mod source;
mod stage;
mod stamp;
#[cfg(test)]
mod testing;
mod unusable;
mod version;

use std::ffi::OsStr;
use std::path::{Path, PathBuf};

pub use deviation::PathDeviation;
pub use environment::{CACHE_VARIABLE, SearchEnvironment};
pub use error::{InterpreterError, RequestError, RequestedBy};
pub use installation::PythonInstallation;
pub use interpreter::Interpreter;
pub use private::{make_private_folder, open_private_file, private_folder};
pub use source::PythonSource;
pub use stage::Stage;
pub use unusable::UnusablePython;
pub use version::PythonVersion;

/// Picks the interpreter that is recorded: `requested` (a path, a command or a version such as
/// `3.13`), else `$TRUENAME_PYTHON`, the active virtual environment, `python3` or `python` on
/// `PATH`, and at last the newest CPython found anywhere.
///
/// # Errors
///
/// When the one asked for (by `requested`, `$TRUENAME_PYTHON` or an active virtual environment)
/// cannot be recorded, or when nothing that was found can.
pub fn choose(requested: Option<&OsStr>) -> Result<Interpreter, InterpreterError> {
    choice::choose(&SearchEnvironment::current(), requested)
}

/// Returns why an interpreter that was chosen without a request is not the first `python3` on `PATH`; `None` if it is.
pub fn deviation_from_path(chosen: &Interpreter) -> Option<PathDeviation> {
    deviation::of(&SearchEnvironment::current(), chosen)
}

/// Finds every Python on this machine, newest first, each with what it was found to be.
pub fn find_all() -> Vec<PythonInstallation> {
    installation::find_all(&SearchEnvironment::current())
}

/// Finds an interpreter of each version on this machine that can be recorded, newest first.
pub fn one_of_each_version() -> Vec<Interpreter> {
    installation::one_of_each_version(&SearchEnvironment::current())
}

/// Returns the folder of the cache (recorder library, interpreter probes); `None` when there is no
/// home folder.
pub fn cache_folder() -> Option<PathBuf> {
    SearchEnvironment::current().cache_folder()
}

/// Returns the path of the interpreter of a virtual environment, or of another installation's folder.
pub fn python_of(folder: &Path) -> PathBuf {
    discovery::python_of(folder)
}
