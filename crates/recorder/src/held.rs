//! Noticing that the program took the recorder's tool id of `sys.monitoring`, or its events, away.

use std::ffi::{c_int, c_void};
use std::mem;
use std::ptr;
use std::sync::atomic::{AtomicPtr, Ordering};

use pyo3::prelude::*;

use crate::panics::contained;
use crate::process::{symbol, sys};
use crate::{journal, tracer};

/// Why the recording ends then.
const REASON: &str = "the program freed or took over the tool id of sys.monitoring by which it was \
                      recorded";

/// CPython's function that tells whether the interpreter is at its end, while the tool id is held.
static IS_FINALIZING: AtomicPtr<c_void> = AtomicPtr::new(ptr::null_mut());

/// Callbacks that go from now on are taken away by the program, unless the interpreter is at its end.
pub fn begin() {
    // (3.12 has it under its older name)
    let found = [c"Py_IsFinalizing", c"_Py_IsFinalizing"].map(symbol);
    let found = found.into_iter().find(|function| !function.is_null());
    IS_FINALIZING.store(found.unwrap_or_default(), Ordering::Relaxed);
}

/// Callbacks that go from now on are taken away by the recorder itself.
pub fn end() {
    IS_FINALIZING.store(ptr::null_mut(), Ordering::Relaxed);
}

/// A callback goes: CPython has let go of it.
pub fn let_go(py: Python<'_>) {
    if is_finalizing() == Some(false) {
        is_lost(py);
    }
}

/// A code object goes, as many do when the interpreter ends, before it takes the events of all tools away.
/// The first one has it asked whether it still has the recorder's: nothing tells when a program takes those
/// away.
pub fn code_goes(py: Python<'_>) {
    if is_finalizing() != Some(true) {
        return;
    }
    end();
    let is_ours = contained(py, || {
        // (`sys` is emptied last)
        let is_over = sys(py, c"monitoring").is_none_or(|monitoring| monitoring.is_none());
        is_over || tracer::has_events(py)
    });
    if is_ours == Some(false) {
        is_lost(py);
    }
}

/// Whether the interpreter is at its end; `None` while no tool id is held.
fn is_finalizing() -> Option<bool> {
    let function = IS_FINALIZING.load(Ordering::Relaxed);
    if function.is_null() {
        return None;
    }
    // SAFETY: the function of either name has this signature in every CPython that has it.
    let function =
        unsafe { mem::transmute::<*mut c_void, unsafe extern "C" fn() -> c_int>(function) };
    // SAFETY: it has no preconditions.
    Some(unsafe { function() } != 0)
}

/// The tool id is not the recorder's any more.
pub fn is_lost(py: Python<'_>) {
    end();
    journal::give_up(py, REASON);
}
