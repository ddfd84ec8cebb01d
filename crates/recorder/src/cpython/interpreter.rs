//! The interpreter that the calling thread is attached to: a process may have several.

use pyo3::ffi;
use pyo3::prelude::*;

/// The id of an interpreter. No other one of the process ever has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InterpreterId(i64);

impl InterpreterId {
    /// Returns the id of the interpreter that the calling thread is attached to.
    pub fn current(_: Python<'_>) -> Self {
        // SAFETY: the caller is attached to an interpreter, so that there is one.
        Self(unsafe { ffi::PyInterpreterState_GetID(ffi::PyInterpreterState_Get()) })
    }

    /// Returns whether it is the interpreter with which the process began.
    pub fn is_main(self) -> bool {
        self.0 == 0
    }

    /// Returns the id as a number, as the program sees it.
    pub fn number(self) -> i64 {
        self.0
    }
}

/// Returns the address of the interpreter that the calling thread is attached to, which another one may have
/// when this one is gone.
#[inline]
pub fn current_address(_: Python<'_>) -> usize {
    // SAFETY: the caller is attached to an interpreter.
    unsafe { ffi::PyInterpreterState_Get() as usize }
}
