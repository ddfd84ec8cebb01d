//! The folder that holds the traces of several runs of one program.

use std::path::{Path, PathBuf};

use trace::RUNS_FOLDER;

use super::error::LauncherError;
use super::folder_lock::FolderLock;
use super::output_folder::OutputFolder;
use super::spool_folder::remove_if_empty;

/// A folder that holds the traces of several runs of one program, each in a folder of its own. No other truename begins
/// to work there while the value lives.
#[must_use]
pub struct RunsFolder {
    output: OutputFolder,
    _lock: FolderLock,
}

impl RunsFolder {
    /// Makes a folder ready for several runs: earlier traces in it go, and nothing else.
    ///
    /// # Errors
    ///
    /// When it holds something else than traces, when another truename is at work in it, and when it cannot be written.
    pub fn prepare(folder: &Path) -> Result<Self, LauncherError> {
        let output = OutputFolder::named(folder)?;
        let lock = output.claim()?;
        Ok(Self {
            output,
            _lock: lock,
        })
    }

    /// Returns the trace folder of a run, by its number from 1.
    pub fn of_run(&self, number: usize) -> PathBuf {
        self.output.shown.join(RUNS_FOLDER).join(number.to_string())
    }
}

/// Removes the folder if no run left a trace in it.
impl Drop for RunsFolder {
    fn drop(&mut self) {
        let folder = &self.output.folder;
        let removed =
            remove_if_empty(&folder.join(RUNS_FOLDER)).and_then(|()| remove_if_empty(folder));
        removed.unwrap_or_else(|error| log::warn!("{} stays: {error}", folder.display()));
    }
}
