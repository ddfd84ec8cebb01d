//! Which code has which number.

use std::ffi::c_int;
use std::io;

use pyo3::ffi;
use pyo3::prelude::*;
use spool::{NUMBERS, Record};

use super::{settle, with};
use crate::code::Code;
use crate::codes::{Known, watch_end};
use crate::watcher::GOES;

/// Stands for the start of code that can be suspended: an exception never leaves that from there.
pub(super) const SUSPENDS: u32 = u32::MAX - 1;

/// What the code object at this address is in the spool.
pub fn known(py: Python<'_>, code: *mut ffi::PyObject) -> Known {
    with(py, |journal| journal.find(code))
}

/// Keeps a code object out of the spool from now on; tells of it once.
pub fn skip(py: Python<'_>, code: Code<'_>) {
    settle(py);
    if known(py, code.as_ptr()) != Known::No {
        return;
    }
    // SAFETY: the code object is alive.
    unsafe { watch_end(py, code.as_ptr(), gone) };
    with(py, |journal| {
        if journal.append(&Record::Skip).is_ok()
            && let Some(codes) = &mut journal.codes
        {
            codes.insert(code.as_ptr(), Known::Skipped, None);
        }
    });
}

/// What a code object is in the spool. It gets a number there when it has none.
/// `start` is the offset at which it starts, where that is known.
pub fn know(py: Python<'_>, code: Code<'_>, start: Option<u32>) -> Known {
    let find = || with(py, |journal| journal.find(code.as_ptr()));
    let known = find();
    if known != Known::No {
        return known;
    }
    let is_of_a_module = code.is_of_a_module();
    let start = if code.suspends() {
        Some(SUSPENDS)
    } else {
        start
    };
    let (name, file, line) = (code.qualname(), code.filename(), code.first_line());
    // SAFETY: the code object is alive.
    unsafe { watch_end(py, code.as_ptr(), gone) };
    // (to describe it was to call Python: another thread may have been here)
    let known = find();
    if known != Known::No {
        return known;
    }
    with(py, |journal| {
        let number = journal.next_code;
        if number >= NUMBERS {
            journal.lose(&io::Error::other("there is too much code"));
            return Known::No;
        }
        journal.next_code += 1;
        let described = spool::Code {
            number,
            name: name.into(),
            file: file.into(),
            line,
        };
        if journal.append(&Record::Code(described)).is_err() {
            return Known::No;
        }
        let known = if is_of_a_module {
            Known::Module(number)
        } else {
            Known::Number(number)
        };
        if let Some(codes) = &mut journal.codes {
            codes.insert(code.as_ptr(), known, start);
        }
        known
    })
}

/// Takes a code object that CPython is about to free out of the table.
extern "C" fn gone(event: c_int, code: *mut ffi::PyObject) -> c_int {
    if event != GOES {
        return 0;
    }
    // SAFETY: CPython frees objects while it holds its lock.
    let plan = with(unsafe { Python::assume_attached() }, |journal| {
        let number = journal.find(code);
        if let Some(codes) = &mut journal.codes {
            codes.remove(code);
        }
        if journal.line_code == code {
            journal.line_code = std::ptr::null_mut();
        }
        match number {
            Known::Number(number) | Known::Module(number) => journal
                .plans
                .get_mut(number as usize)
                .and_then(Option::take),
            Known::No | Known::Skipped => None,
        }
    });
    drop(plan);
    0
}
