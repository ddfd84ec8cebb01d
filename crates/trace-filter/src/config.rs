//! What a recorder is told of filters, by whoever starts its process.

use std::fs;
use std::io;
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::FilterChain;

/// The file in a folder that both know.
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
    /// The same without what is only said of values, for a recording that has none: it is read at the
    /// start of each process.
    pub fn without_values(mut self) -> Self {
        for file in &mut self.chain.files {
            file.rules.retain(|rule| rule.exec.is_some());
            for rule in &mut file.rules {
                rule.values.clear();
            }
        }
        self
    }

    /// What processes that are told in `folder` are to do; nothing in particular when there is no word.
    ///
    /// # Errors
    ///
    /// When there is word and it cannot be read.
    pub fn read_from(folder: &Path) -> io::Result<Self> {
        match fs::read(folder.join(FILE)) {
            Ok(bytes) => postcard::from_bytes(&bytes).map_err(io::Error::other),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Self::default()),
            Err(error) => Err(error),
        }
    }

    /// Tells processes that will look in `folder`.
    ///
    /// # Errors
    ///
    /// When the folder cannot be written.
    pub fn write_to(&self, folder: &Path) -> io::Result<()> {
        let bytes = postcard::to_stdvec(self).map_err(io::Error::other)?;
        fs::write(folder.join(FILE), bytes)
    }
}
