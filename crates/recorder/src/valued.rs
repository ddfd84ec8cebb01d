//! What CPython calls where values are recorded, too: in place of some of [`calls`].
//!
//! What is told of a code object's values is decided once. After that a callback reads the values and
//! copies them into the spool.

use std::rc::Rc;

use pyo3::ffi;
use pyo3::prelude::*;
use spool::{Event, NUMBERS, Value};
use trace_filter::ValueAction;

use crate::callable::Arguments;
use crate::calls::{self, answer};
use crate::plan::Plan;
use crate::tracer::Left;
use crate::values::Extent;
use crate::{journal, tracer};

pub unsafe fn on_start(arguments: Arguments) -> *mut ffi::PyObject {
    // SAFETY: CPython calls back from the frame of the code.
    unsafe {
        let (py, code) = (Python::assume_attached(), arguments.code());
        match journal::called(py, code) {
            Some((number, plan)) => answer(|| {
                start(py, number, &plan);
                None
            }),
            None => calls::enter_slowly(py, arguments, Event::Start, |number| {
                match plan_of(py, code, number) {
                    Some((number, plan)) => start(py, number, &plan),
                    None => journal::append_event(py, Event::Start(number)),
                }
            }),
        }
    }
}

pub unsafe fn on_return(arguments: Arguments) -> *mut ffi::PyObject {
    // SAFETY: as in `on_start`; what is given is what is returned.
    unsafe { leave(arguments, Event::Return, Left::Returned) }
}

pub unsafe fn on_yield(arguments: Arguments) -> *mut ffi::PyObject {
    // SAFETY: as in `on_start`; what is given is what is yielded.
    unsafe { leave(arguments, Event::Yield, Left::Suspended) }
}

pub unsafe fn on_line(arguments: Arguments) -> *mut ffi::PyObject {
    // SAFETY: as in `on_start`; the place is the line.
    unsafe {
        let (code, line) = (arguments.code(), arguments.place() % NUMBERS);
        let py = Python::assume_attached();
        answer(|| {
            let found = journal::called(py, code).or_else(|| {
                journal::arrive(py)?;
                plan_of(py, code, tracer::number_of_lines(py, code)?)
            });
            if let Some((number, plan)) = found {
                journal::begin_lines(py, code, number);
                let mut teller = journal::teller(py, Extent::LINE);
                plan.tell_locals(py, &mut teller);
                journal::append_valued(py, Event::Line(line), teller);
            }
            None
        })
    }
}

/// # Safety
///
/// As for the callbacks: CPython's call with the `arguments`, of code that is left, lasts, and the caller is
/// attached to the interpreter.
#[inline(always)]
unsafe fn leave(arguments: Arguments, event: fn(u32) -> Event, left: Left) -> *mut ffi::PyObject {
    // SAFETY: by contract.
    unsafe {
        let (py, code, value) = (
            Python::assume_attached(),
            arguments.code(),
            arguments.given(),
        );
        // (the body of a module is no call: it returns nothing)
        match journal::called(py, code) {
            Some((number, plan)) => answer(|| {
                give(py, event(number), &plan, value);
                None
            }),
            None => calls::leave_slowly(py, code, event, left, |number| {
                match plan_of(py, code, number) {
                    Some((number, plan)) => give(py, event(number), &plan, value),
                    None => journal::append_event(py, event(number)),
                }
            }),
        }
    }
}

/// Tells a start and its arguments.
///
/// # Safety
///
/// As for [`Plan::tell_arguments`].
unsafe fn start(py: Python<'_>, number: u32, plan: &Plan) {
    if plan.arguments.is_empty() {
        return journal::append_event(py, Event::Start(number));
    }
    let mut teller = journal::teller(py, Extent::CALL);
    // SAFETY: by contract.
    unsafe { plan.tell_arguments(py, &mut teller) };
    journal::append_valued(py, Event::Start(number), teller);
}

/// Tells an end and the value that it has. Without one it is `None`.
///
/// # Safety
///
/// `value` is a live object.
unsafe fn give(py: Python<'_>, event: Event, plan: &Plan, value: *mut ffi::PyObject) {
    // SAFETY: `None` is always there.
    let is_none = value == unsafe { ffi::Py_None() };
    if is_none && plan.returned == ValueAction::Allow {
        return journal::append_event(py, event);
    }
    let mut teller = journal::teller(py, Extent::CALL);
    match plan.returned {
        // SAFETY: by contract.
        ValueAction::Allow => unsafe { teller.tell(py, value) },
        ValueAction::Redact => Value::Redacted.write(&mut teller.bytes),
        ValueAction::Drop => Value::Dropped.write(&mut teller.bytes),
    }
    journal::append_valued(py, event, teller);
}

/// What is told of the values in code, with its number. It is decided now, where it is not yet.
///
/// # Safety
///
/// `code` is the code object of the calling thread's frame, and has this number there.
unsafe fn plan_of(
    py: Python<'_>,
    code: *mut ffi::PyObject,
    number: u32,
) -> Option<(u32, Rc<Plan>)> {
    let known = journal::plan(py, number);
    if known.is_some() {
        return known;
    }
    // SAFETY: by contract.
    let plan = unsafe { tracer::plan(py, code) }?;
    journal::keep_plan(py, number, plan);
    // (to ask for its names may have let other threads write meanwhile)
    journal::arrive(py)?;
    journal::plan(py, number)
}
