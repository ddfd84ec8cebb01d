//! The one door to state that callbacks change.

#[cfg(debug_assertions)]
use std::cell::Cell;
use std::cell::UnsafeCell;

use pyo3::prelude::*;

/// A value that Python's own lock guards: a lock of its own would cost as much as all the rest.
///
/// A free-threaded build, which has no such lock, is refused, and an extension of this kind loads in no
/// sub-interpreter.
pub struct Guarded<T> {
    value: UnsafeCell<T>,
    #[cfg(debug_assertions)]
    is_in_use: Cell<bool>,
}

// SAFETY: only a caller with a token reaches the value, so that it holds the interpreter's lock, and
// passes what it wrote on with that lock.
unsafe impl<T> Sync for Guarded<T> {}

impl<T> Guarded<T> {
    pub const fn new(value: T) -> Self {
        Self {
            value: UnsafeCell::new(value),
            #[cfg(debug_assertions)]
            is_in_use: Cell::new(false),
        }
    }

    /// Runs `task` with the value. It must not call Python, which could come back here, or let another
    /// thread come here: a debug build checks that.
    #[inline(always)]
    pub fn with<R>(&self, _: Python<'_>, task: impl FnOnce(&mut T) -> R) -> R {
        #[cfg(debug_assertions)]
        assert!(!self.is_in_use.replace(true), "a task ran within another");
        // SAFETY: the token proves that this thread holds the interpreter's lock. A task does not give it
        // up, as it calls no Python, so that nobody else has the value.
        let result = task(unsafe { &mut *self.value.get() });
        #[cfg(debug_assertions)]
        self.is_in_use.set(false);
        result
    }
}
