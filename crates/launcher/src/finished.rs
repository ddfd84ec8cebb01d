//! Traces of processes that have ended, which have no place in the trace folder yet.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use spool::ProcessOrigin;
use trace::read::Folder;
use trace::recording::Recording;

use super::spool_folder::{self, FinishedFolder, tolerate_missing};

/// A trace that is complete. Its number is known when all are, as they count by the time at which they begin.
pub(super) struct FinishedTrace {
    pub(super) folder: PathBuf,
    pub(super) pid: u32,
    /// It is that of a sub-interpreter.
    pub(super) is_interpreter: bool,
    /// The time at which it begins.
    pub(super) time: u64,
    pub(super) bodies: usize,
    pub(super) skipped: u64,
    pub(super) is_broken_off: bool,
}

impl FinishedTrace {
    /// Describes a recording whose trace is in `folder`.
    pub(super) fn of(recording: &Recording, folder: PathBuf) -> Self {
        let modules = recording.modules.iter();
        Self {
            folder,
            pid: recording.start.process.pid,
            is_interpreter: recording.start.process.origin == ProcessOrigin::Interpreter,
            time: recording.start.time,
            bodies: modules.filter(|module| module.name.is_some()).count(),
            skipped: recording.skipped,
            is_broken_off: recording.ending.is_broken_off(),
        }
    }

    /// Finds the traces that a truename that was killed had finished in a folder for spools. One of a spool
    /// that is still there may not be whole, and is made anew.
    pub(super) fn left_in(spools: &Path) -> io::Result<Vec<Self>> {
        let mut left = Vec::new();
        for FinishedFolder {
            folder,
            time,
            spool,
        } in spool_folder::finished_in(spools)?
        {
            let spool = format!("{spool}.{}", spool::FILE_EXTENSION);
            if spools.join(spool).exists() {
                continue;
            }
            let document = Folder::open(&folder).and_then(|folder| folder.modules());
            let document = document.map_err(io::Error::other)?;
            let named = document.modules.iter().filter(|it| it.name.is_some());
            left.push(Self {
                folder,
                pid: document.run.process.pid,
                is_interpreter: document.run.process.origin == ProcessOrigin::Interpreter,
                time,
                bodies: named.count(),
                skipped: document.filters.scopes_skipped,
                is_broken_off: document.run.ended.is_broken_off(),
            });
        }
        Ok(left)
    }

    /// Moves the files of the trace into `folder`, which may hold others.
    pub(super) fn move_into(&self, folder: &Path) -> io::Result<()> {
        if self.folder == folder {
            return Ok(());
        }
        for name in spool_folder::trace_files() {
            tolerate_missing(fs::rename(self.folder.join(name), folder.join(name)))?;
        }
        tolerate_missing(fs::remove_dir(&self.folder))
    }
}
