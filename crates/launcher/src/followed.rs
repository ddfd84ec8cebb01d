//! A spool, and the trace that it becomes.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use interpreters::command_line::program_and_arguments;
use rustix::process::{Pid, test_kill_process};
use spool::{Item, Record, Tail};
use trace::Format;
use trace::LiveTrace;

/// A spool, and the trace that it becomes.
pub(super) struct FollowedSpool {
    pub(super) file: PathBuf,
    pub(super) trace: LiveTrace,
    tail: Tail,
    /// The time of the last record.
    latest: u64,
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
        let start = loop {
            if !tail.refill()? {
                return Ok(None);
            }
            match tail.next_item() {
                Some(Ok(Item::Record(Record::Start(start)))) => break start,
                Some(_) => {
                    let message = "it does not begin with the process that wrote it";
                    return Err(io::Error::new(io::ErrorKind::InvalidData, message));
                }
                // The first record may be too long for the piece of the file that it would be in.
                None => {}
            }
        };
        let program = program_and_arguments(&start.process.arguments).into();
        let mut followed = Self {
            latest: start.time,
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
                    Ok(Item::Record(record)) => {
                        self.latest = time(&record).unwrap_or(self.latest);
                        self.trace.take(record);
                    }
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

    fn refill(&mut self) -> bool {
        self.tail.refill().unwrap_or_else(|error| {
            log::warn!("{}: {error}", self.file.display());
            false
        })
    }

    /// Notes that nothing after this can be read.
    fn lose(&mut self, reason: String) {
        self.is_damaged = true;
        self.trace.take(Record::Lost {
            time: self.latest,
            reason: reason.into(),
        });
    }

    /// Returns whether the process still runs, or another one has its id by now.
    pub(super) fn is_running(&self) -> bool {
        let Some(pid) = Pid::from_raw(self.trace.start().process.pid.cast_signed()) else {
            return false;
        };
        // One that is dead and that nobody has waited for keeps its id. On macOS, which has no
        // `/proc`, it counts as running.
        let state =
            fs::read_to_string(format!("/proc/{}/stat", pid.as_raw_nonzero())).unwrap_or_default();
        let is_dead = state
            .rsplit(") ")
            .next()
            .is_some_and(|rest| rest.starts_with('Z'));
        !is_dead && test_kill_process(pid).is_ok()
    }
}

/// Returns the time at which a record was written, where it has one.
fn time(record: &Record<'_>) -> Option<u64> {
    match record {
        Record::Start(start) => Some(start.time),
        Record::Begin(begin) => Some(begin.time),
        Record::End(end) => Some(end.time),
        Record::ImportBegin(begin) => Some(begin.time),
        Record::ImportEnd(end) => Some(end.time),
        Record::Stop { time } | Record::Lost { time, .. } => Some(*time),
        Record::Code(_) | Record::Exception(_) | Record::Variable(_) | Record::Skip => None,
    }
}
