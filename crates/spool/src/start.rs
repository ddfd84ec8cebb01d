//! Word of the Python processes that a recorded process starts, in files of their own beside its spool.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::space::within_limit;

/// The extension of the name of a file that a process leaves in place of a spool when it cannot be recorded.
pub const REFUSAL_EXTENSION: &str = "refused";

/// The extension of the name of a file that holds a [`Start`].
pub const START_EXTENSION: &str = "start";

/// A Python process that a recorded process is about to start.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Start {
    /// Whether the recorder gets in by a preloaded library rather than by `PYTHONPATH`.
    pub is_preloaded: bool,
    /// Whether its environment says how it is to be recorded.
    pub has_environment: bool,
    /// The beginning of its command line, its own name first.
    pub arguments: Vec<String>,
}

/// Leaves word in `folder` that the process `pid` is not recorded, and why, as far as there is room for it.
///
/// # Errors
///
/// When it cannot be written.
pub fn refuse(folder: &Path, pid: u32, reason: &str) -> io::Result<()> {
    let mut file = File::create(folder.join(format!("{pid}.{REFUSAL_EXTENSION}")))?;
    within_limit(reason.len())?;
    file.write_all(reason.as_bytes())
}

impl Start {
    /// Leaves word in `folder`, in a file whose name begins with `name`.
    ///
    /// # Errors
    ///
    /// When it cannot be written.
    pub fn leave(&self, folder: &Path, name: &str) -> io::Result<()> {
        let bytes = postcard::to_stdvec(self).map_err(io::Error::other)?;
        fs::write(folder.join(format!("{name}.{START_EXTENSION}")), bytes)
    }

    /// Reads such a file.
    ///
    /// # Errors
    ///
    /// When it cannot be read, or is not whole.
    pub fn read(file: &Path) -> io::Result<Self> {
        postcard::from_bytes(&fs::read(file)?).map_err(io::Error::other)
    }
}
