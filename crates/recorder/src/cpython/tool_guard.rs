//! Noticing that the program took the recorder's tool id of `sys.monitoring`, or its events, away.

use std::ffi::{c_int, c_void};
use std::mem;
use std::ptr;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicPtr, Ordering};

use pyo3::prelude::*;

use super::sys;
use crate::panics::contained;

/// Why the recording ends then.
const REASON: &str = "the program freed or took over the tool id of sys.monitoring by which it was \
                      recorded";

/// The recording that the guard watches over.
pub struct GuardedRecording {
    /// Returns whether the interpreter still has the events that the recorder asked for.
    pub has_events: fn(Python<'_>) -> bool,
    /// Ends the recording, for this reason.
    pub give_up: fn(Python<'_>, &str),
}

static RECORDING: OnceLock<GuardedRecording> = OnceLock::new();

/// CPython's function that says whether the interpreter is at its end, while the tool id is held.
static IS_FINALIZING: AtomicPtr<c_void> = AtomicPtr::new(ptr::null_mut());

/// Takes callbacks that are freed from now on as taken away by the program, unless the interpreter is at
/// its end.
pub fn begin(recording: GuardedRecording) {
    RECORDING.get_or_init(|| recording);
    // CPython 3.12 has it under its older name.
    let found = [c"Py_IsFinalizing", c"_Py_IsFinalizing"].map(sys::symbol);
    let found = found.into_iter().find(|function| !function.is_null());
    IS_FINALIZING.store(found.unwrap_or_default(), Ordering::Relaxed);
}

/// Takes callbacks that are freed from now on as taken away by the recorder itself.
pub fn end() {
    IS_FINALIZING.store(ptr::null_mut(), Ordering::Relaxed);
}

/// Notes that CPython let go of a callback.
pub fn on_callback_freed(py: Python<'_>) {
    if is_finalizing() == Some(false) {
        revoked(py);
    }
}

/// Notes that a code object is freed, as many are when the interpreter ends, before it takes the events of
/// all tools away. At the first one it is asked whether it still has the recorder's: CPython does not report
/// that a program takes those away.
pub fn on_code_freed(py: Python<'_>) {
    if is_finalizing() != Some(true) {
        return;
    }
    end();
    let is_ours = contained(py, || {
        // `sys` is emptied last.
        let monitoring = sys::attribute(py, c"monitoring");
        let is_over = monitoring.is_none_or(|monitoring| monitoring.is_none());
        is_over || RECORDING.get().is_none_or(|it| (it.has_events)(py))
    });
    if is_ours == Some(false) {
        revoked(py);
    }
}

/// Ends the recording: the tool id is not the recorder's any more.
pub fn revoked(py: Python<'_>) {
    end();
    if let Some(recording) = RECORDING.get() {
        (recording.give_up)(py, REASON);
    }
}

/// Returns whether the interpreter is at its end; `None` while no tool id is held.
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
