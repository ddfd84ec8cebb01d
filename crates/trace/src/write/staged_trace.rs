//! A trace that is complete, and is to get its names.

use std::fs;
use std::io;
use std::path::Path;

use tempfile::TempPath;

use crate::error::{TraceError, WriteAction};
use crate::format::Format;

/// The files of a trace that are complete and wait for their names: a failure before leaves no half file, and
/// the trace that was there stays.
pub struct StagedTrace {
    pub format: Format,
    pub files: [(&'static str, TempPath); 4],
}

impl StagedTrace {
    /// Puts the files into `folder`, on the same disk.
    pub fn publish(self, folder: &Path) -> Result<(), TraceError> {
        fs::create_dir_all(folder).map_err(unwritable(WriteAction::MakeFolder, folder))?;
        for (name, file) in self.files {
            let target = folder.join(name);
            file.persist(&target).map_err(|error| {
                let failed = unwritable(WriteAction::Write, &target);
                failed(error.error)
            })?;
        }
        remove_stale(&folder.join(self.format.other_file_name()))
    }
}

/// Removes the events of an earlier trace in the other format, which would contradict this one.
fn remove_stale(file: &Path) -> Result<(), TraceError> {
    match fs::remove_file(file) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            Err(unwritable(WriteAction::Remove, file)(error))
        }
        _ => Ok(()),
    }
}

fn unwritable(action: WriteAction, path: &Path) -> impl FnOnce(io::Error) -> TraceError {
    let path = path.to_owned();
    move |source| TraceError::Unwritable {
        action,
        path,
        source,
    }
}
