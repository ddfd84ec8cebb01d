//! What CPython calls: each callback turns its arguments into a call of the tracer.
//!
//! An exception or a panic that left a callback would end up in the recorded program, so none may.

use std::ffi::CStr;
use std::panic::{AssertUnwindSafe, catch_unwind};

use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::types::PyCFunction;
use spool::Detail;

use crate::calls;
use crate::monitoring::Events;
use crate::tracer::{self, Answer, Left};

/// The callback for each event.
///
/// # Errors
///
/// When Python has no memory left.
pub fn callbacks(
    py: Python<'_>,
    detail: Detail,
    events: Events,
) -> PyResult<Vec<(i32, Bound<'_, PyCFunction>)>> {
    if detail >= Detail::Calls {
        return Ok(vec![
            (events.start, function(py, c"on_start", calls::on_start)?),
            (events.resume, function(py, c"on_resume", calls::on_resume)?),
            (events.throw, function(py, c"on_throw", calls::on_throw)?),
            (
                events.returns,
                function(py, c"on_return", calls::on_return)?,
            ),
            (events.yields, function(py, c"on_yield", calls::on_yield)?),
            (events.unwind, function(py, c"on_unwind", calls::on_unwind)?),
            (events.line, function(py, c"on_line", calls::on_line)?),
        ]);
    }
    Ok(vec![
        (events.start, function(py, c"on_start", on_start)?),
        (events.returns, function(py, c"on_return", on_return)?),
        (events.yields, function(py, c"on_yield", on_yield)?),
        (events.unwind, function(py, c"on_unwind", on_unwind)?),
    ])
}

fn function<'py>(
    py: Python<'py>,
    name: &'static CStr,
    callback: ffi::PyCFunctionFast,
) -> PyResult<Bound<'py, PyCFunction>> {
    // CPython keeps the definition for as long as the function lives.
    let definition = Box::leak(Box::new(ffi::PyMethodDef {
        ml_name: name.as_ptr(),
        ml_meth: ffi::PyMethodDefPointer {
            PyCFunctionFast: callback,
        },
        ml_flags: ffi::METH_FASTCALL,
        ml_doc: c"".as_ptr(),
    }));
    // SAFETY: the definition lives for ever and tells the callback's true calling convention; the
    // call gives a new reference to a built-in function, or null with an error.
    unsafe {
        let function =
            ffi::PyCFunction_NewEx(definition, std::ptr::null_mut(), std::ptr::null_mut());
        Ok(Bound::from_owned_ptr_or_err(py, function)?.cast_into_unchecked())
    }
}

unsafe extern "C" fn on_start(
    _: *mut ffi::PyObject,
    arguments: *mut *mut ffi::PyObject,
    count: ffi::Py_ssize_t,
) -> *mut ffi::PyObject {
    // SAFETY: CPython calls back with `count` live arguments, the code object first.
    answer(count, || unsafe {
        tracer::on_start(Python::assume_attached(), *arguments)
    })
}

unsafe extern "C" fn on_return(
    _: *mut ffi::PyObject,
    arguments: *mut *mut ffi::PyObject,
    count: ffi::Py_ssize_t,
) -> *mut ffi::PyObject {
    // SAFETY: as in `on_start`.
    answer(count, || unsafe {
        tracer::on_end(Python::assume_attached(), *arguments, Left::Returned)
    })
}

unsafe extern "C" fn on_yield(
    _: *mut ffi::PyObject,
    arguments: *mut *mut ffi::PyObject,
    count: ffi::Py_ssize_t,
) -> *mut ffi::PyObject {
    // SAFETY: as in `on_start`.
    answer(count, || unsafe {
        tracer::on_end(Python::assume_attached(), *arguments, Left::Suspended)
    })
}

unsafe extern "C" fn on_unwind(
    _: *mut ffi::PyObject,
    arguments: *mut *mut ffi::PyObject,
    count: ffi::Py_ssize_t,
) -> *mut ffi::PyObject {
    // SAFETY: as in `on_start`; the third argument is the exception.
    answer(count - 2, || unsafe {
        tracer::on_end(
            Python::assume_attached(),
            *arguments,
            Left::Raised(*arguments.add(2)),
        )
    })
}

/// Runs a callback where nothing can leave it, and gives CPython a new reference.
fn answer(arguments: ffi::Py_ssize_t, callback: impl FnOnce() -> Answer) -> *mut ffi::PyObject {
    if arguments > 0
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
