//! A recording and its timeline.

use std::collections::BTreeSet;

use spool::RecordingStart;

use crate::document::{Ending, Import, Module};

/// The recording of one process, from the records of its spool.
#[derive(Clone, Debug, PartialEq)]
pub struct Recording {
    /// The start: the process, and how much of it is recorded.
    pub start: RecordingStart,
    /// All code named `<module>` that started, in the order in which it started.
    pub modules: Vec<Module>,
    /// All imports that `sys.modules` did not answer; none before the recording is over.
    pub imports: Vec<Import>,
    /// The end of the recording.
    pub ending: Ending,
    /// The reason why the recording ended so, where there is more to say.
    pub reason: Option<String>,
    /// The exit status of the process, as far as it is known; after a signal it is the signal's number, negative.
    pub status: Option<i32>,
    /// The number of times a filter kept code out: once for each module body that ran, and once for each
    /// function.
    pub skipped: u64,
    pub(super) timeline: Vec<Moment>,
    /// The bodies that were said to have returned, and were left otherwise.
    pub(super) revised: BTreeSet<usize>,
}

/// One step of a [`Recording::timeline`], with the index of a body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Moment {
    /// The body starts.
    Begin(usize),
    /// The body is over.
    End(usize),
}

impl Recording {
    /// Returns each body's begin and end, in order and balanced on each thread: what began last ends first.
    ///
    /// Where the stacks of one thread were switched (greenlets), a body that was over before one
    /// that began later ends here only after that one. Its own times are true. A body that never
    /// ended ends last.
    pub fn timeline(&self) -> &[Moment] {
        &self.timeline
    }

    /// Returns whether a record of the body's return was followed by one that it was left otherwise.
    pub(crate) fn is_revised(&self, body: usize) -> bool {
        self.revised.contains(&body)
    }

    /// Returns whether there is a body that is [revised](Self::is_revised).
    pub(crate) fn has_revised(&self) -> bool {
        !self.revised.is_empty()
    }
}

impl Moment {
    /// Returns the index of the body.
    pub fn body(self) -> usize {
        match self {
            Self::Begin(body) | Self::End(body) => body,
        }
    }
}
