//! Reports on runs.

use super::child::ProgramStatus;
use super::error::NoTrace;
use super::unrecorded::UnrecordedProcess;

/// A report on a run that has ended.
#[derive(Debug)]
pub struct RunReport {
    /// The program's end.
    pub status: ProgramStatus,
    /// The trace. `None` with no [`complaint`](Self::complaint) when Python ran no program: it printed its
    /// version or help, or refused the command line.
    pub trace: Option<TraceSummary>,
    /// The reason why there is no trace of a program that failed by itself. Of one that did not, this
    /// is an error of the run.
    pub complaint: Option<NoTrace>,
}

/// A summary of a trace that was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TraceSummary {
    /// The module bodies of the program's own process.
    pub bodies: usize,
    /// The child processes that were recorded.
    pub children: usize,
    /// The sub-interpreters that were recorded, of the program's own process and of others.
    pub interpreters: usize,
    /// The processes and sub-interpreters whose recording broke off before they ended.
    pub broken_off: usize,
    /// The number of times that filters kept code out of the program's own process.
    pub skipped: u64,
    /// The Python processes that the program started and that are not recorded.
    pub unrecorded: Vec<UnrecordedProcess>,
}

impl TraceSummary {
    /// Returns whether no module's body ran at all, recorded or not.
    pub(super) fn is_empty(&self) -> bool {
        self.bodies == 0 && self.children == 0 && self.interpreters == 0 && self.skipped == 0
    }
}
