//! Exceptions that leave code, and the calls that they leave.

use module_identity::cpython::Object;
use pyo3::prelude::*;
use spool::{Event, NUMBERS, Record};

use super::writer::{Journal, JournalState, SUSPENDS};
use crate::cpython::code::CodeRef;
use crate::cpython::object::ObjectRef;
use crate::state::code_table::CodeState;

/// The number of types of exceptions that are remembered. Each is kept alive.
const REMEMBERED: usize = 1024;

/// Why it may be another call than it seems that an exception leaves.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum UnwindAmbiguity {
    /// Its start may have had no event: a signal's handler raised before, or a tool that is asked
    /// first.
    MissedStart,
    /// It may have gone on without an event, for the same reasons.
    MissedResume,
    /// Its end may be recorded: a tool that is asked last raised.
    CancelledReturn,
}

impl Journal {
    /// Returns why the call that an exception leaves, at this offset of `code`, may not be the innermost one
    /// of its code in the spool.
    #[inline]
    pub fn unwind_ambiguity(&self, code: CodeRef<'_>, offset: u32) -> Option<UnwindAmbiguity> {
        self.with(code.py(), |journal| {
            let (Some(codes), Some(spool)) = (&journal.codes, &journal.spool) else {
                return None;
            };
            let state = codes.find(code.address());
            if !matches!(state, CodeState::Number(_) | CodeState::Shared) {
                return None;
            }
            match codes.start(code.address()) {
                Some(SUSPENDS) => Some(UnwindAmbiguity::MissedResume),
                Some(start) if (start..=start + journal.start_width).contains(&offset) => {
                    Some(UnwindAmbiguity::MissedStart)
                }
                // Other threads may have been at work since.
                _ if !journal.gate.is_open() => Some(UnwindAmbiguity::CancelledReturn),
                // Of shared code it may be another namespace's, which is looked at later.
                _ => match spool.last() {
                    Some(Event::Return(last)) if state == CodeState::Number(last) => {
                        Some(UnwindAmbiguity::CancelledReturn)
                    }
                    Some(Event::Return(_)) if state == CodeState::Shared => {
                        Some(UnwindAmbiguity::CancelledReturn)
                    }
                    _ => None,
                },
            }
        })
    }

    /// Returns whether the last event is that code with this number returned.
    pub fn returned_last(&self, py: Python<'_>, number: u32) -> bool {
        self.with(py, |state| {
            let spool = state.spool.as_ref();
            spool.and_then(|spool| spool.last()) == Some(Event::Return(number))
        })
    }

    /// Returns whether the exceptions that leave code now are of this one's type already.
    #[inline(always)]
    pub fn has_exception(&self, exception: ObjectRef<'_>) -> bool {
        let kind = exception.kind() as usize;
        self.with(exception.py(), |state| state.last_exception == kind)
    }

    /// Records that the exceptions that leave code are of this one's type from now on.
    pub fn append_exception(&self, exception: ObjectRef<'_>) {
        let py = exception.py();
        let kind = exception.type_object();
        let find = |state: &JournalState| {
            let exceptions = state.exceptions.as_ref();
            exceptions.map(|exceptions| exceptions.find(kind.address()))
        };
        let number = match self.with(py, |state| find(state)) {
            Some(CodeState::Number(number)) => number,
            _ => {
                let name = exception.type_name().unwrap_or_default();
                let kept = kind.keep();
                let (number, surplus) = self.with(py, |state| state.name_exception(&name, kept));
                drop(surplus);
                number
            }
        };
        self.append_event(py, Event::Exception(number));
        self.with(py, |state| {
            let is_kept = find(state) == Some(CodeState::Number(number));
            state.last_exception = if is_kept { kind.address() } else { 0 };
        });
    }
}

impl JournalState {
    /// Gives a type of exceptions, and its name, a number. Returns the type, too, where there are so many that it is
    /// not remembered.
    fn name_exception(&mut self, name: &str, kind: Object) -> (u32, Option<Object>) {
        let number = self.next_exception % NUMBERS;
        self.next_exception = number + 1;
        // An error shows at the next event.
        let _ = self.append(&Record::Exception(spool::Exception {
            number,
            name: name.into(),
        }));
        match &mut self.exceptions {
            Some(exceptions) if exceptions.len() < REMEMBERED => {
                let address = kind.as_ptr() as usize;
                exceptions.insert(address, CodeState::Number(number), None);
                self.exception_types.push(kind);
                (number, None)
            }
            _ => (number, Some(kind)),
        }
    }
}
