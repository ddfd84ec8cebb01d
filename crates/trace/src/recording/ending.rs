//! The end of a recording, from those of its process and of its spool.

use spool::SpoolEnd;

use crate::document::Ending;

/// The end of a recorded process, as far as `truename` saw it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProcessEnd {
    /// It ended with this exit status.
    Exited(u8),
    /// It became another program, whose recording is another one.
    Replaced,
    /// This signal killed it.
    Killed(i32),
    /// It ended, and its parent alone knows how.
    Unseen,
    /// It has not ended.
    Running,
}

impl ProcessEnd {
    /// Returns the exit status as Python's `subprocess` has it: after a signal it is the signal's number, negative.
    pub(super) fn status(self) -> Option<i32> {
        match self {
            Self::Exited(status) => Some(status.into()),
            Self::Killed(signal) => Some(-signal),
            Self::Replaced | Self::Unseen | Self::Running => None,
        }
    }
}

/// Decides how a recording ended of which the recorder said nothing, and why. `is_in_body` says that a module's body
/// had not ended on the first thread.
pub(super) fn of(
    process: ProcessEnd,
    spool: SpoolEnd,
    is_in_body: bool,
) -> (Ending, Option<String>) {
    let incomplete = |offset| format!("the record at byte {offset} of the spool is not complete");
    match (process, spool) {
        (ProcessEnd::Running, _) => (Ending::StillRunning, None),
        (_, SpoolEnd::Cut { offset }) => {
            let reason = format!("the spool ends in the middle, at byte {offset}");
            (Ending::Cut, Some(reason))
        }
        // Nobody was writing.
        (ProcessEnd::Exited(_) | ProcessEnd::Replaced, SpoolEnd::Incomplete { offset }) => {
            (Ending::Cut, Some(incomplete(offset)))
        }
        (ProcessEnd::Exited(_) | ProcessEnd::Replaced, SpoolEnd::Whole) => {
            (Ending::ProcessEnded, None)
        }
        (ProcessEnd::Killed(signal), _) => (Ending::Killed, Some(format!("signal {signal}"))),
        (ProcessEnd::Unseen, SpoolEnd::Incomplete { offset }) => {
            (Ending::Vanished, Some(incomplete(offset)))
        }
        (ProcessEnd::Unseen, SpoolEnd::Whole) if is_in_body => (Ending::Vanished, None),
        (ProcessEnd::Unseen, SpoolEnd::Whole) => (Ending::ProcessEnded, None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CUT: SpoolEnd = SpoolEnd::Cut { offset: 99 };
    const INCOMPLETE: SpoolEnd = SpoolEnd::Incomplete { offset: 99 };

    #[test]
    fn an_end_that_was_seen_is_what_it_was() {
        for is_in_body in [false, true] {
            let of = |process, spool| of(process, spool, is_in_body).0;
            assert_eq!(
                of(ProcessEnd::Exited(1), SpoolEnd::Whole),
                Ending::ProcessEnded
            );
            for spool in [SpoolEnd::Whole, INCOMPLETE] {
                assert_eq!(of(ProcessEnd::Killed(9), spool), Ending::Killed);
            }
            for spool in [SpoolEnd::Whole, INCOMPLETE, CUT] {
                assert_eq!(of(ProcessEnd::Running, spool), Ending::StillRunning);
            }
        }
    }

    #[test]
    fn what_cannot_be_read_is_cut() {
        for process in [
            ProcessEnd::Exited(0),
            ProcessEnd::Replaced,
            ProcessEnd::Killed(9),
            ProcessEnd::Unseen,
        ] {
            assert_eq!(of(process, CUT, false).0, Ending::Cut);
        }
        let (ending, reason) = of(ProcessEnd::Exited(0), INCOMPLETE, false);
        assert_eq!(ending, Ending::Cut);
        assert!(reason.is_some_and(|reason| reason.contains("byte 99")));
    }

    #[test]
    fn an_end_that_nobody_saw_shows_in_what_it_left() {
        let of = |spool, is_in_body| of(ProcessEnd::Unseen, spool, is_in_body).0;
        assert_eq!(of(SpoolEnd::Whole, false), Ending::ProcessEnded);
        assert_eq!(of(SpoolEnd::Whole, true), Ending::Vanished);
        assert_eq!(of(INCOMPLETE, false), Ending::Vanished);
    }
}
