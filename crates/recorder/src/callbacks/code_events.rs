//! The watchers that CPython calls when code objects come and go.

use std::ffi::c_int;

use pyo3::ffi;
use pyo3::prelude::*;

use crate::cpython::code::CodeRef;
use crate::cpython::object::ObjectRef;
use crate::cpython::watcher::{CODE_CREATED, CODE_DESTROYED};
use crate::panics::contained;
use crate::tracer;

/// Asks for the events of a module's code as soon as it is made.
pub extern "C" fn on_code_created(event: c_int, code: *mut ffi::PyObject) -> c_int {
    // SAFETY: CPython calls watchers attached to the interpreter.
    let py = unsafe { Python::assume_attached() };
    contained(py, || {
        if event != CODE_CREATED {
            return tracer::current(py).map_or((), |tracer| tracer.on_code_freed(py));
        }
        // SAFETY: CPython has just made the code object, which is whole.
        let code = CodeRef::new(unsafe { ObjectRef::new(py, code) });
        let is_of_a_module = code.is_of_a_module();
        if let Some(tracer) = tracer::current(py)
            && (is_of_a_module || tracer.awaits_opcode_tracing(code))
        {
            // An extension may make code for a traceback, while its exception is on its way.
            // SAFETY: attached to the interpreter; the exception is given back as it was taken.
            let exception = unsafe { ffi::PyErr_GetRaisedException() };
            if is_of_a_module {
                tracer.watch_module(code);
            }
            tracer.await_opcode_tracing(code);
            // SAFETY: as it was taken, the exception is ours to give back.
            unsafe { ffi::PyErr_SetRaisedException(exception) };
        }
    });
    0
}

/// Forgets a code object that CPython is about to free.
pub extern "C" fn on_code_destroyed(event: c_int, code: *mut ffi::PyObject) -> c_int {
    if event != CODE_DESTROYED {
        return 0;
    }
    // SAFETY: CPython frees objects while it holds its lock.
    let py = unsafe { Python::assume_attached() };
    contained(py, || {
        if let Some(tracer) = tracer::current(py) {
            tracer.on_code_freed(py);
            tracer.forget_code(py, code as usize);
        }
    });
    0
}
