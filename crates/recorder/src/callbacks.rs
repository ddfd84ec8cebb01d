//! What CPython calls: each callback turns its arguments into a call of the tracer.
//!
//! An exception or a panic that left a callback would end up in the recorded program, so none may.

use pyo3::ffi;
use pyo3::prelude::*;
use spool::{Detail, ValueDetail};

use crate::callable::{Arguments, CallableType, Callback, callback};
use crate::calls;
use crate::monitoring::Events;
use crate::panics::contained;
use crate::tracer::{self, Answer, Left};
use crate::valued;

/// The callback for each event.
///
/// # Errors
///
/// When Python has no memory left.
pub fn callbacks(
    py: Python<'_>,
    detail: Detail,
    values: ValueDetail,
    events: Events,
) -> PyResult<Vec<(i32, Bound<'_, PyAny>)>> {
    let of_modules: &[(i32, Callback)] = &[
        (events.start, callback!(on_start)),
        (events.returns, callback!(on_return)),
        (events.yields, callback!(on_yield)),
        (events.unwind, callback!(on_unwind)),
    ];
    let of_calls: &[(i32, Callback)] = &[
        (events.start, callback!(calls::on_start)),
        (events.resume, callback!(calls::on_resume)),
        (events.throw, callback!(calls::on_throw)),
        (events.returns, callback!(calls::on_return)),
        (events.yields, callback!(calls::on_yield)),
        (events.unwind, callback!(calls::on_unwind)),
        (events.line, callback!(calls::on_line)),
    ];
    let with_values: &[(i32, Callback)] = &[
        (events.start, callback!(valued::on_start)),
        (events.returns, callback!(valued::on_return)),
        (events.yields, callback!(valued::on_yield)),
    ];
    let with_locals: &[(i32, Callback)] = &[(events.line, callback!(valued::on_line))];
    let callable = CallableType::new(py)?;
    let callbacks = match detail {
        Detail::Modules => of_modules,
        Detail::Calls | Detail::Lines => of_calls,
    };
    let instead = match (detail, values) {
        (Detail::Modules, _) | (_, ValueDetail::None) => [&[][..], &[]],
        (_, ValueDetail::Args) => [with_values, &[]],
        (_, ValueDetail::Full) => [with_values, with_locals],
    };
    // (the one that is registered last is called)
    let callbacks = callbacks.iter().chain(instead.into_iter().flatten());
    callbacks
        .map(|&(event, callback)| Ok((event, callable.object(callback)?)))
        .collect()
}

unsafe fn on_start(arguments: Arguments) -> *mut ffi::PyObject {
    // SAFETY: CPython calls back from the frame of the code, with as many arguments as are asked for.
    answer(arguments, 1, || unsafe {
        tracer::on_start(Python::assume_attached(), arguments.code())
    })
}

unsafe fn on_return(arguments: Arguments) -> *mut ffi::PyObject {
    // SAFETY: as in `on_start`.
    answer(arguments, 1, || unsafe {
        tracer::on_end(Python::assume_attached(), arguments.code(), Left::Returned)
    })
}

unsafe fn on_yield(arguments: Arguments) -> *mut ffi::PyObject {
    // SAFETY: as in `on_start`.
    answer(arguments, 1, || unsafe {
        tracer::on_end(Python::assume_attached(), arguments.code(), Left::Suspended)
    })
}

unsafe fn on_unwind(arguments: Arguments) -> *mut ffi::PyObject {
    // SAFETY: as in `on_start`; what is given is the exception.
    answer(arguments, 3, || unsafe {
        tracer::on_end(
            Python::assume_attached(),
            arguments.code(),
            Left::Raised(arguments.given()),
        )
    })
}

/// Runs a callback where nothing can leave it, and gives CPython a new reference.
fn answer(
    arguments: Arguments,
    needed: usize,
    callback: impl FnOnce() -> Answer,
) -> *mut ffi::PyObject {
    // SAFETY: CPython calls back attached to the interpreter.
    let py = unsafe { Python::assume_attached() };
    if arguments.are(needed)
        && let Some(Answer::Disable(disable)) = contained(py, callback)
    {
        return disable;
    }
    // SAFETY: `None` is alive; the caller gets a reference of its own.
    unsafe {
        let none = ffi::Py_None();
        ffi::Py_INCREF(none);
        none
    }
}
