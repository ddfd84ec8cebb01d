//! Noticing that the program took the recorder's tool id of `sys.monitoring` away.

use std::ffi::{c_int, c_void};
use std::mem;
use std::ptr;
use std::sync::atomic::{AtomicPtr, Ordering};

use pyo3::prelude::*;

use crate::journal;
use crate::process::symbol;

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
    let function = IS_FINALIZING.load(Ordering::Relaxed);
    if function.is_null() {
        return;
    }
    // SAFETY: the function of either name has this signature in every CPython that has it.
    let is_finalizing =
        unsafe { mem::transmute::<*mut c_void, unsafe extern "C" fn() -> c_int>(function) };
    // SAFETY: it has no preconditions.
    if unsafe { is_finalizing() } == 0 {
        is_lost(py);
    }
}

/// The tool id is not the recorder's any more.
pub fn is_lost(py: Python<'_>) {
    end();
    journal::give_up(py, REASON);
}
