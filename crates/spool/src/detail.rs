//! How much is recorded.

use std::fs;
use std::io;
use std::path::Path;

use serde::{Deserialize, Serialize};

/// The file in the folder for spools that says how much is to be recorded; without it, the least.
const FILE: &str = "wanted.detail";

/// The file that says how much of values is to be recorded; without it, nothing.
const VALUES_FILE: &str = "wanted-values.detail";

/// The extension of these files.
pub const DETAIL_EXTENSION: &str = "detail";

/// What is recorded of a process.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Detail {
    /// Module bodies.
    #[default]
    Modules,
    /// Module bodies, and each call of Python code.
    Calls,
    /// The same, and each line that runs.
    Lines,
}

impl Detail {
    /// What processes that leave their spools in `folder` are to record.
    pub fn wanted(folder: &Path) -> Self {
        match fs::read(folder.join(FILE)).as_deref() {
            Ok(b"calls") => Self::Calls,
            Ok(b"lines") => Self::Lines,
            _ => Self::Modules,
        }
    }

    /// Tells processes that will leave their spools in `folder` to record this.
    ///
    /// # Errors
    ///
    /// When the folder cannot be written.
    pub fn want(self, folder: &Path) -> io::Result<()> {
        match self {
            Self::Modules => Ok(()),
            Self::Calls => fs::write(folder.join(FILE), "calls"),
            Self::Lines => fs::write(folder.join(FILE), "lines"),
        }
    }
}

/// What is recorded of values.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ValueDetail {
    /// Nothing.
    #[default]
    None,
    /// The arguments of calls, and what they return.
    Args,
    /// The same, and the local variables at each line.
    Full,
}

impl ValueDetail {
    /// What processes that leave their spools in `folder` are to record.
    pub fn wanted(folder: &Path) -> Self {
        match fs::read(folder.join(VALUES_FILE)).as_deref() {
            Ok(b"args") => Self::Args,
            Ok(b"full") => Self::Full,
            _ => Self::None,
        }
    }

    /// Tells processes that will leave their spools in `folder` to record this.
    ///
    /// # Errors
    ///
    /// When the folder cannot be written.
    pub fn want(self, folder: &Path) -> io::Result<()> {
        match self {
            Self::None => Ok(()),
            Self::Args => fs::write(folder.join(VALUES_FILE), "args"),
            Self::Full => fs::write(folder.join(VALUES_FILE), "full"),
        }
    }
}
