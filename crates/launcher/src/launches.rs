//! Processes that recorded ones start, as long as they are not known to be recorded themselves.

use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};

use spool::{ChildLaunch, LAUNCH_EXTENSION, ProcessOrigin, RecordingStart};

use super::spool_folder::tolerate_missing;

/// Processes that recorded ones start. Each note about one is a file, which goes when a recording turns out to be
/// that of the process: what stays in the end was not recorded.
#[derive(Default)]
pub(super) struct Launches {
    pending: HashMap<PathBuf, ChildLaunch>,
}

impl Launches {
    /// Reads a note, if the file is one and is new.
    pub(super) fn note(&mut self, file: &Path) {
        let is_note = file.extension().is_some_and(|it| it == LAUNCH_EXTENSION);
        // One that is just being written is read the next time.
        if is_note
            && !self.pending.contains_key(file)
            && let Ok(launch) = ChildLaunch::read_from(file)
        {
            self.pending.insert(file.to_owned(), launch);
        }
    }

    /// Returns whether there is a note of a process about what it starts or becomes.
    pub(super) fn has_of(&self, process: u32) -> bool {
        self.pending
            .values()
            .any(|launch| launch.process == process)
    }

    /// Removes the note about the process that a recording is of: the latest one of its own or its parent's, or else of
    /// anyone's, as there may be another process in between.
    pub(super) fn settle(&mut self, start: &RecordingStart) {
        let process = &start.process;
        if process.origin != ProcessOrigin::Start {
            return;
        }
        let own = self
            .pending
            .iter()
            .filter(|(_, launch)| launch.is_of(start));
        let found = own.max_by_key(|(_, launch)| {
            let is_near = [process.pid, process.parent].contains(&launch.process);
            (is_near, launch.time)
        });
        let Some(file) = found.map(|(file, _)| file.clone()) else {
            return;
        };
        self.pending.remove(&file);
        if let Err(error) = tolerate_missing(fs::remove_file(&file)) {
            log::warn!("{} stays: {error}", file.display());
        }
    }
}
