//! Which code has which number.

use std::ffi::c_int;
use std::io;
use std::rc::Rc;

use pyo3::ffi;
use pyo3::prelude::*;
use spool::{NUMBERS, Record};

use super::{Journal, settle, with};
use crate::code::Code;
use crate::codes::{Known, watch_end};
use crate::held;
use crate::plan::Plan;
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
    let start = start_of(code, start);
    let described = describe(code);
    // SAFETY: the code object is alive.
    unsafe { watch_end(py, code.as_ptr(), gone) };
    // (to describe it was to call Python: another thread may have been here)
    let known = find();
    if known != Known::No {
        return known;
    }
    with(py, |journal| {
        let Some(number) = journal.number(described) else {
            return Known::No;
        };
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

/// What stands for the start of code, of which the offset may be known.
pub(super) fn start_of(code: Code<'_>, offset: Option<u32>) -> Option<u32> {
    if code.suspends() {
        Some(SUSPENDS)
    } else {
        offset
    }
}

/// What the spool is told of code; it has no number yet.
pub(super) fn describe(code: Code<'_>) -> spool::Code<'static> {
    spool::Code {
        number: 0,
        name: code.qualname().into(),
        file: code.filename().into(),
        line: code.first_line(),
    }
}

impl Journal {
    /// Takes what is told of the values in code with this number.
    pub(super) fn take_plan(&mut self, known: Known) -> Option<Rc<Plan>> {
        let (Known::Number(number) | Known::Module(number)) = known else {
            return None;
        };
        self.plans.get_mut(number as usize)?.take()
    }

    /// Gives code the next number; `None` when that cannot be told.
    pub(super) fn number(&mut self, described: spool::Code<'static>) -> Option<u32> {
        let number = self.next_code;
        if number >= NUMBERS {
            self.lose(&io::Error::other("there is too much code"));
            return None;
        }
        self.next_code += 1;
        let described = spool::Code {
            number,
            ..described
        };
        self.append(&Record::Code(described)).ok()?;
        Some(number)
    }
}

/// Takes a code object that CPython is about to free out of the table.
pub(super) extern "C" fn gone(event: c_int, code: *mut ffi::PyObject) -> c_int {
    if event != GOES {
        return 0;
    }
    // SAFETY: CPython frees objects while it holds its lock.
    let py = unsafe { Python::assume_attached() };
    held::code_goes(py);
    let plans = with(py, |journal| {
        let known = journal.find(code);
        if let Some(codes) = &mut journal.codes {
            codes.remove(code);
        }
        if journal.line_code == code {
            journal.line_code = std::ptr::null_mut();
        }
        let plan = journal.take_plan(known);
        (plan, journal.forget_namespaces(code))
    });
    drop(plans);
    0
}
