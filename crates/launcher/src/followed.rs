//! A spool, and the trace that it becomes.

use std::io;
use std::path::{Path, PathBuf};

use interpreters::command_line::program_and_arguments;
use spool::{Item, ProcessOrigin, Record, RecordingStart, SpoolEnd, Tail};
use trace::recording::ProcessEnd;
use trace::{Format, LiveTrace, TraceError};

use super::finished::FinishedTrace;
use super::running;

/// A spool, and the trace that it becomes.
pub(super) struct FollowedSpool {
    pub(super) file: PathBuf,
    pub(super) trace: LiveTrace,
    tail: Tail,
    is_damaged: bool,
}

impl FollowedSpool {
    /// Begins to follow a spool; `None` when it does not name its process yet.
    ///
    /// # Errors
    ///
    /// When it cannot be read, and `InvalidData` when it will never name its process.
    pub(super) fn begin(
        mut tail: Tail,
        file: &Path,
        scratch: &Path,
        format: Format,
    ) -> io::Result<Option<Self>> {
        let Some(start) = read_start(&mut tail)? else {
            return Ok(None);
        };
        let program = program_and_arguments(&start.process.arguments).into();
        let mut followed = Self {
            trace: LiveTrace::new(start, program, scratch, format),
            file: file.to_owned(),
            is_damaged: false,
            tail,
        };
        let missing = followed.tail.missing();
        if missing > 0 {
            followed.lose(format!(
                "{} MiB of the spool were given back to the disk by a truename that was killed \
                 before its trace was complete",
                missing >> 20
            ));
        }
        Ok(Some(followed))
    }

    /// Reads what is new; returns the number of bytes. A process that goes on writing meanwhile does not keep
    /// this from an end.
    pub(super) fn read(&mut self) -> u64 {
        let start = self.tail.position();
        let mut windows = self.tail.windows();
        while windows > 0 && self.trace.is_sound() && !self.is_damaged && self.refill() {
            windows -= 1;
            while let Some(item) = self.tail.next_item() {
                match item {
                    Ok(Item::Record(record)) => self.trace.take(record),
                    Ok(Item::Events(events)) => self.trace.take_events(events),
                    Err(damage) => {
                        self.lose(format!("the spool is damaged: {damage}"));
                        break;
                    }
                }
            }
            self.trace.advance();
            let acknowledged = self.tail.acknowledge();
            acknowledged.unwrap_or_else(|error| log::warn!("{}: {error}", self.file.display()));
        }
        self.tail.position() - start
    }

    /// Returns whether it is that of a sub-interpreter.
    pub(super) fn is_of_an_interpreter(&self) -> bool {
        self.trace.start().process.origin == ProcessOrigin::Interpreter
    }

    fn refill(&mut self) -> bool {
        self.tail.refill().unwrap_or_else(|error| {
            log::warn!("{}: {error}", self.file.display());
            false
        })
    }

    /// Notes that nothing after this can be read.
    fn lose(&mut self, reason: String) {
        self.is_damaged = true;
        self.trace.cut(reason);
    }

    /// Notes how the process ended, when all has been read. `None` is not known to `truename`.
    pub(super) fn end(&mut self, process: Option<ProcessEnd>) {
        let process = process.unwrap_or_else(|| match self.is_running() {
            true => ProcessEnd::Running,
            false => ProcessEnd::Unseen,
        });
        let spool = self.tail.end().unwrap_or_else(|error| {
            log::warn!("{}: {error}", self.file.display());
            SpoolEnd::Whole
        });
        self.trace.end_process(process, spool);
    }

    /// Returns whether the process still runs.
    pub(super) fn is_running(&self) -> bool {
        let start = self.trace.start();
        running::is_running(start.process.pid, start.time)
    }

    /// Returns whether the recording is over by what its spool says, and the process may go on without one.
    pub(super) fn is_over(&self) -> bool {
        self.is_damaged || self.trace.is_over()
    }

    /// Returns whether the process is known to write no more.
    pub(super) fn is_released(&self) -> bool {
        self.tail.is_released()
    }

    /// Returns the number of forks of the process that can have no spool of their own, and the error that the latest of
    /// them met.
    pub(super) fn forks_without_spool(&self) -> (u32, io::Error) {
        let found = self.tail.forks_without_spool();
        found.unwrap_or_else(|error| (0, error))
    }

    /// Makes the trace, in `folder`, of what has been read.
    pub(super) fn publish(self, folder: &Path) -> Result<FinishedTrace, TraceError> {
        let recording = self.trace.publish(folder)?;
        Ok(FinishedTrace::of(&recording, folder.to_owned()))
    }
}

/// Reads the first record of a spool; `None` when it is not there yet.
///
/// # Errors
///
/// When it cannot be read, and `InvalidData` when something else comes first.
pub(super) fn read_start(tail: &mut Tail) -> io::Result<Option<RecordingStart>> {
    loop {
        if !tail.refill()? {
            return Ok(None);
        }
        match tail.next_item() {
            Some(Ok(Item::Record(Record::Start(start)))) => return Ok(Some(start)),
            Some(_) => {
                let message = "it does not begin with the process that wrote it";
                return Err(io::Error::new(io::ErrorKind::InvalidData, message));
            }
            // The first record may be too long for the piece of the file that it would be in.
            None => {}
        }
    }
}
