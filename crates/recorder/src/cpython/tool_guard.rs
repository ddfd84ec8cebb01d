//! Noticing that the program took the recorder's tool id of `sys.monitoring`, or its events, away.

use std::cell::Cell;
use std::ffi::{c_int, c_void};
use std::mem;
use std::sync::OnceLock;

use pyo3::prelude::*;

use super::sys;

/// Knows what is taken away by the program, rather than by the interpreter at its end.
#[derive(Default)]
pub struct ToolGuard {
    /// Set while the tool id is held.
    is_on: Cell<bool>,
    /// The interpreter is the one whose end is the end of Python.
    is_main: bool,
}

impl ToolGuard {
    /// Makes a guard for a tool of the calling thread's interpreter.
    pub fn new(is_main: bool) -> Self {
        Self {
            is_on: Cell::new(false),
            is_main,
        }
    }

    /// Takes callbacks that are freed from now on as taken away by the program, unless the interpreter is at
    /// its end.
    pub fn begin(&self) {
        self.is_on.set(true);
    }

    /// Takes callbacks that are freed from now on as taken away by the recorder itself.
    pub fn end(&self) {
        self.is_on.set(false);
    }

    /// Returns whether the program took a callback away that CPython lets go of.
    pub fn is_broken(&self, py: Python<'_>) -> bool {
        self.is_on.get() && !self.is_at_end(py)
    }

    /// Returns whether to ask the interpreter if it still has the recorder's events, as a code object is freed:
    /// many are when Python ends, before it takes the events of all tools away. CPython does not report that a
    /// program takes those away.
    ///
    /// The answer is yes once. In other interpreters than the main one it would take too long to find out whether
    /// the end has come.
    pub fn is_due(&self) -> bool {
        let is_due = self.is_main && self.is_on.get() && is_finalizing();
        if is_due {
            self.end();
        }
        is_due
    }

    /// Returns whether the interpreter is at its end.
    fn is_at_end(&self, py: Python<'_>) -> bool {
        if self.is_main {
            return is_finalizing();
        }
        // The end of Python is not that of this interpreter alone, and CPython does not give word of that. But
        // `sys` is emptied before the tools go.
        has_lost_monitoring(py)
    }
}

/// Returns whether the interpreter, at its end, has emptied `sys`, which it does last.
pub fn has_lost_monitoring(py: Python<'_>) -> bool {
    sys::attribute(py, c"monitoring").is_none_or(|monitoring| monitoring.is_none())
}

/// Returns whether Python is at its end.
fn is_finalizing() -> bool {
    type Function = unsafe extern "C" fn() -> c_int;
    static FUNCTION: OnceLock<Option<Function>> = OnceLock::new();
    let function = FUNCTION.get_or_init(|| {
        // CPython 3.12 has it under its older name.
        let found = [c"Py_IsFinalizing", c"_Py_IsFinalizing"].map(sys::symbol);
        let found = found.into_iter().find(|function| !function.is_null())?;
        // SAFETY: the function of either name has this signature in every CPython that has it.
        Some(unsafe { mem::transmute::<*mut c_void, Function>(found) })
    });
    // SAFETY: it has no preconditions.
    function.is_some_and(|function| unsafe { function() } != 0)
}
