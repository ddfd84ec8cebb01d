//! The configuration that a launcher leaves for the recorder of a process.

use std::fs;
use std::io;
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::rules::FilterChain;

/// The name of the configuration's file in its folder.
const FILE: &str = "wanted.filter";

/// The extension of that file.
pub const FILTER_CONFIG_EXTENSION: &str = "filter";

/// The filters of a recording.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct FilterConfig {
    /// The filters.
    pub chain: FilterChain,
    /// The folder that relative `file` patterns start from; absolute.
    pub project_root: Option<String>,
}

impl FilterConfig {
    /// Removes all rules about values, for a recording without values: the configuration is read at
    /// the start of each process.
    pub fn without_values(mut self) -> Self {
        for file in &mut self.chain.files {
            file.rules.retain(|rule| rule.exec.is_some());
            for rule in &mut file.rules {
                rule.values.clear();
            }
        }
        self
    }

    /// Reads the configuration that was left in `folder`; the default when there is none.
    ///
    /// # Errors
    ///
    /// When there is one and it cannot be read.
    pub fn read_from(folder: &Path) -> io::Result<Self> {
        match fs::read(folder.join(FILE)) {
            Ok(bytes) => postcard::from_bytes(&bytes).map_err(io::Error::other),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Self::default()),
            Err(error) => Err(error),
        }
    }

    /// Leaves the configuration in `folder`.
    ///
    /// # Errors
    ///
    /// When the folder cannot be written.
    pub fn write_to(&self, folder: &Path) -> io::Result<()> {
        let bytes = postcard::to_stdvec(self).map_err(io::Error::other)?;
        fs::write(folder.join(FILE), bytes)
    }
}
