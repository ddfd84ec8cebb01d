//! Events of code: a word each.

use pyo3::ffi;
use pyo3::prelude::*;
use spool::{Event, NUMBERS};

use super::with;
use crate::codes::Known;
use crate::threads;

/// Appends an event of code, when nothing has to be looked at first; tells what the code is
/// otherwise.
///
/// This is what runs at each event.
#[inline(always)]
pub fn push(
    py: Python<'_>,
    code: *mut ffi::PyObject,
    event: impl FnOnce(u32) -> Event,
) -> Result<(), Known> {
    with(py, |journal| {
        if !threads::is_current() {
            return Err(Known::No);
        }
        let (Some(codes), Some(spool)) = (&journal.codes, &mut journal.spool) else {
            return Err(Known::No);
        };
        match codes.find(code) {
            Known::Number(number) => match spool.push(event(number)) {
                Ok(()) => Ok(()),
                Err(error) => {
                    journal.lose(&error);
                    Ok(())
                }
            },
            other => Err(other),
        }
    })
}

/// Appends a line, when it is of the same code as the last one and nothing has to be looked at first;
/// tells whether it did.
///
/// This is what runs at most lines.
#[inline(always)]
pub fn push_line(py: Python<'_>, code: *mut ffi::PyObject, line: u32) -> bool {
    with(py, |journal| {
        if !threads::is_current() || journal.line_code != code {
            return false;
        }
        let Some(spool) = &mut journal.spool else {
            return false;
        };
        if let Err(error) = spool.push(Event::Line(line % NUMBERS)) {
            journal.lose(&error);
        }
        true
    })
}

/// Sees to it that the next line is one of this code, which has this number.
#[inline]
pub fn begin_lines(py: Python<'_>, code: *mut ffi::PyObject, number: u32) {
    if with(py, |journal| journal.line_code == code) {
        return;
    }
    append_event(py, Event::In(number));
    with(py, |journal| {
        // (the next line of shared code may be another namespace's)
        journal.line_code = match journal.find(code) {
            Known::Shared => std::ptr::null_mut(),
            _ => code,
        };
    });
}

/// Forgets whose lines came last: the next one is looked at.
pub fn interrupt_lines(py: Python<'_>) {
    with(py, |journal| journal.line_code = std::ptr::null_mut());
}

/// Appends an event of code that has a number.
pub fn append_event(py: Python<'_>, event: Event) {
    with(py, |journal| {
        if let Some(Err(error)) = journal.spool.as_mut().map(|spool| spool.push(event)) {
            journal.lose(&error);
        }
    });
}
