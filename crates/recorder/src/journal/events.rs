//! Events of code: a word each.

use pyo3::ffi;
use pyo3::prelude::*;
use spool::{Event, NUMBERS};

use super::{known, with};
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

/// Appends a line of code that has a number.
pub fn append_line(py: Python<'_>, code: *mut ffi::PyObject, line: u32) {
    if begin_lines(py, code) {
        append_event(py, Event::Line(line % NUMBERS));
    }
}

/// Sees to it that the next line is one of this code. `false` for code without a number.
pub fn begin_lines(py: Python<'_>, code: *mut ffi::PyObject) -> bool {
    let (Known::Number(number) | Known::Module(number)) = known(py, code) else {
        return false;
    };
    begin_lines_of(py, code, number);
    true
}

/// Sees to it that the next line is one of this code, which has this number.
#[inline]
pub fn begin_lines_of(py: Python<'_>, code: *mut ffi::PyObject, number: u32) {
    if with(py, |journal| journal.line_code == code) {
        return;
    }
    append_event(py, Event::In(number));
    with(py, |journal| journal.line_code = code);
}

/// Appends an event of code that has a number.
pub fn append_event(py: Python<'_>, event: Event) {
    with(py, |journal| {
        if let Some(Err(error)) = journal.spool.as_mut().map(|spool| spool.push(event)) {
            journal.lose(&error);
        }
    });
}
