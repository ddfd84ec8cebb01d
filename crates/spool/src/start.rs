//! Word of the Python processes that a recorded process starts, in files of their own beside its spool.

use std::fs;
use std::io;
use std::path::Path;

use serde::{Deserialize, Serialize};

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
