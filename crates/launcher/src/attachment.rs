//! A recording of a process that runs already, and that begins and ends it itself.

use std::path::{Path, PathBuf};

use spool::Recorded;
use trace::Format;
use trace_filter::FilterConfig;

use super::error::LauncherError;
use super::finish;
use super::folder_lock::FolderLock;
use super::follow::Follower;
use super::output_folder::OutputFolder;
use super::run_report::TraceSummary;
use super::running::{is_running, now};
use super::spools::Spools;

/// A request to follow what a process records of itself.
#[derive(Clone, Debug)]
pub struct AttachmentRequest {
    /// The process.
    pub pid: u32,
    /// The trace folder.
    pub folder: PathBuf,
    /// The format in which events are stored.
    pub format: Format,
    /// The events and values that are recorded.
    pub recorded: Recorded,
    /// The filters, which leave code and values out.
    pub filters: FilterConfig,
}

/// A recording of a process that runs already. The process has its recorder write into [`spool`](Self::spool).
#[must_use]
pub struct Attachment {
    pid: u32,
    /// A time at which the process ran.
    seen: u64,
    output: OutputFolder,
    follower: Follower,
    lock: FolderLock,
}

impl Attachment {
    /// Makes the folder ready, and begins to follow what is recorded there.
    ///
    /// # Errors
    ///
    /// When the trace folder cannot be used.
    pub fn begin(request: AttachmentRequest) -> Result<Self, LauncherError> {
        let output = OutputFolder::named(&request.folder)?;
        let lock = output.prepare(request.recorded, &request.filters, request.format)?;
        let spools = Spools::of(output.clone(), request.format, Some(request.pid), false);
        Ok(Self {
            pid: request.pid,
            seen: now(),
            follower: Follower::start(spools),
            output,
            lock,
        })
    }

    /// Returns the folder that the process's recorder writes to.
    pub fn spool(&self) -> &Path {
        self.output.spool()
    }

    /// Returns whether the process still runs.
    pub fn is_running(&self) -> bool {
        is_running(self.pid, self.seen)
    }

    /// Makes the trace of all that was recorded. Processes that the recorded one has forked, and that still record, are
    /// in it so far.
    ///
    /// # Errors
    ///
    /// When nothing was recorded, and when the trace cannot be written.
    pub fn finish(self) -> Result<TraceSummary, LauncherError> {
        let spools = finish::stop_following(self.follower, &self.output, &self.lock)?;
        let written = finish::write_traces(&self.output, spools, None)?;
        written.ok_or_else(|| {
            self.output.discard();
            LauncherError::EmptyRecording {
                folder: self.output.shown.clone(),
            }
        })
    }
}
