//! Notes about Python processes without a spool, in files of their own beside the others' spools.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::space::within_limit;

/// The extension of the name of a file that a process leaves in place of a spool when it cannot be recorded.
pub const REFUSAL_EXTENSION: &str = "refused";

/// The extension of the name of a file that holds a [`ChildLaunch`].
pub const LAUNCH_EXTENSION: &str = "launch";

/// A Python process that a recorded process is about to start.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChildLaunch {
    /// The recorder gets in by a preloaded library rather than by `PYTHONPATH`.
    pub is_preloaded: bool,
    /// Its environment says how it is to be recorded.
    pub has_environment: bool,
    /// The beginning of its command line, its own name first.
    pub arguments: Vec<String>,
}

/// Writes into `folder` that the process `pid` is not recorded, and the reason as far as there is room
/// for it.
///
/// # Errors
///
/// When it cannot be written.
pub fn refuse(folder: &Path, pid: u32, reason: &str) -> io::Result<()> {
    let mut file = File::create(folder.join(format!("{pid}.{REFUSAL_EXTENSION}")))?;
    within_limit(reason.len())?;
    file.write_all(reason.as_bytes())
}

impl ChildLaunch {
    /// Writes the note into `folder`, in a file whose name begins with `name`.
    ///
    /// # Errors
    ///
    /// When it cannot be written.
    pub fn write_to(&self, folder: &Path, name: &str) -> io::Result<()> {
        let bytes = postcard::to_stdvec(self).map_err(io::Error::other)?;
        fs::write(folder.join(format!("{name}.{LAUNCH_EXTENSION}")), bytes)
    }

    /// Reads such a note.
    ///
    /// # Errors
    ///
    /// When it cannot be read, or is not whole.
    pub fn read_from(file: &Path) -> io::Result<Self> {
        postcard::from_bytes(&fs::read(file)?).map_err(io::Error::other)
    }
}
