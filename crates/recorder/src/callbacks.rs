//! What CPython calls: each callback turns its arguments into a call of the tracer.
//!
//! An exception or a panic that left a callback would end up in the recorded program, so none may.

use std::panic::{AssertUnwindSafe, catch_unwind};

use pyo3::ffi;
use pyo3::prelude::*;
use spool::{Detail, ValueDetail};

use crate::callable::{self, CallableType, Callback};
use crate::calls;
use crate::monitoring::Events;
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
        (events.start, on_start),
        (events.returns, on_return),
        (events.yields, on_yield),
        (events.unwind, on_unwind),
    ];
    let of_calls: &[(i32, Callback)] = &[
        (events.start, calls::on_start),
        (events.resume, calls::on_resume),
        (events.throw, calls::on_throw),
        (events.returns, calls::on_return),
        (events.yields, calls::on_yield),
        (events.unwind, calls::on_unwind),
        (events.line, calls::on_line),
    ];
    let with_values: &[(i32, Callback)] = &[
        (events.start, valued::on_start),
        (events.returns, valued::on_return),
        (events.yields, valued::on_yield),
    ];
    let with_locals: &[(i32, Callback)] = &[(events.line, valued::on_line)];
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

unsafe extern "C" fn on_start(
    _: *mut ffi::PyObject,
    arguments: *const *mut ffi::PyObject,
    count: usize,
    _: *mut ffi::PyObject,
) -> *mut ffi::PyObject {
    // SAFETY: CPython calls back with `count` live arguments, the code object first.
    answer(count, 1, || unsafe {
        tracer::on_start(Python::assume_attached(), *arguments)
    })
}

unsafe extern "C" fn on_return(
    _: *mut ffi::PyObject,
    arguments: *const *mut ffi::PyObject,
    count: usize,
    _: *mut ffi::PyObject,
) -> *mut ffi::PyObject {
    // SAFETY: as in `on_start`.
    answer(count, 1, || unsafe {
        tracer::on_end(Python::assume_attached(), *arguments, Left::Returned)
    })
}

unsafe extern "C" fn on_yield(
    _: *mut ffi::PyObject,
    arguments: *const *mut ffi::PyObject,
    count: usize,
    _: *mut ffi::PyObject,
) -> *mut ffi::PyObject {
    // SAFETY: as in `on_start`.
    answer(count, 1, || unsafe {
        tracer::on_end(Python::assume_attached(), *arguments, Left::Suspended)
    })
}

unsafe extern "C" fn on_unwind(
    _: *mut ffi::PyObject,
    arguments: *const *mut ffi::PyObject,
    count: usize,
    _: *mut ffi::PyObject,
) -> *mut ffi::PyObject {
    // SAFETY: as in `on_start`; the third argument is the exception.
    answer(count, 3, || unsafe {
        tracer::on_end(
            Python::assume_attached(),
            *arguments,
            Left::Raised(*arguments.add(2)),
        )
    })
}

/// Runs a callback where nothing can leave it, and gives CPython a new reference.
fn answer(count: usize, needed: usize, callback: impl FnOnce() -> Answer) -> *mut ffi::PyObject {
    if callable::count(count) >= needed
        && let Ok(Answer::Disable(disable)) = catch_unwind(AssertUnwindSafe(callback))
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
