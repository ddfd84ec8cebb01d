//! The traces of a process and of its child processes.

use std::path::{Path, PathBuf};

use super::folder::Folder;
use crate::document::Document;
use crate::error::TraceError;

/// The module bodies of a process and of its child processes.
#[derive(Clone, Debug, PartialEq)]
pub struct Family {
    /// The trace folder.
    pub folder: PathBuf,
    /// The module bodies of the process itself.
    pub document: Document,
    /// The child processes, by number.
    pub children: Vec<Family>,
}

impl Family {
    /// Reads `trace_modules.json` of the trace in `folder` and of its children.
    ///
    /// # Errors
    ///
    /// As [`Folder::open`] and [`Folder::modules`], for the first of them that cannot be read.
    pub fn read(folder: &Path) -> Result<Self, TraceError> {
        let folder = Folder::open(folder)?;
        let children = folder.children()?;
        Ok(Self {
            document: folder.modules()?,
            children: children
                .iter()
                .map(|child| Self::read(child))
                .collect::<Result<_, _>>()?,
            folder: folder.path().to_owned(),
        })
    }
}
