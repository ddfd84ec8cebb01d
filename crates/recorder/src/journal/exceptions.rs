//! Which exceptions leave code, and which of its calls.

use module_identity::cpython::type_name;
use pyo3::ffi;
use pyo3::prelude::*;
use spool::{Event, NUMBERS, Record};

use super::numbers::SUSPENDS;
use super::{Journal, append_event, with};
use crate::codes::Known;
use crate::threads;

/// How many types of exceptions are remembered. Each is kept alive.
const REMEMBERED: usize = 1024;

/// Why it may be another call than it seems that an exception leaves.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Doubt {
    /// Nothing may have told of its start: a signal's handler raised before, or a tool that is asked
    /// first.
    Starts,
    /// Nothing may have told that it goes on, for the same reasons.
    GoesOn,
    /// Its end may have been told: a tool that is asked last raised.
    Ends,
}

/// Why the call that an exception leaves, at this offset of `code`, may not be the innermost one of its
/// code that the spool tells of.
#[inline]
pub fn doubt(py: Python<'_>, code: *mut ffi::PyObject, offset: u32) -> Option<Doubt> {
    with(py, |journal| {
        let (Some(codes), Some(spool)) = (&journal.codes, &journal.spool) else {
            return None;
        };
        let known = codes.find(code);
        if !matches!(known, Known::Number(_) | Known::Shared) {
            return None;
        }
        match codes.start(code) {
            Some(SUSPENDS) => Some(Doubt::GoesOn),
            Some(start) if (start..=start + journal.start_width).contains(&offset) => {
                Some(Doubt::Starts)
            }
            // (other threads may have been at work since)
            _ if !threads::is_current() => Some(Doubt::Ends),
            // (of shared code it may be another namespace's, which is looked at later)
            _ => match spool.last() {
                Some(Event::Return(last)) if known == Known::Number(last) => Some(Doubt::Ends),
                Some(Event::Return(_)) if known == Known::Shared => Some(Doubt::Ends),
                _ => None,
            },
        }
    })
}

/// Whether the spool told last that code with this number returned.
pub fn returned_last(py: Python<'_>, number: u32) -> bool {
    with(py, |journal| {
        let spool = journal.spool.as_ref();
        spool.and_then(|spool| spool.last()) == Some(Event::Return(number))
    })
}

/// Whether the spool told of exceptions of this one's type last.
///
/// # Safety
///
/// `exception` is a live object.
#[inline(always)]
pub unsafe fn is_told(py: Python<'_>, exception: *mut ffi::PyObject) -> bool {
    // SAFETY: by contract.
    let kind = unsafe { ffi::Py_TYPE(exception) };
    with(py, |journal| journal.last_exception.0 == kind.cast())
}

/// Tells of exceptions of this one's type.
///
/// # Safety
///
/// `exception` is a live object.
pub unsafe fn tell_exception(py: Python<'_>, exception: *mut ffi::PyObject) {
    // SAFETY: by contract.
    let kind = unsafe { ffi::Py_TYPE(exception) }.cast::<ffi::PyObject>();
    let find = |journal: &mut Journal| journal.exceptions.as_ref().map(|known| known.find(kind));
    let number = match with(py, find) {
        Some(Known::Number(number)) => number,
        _ => {
            // SAFETY: by contract.
            let name = unsafe { type_name(Borrowed::from_ptr(py, exception)) }.unwrap_or_default();
            // (a type that is in the table is never freed, so that its address stays its own)
            let is_kept = with(py, |journal| {
                journal
                    .exceptions
                    .as_ref()
                    .is_some_and(|known| known.len() < REMEMBERED)
            });
            if is_kept {
                // SAFETY: the exception keeps its type alive until now.
                unsafe { ffi::Py_INCREF(kind) };
            }
            with(py, |journal| journal.name_exception(kind, &name, is_kept))
        }
    };
    append_event(py, Event::Exception(number));
    with(py, |journal| {
        let is_kept = find(journal) == Some(Known::Number(number));
        journal.last_exception = if is_kept {
            (kind, number)
        } else {
            (std::ptr::null_mut(), 0)
        };
    });
}

impl Journal {
    fn name_exception(&mut self, kind: *mut ffi::PyObject, name: &str, is_kept: bool) -> u32 {
        let number = self.next_exception % NUMBERS;
        self.next_exception = number + 1;
        // (an error shows at the next event)
        let _ = self.append(&Record::Exception(spool::Exception {
            number,
            name: name.into(),
        }));
        if let (true, Some(known)) = (is_kept, &mut self.exceptions) {
            known.insert(kind, Known::Number(number), None);
        }
        number
    }
}
