//! The one door to state that callbacks change.

#[cfg(debug_assertions)]
use std::cell::Cell;
use std::cell::UnsafeCell;

use pyo3::prelude::*;

/// A value of one interpreter that its own lock guards: another lock would cost as much as all the rest.
///
/// A free-threaded build, which has no such lock, is refused. Interpreters may have a lock each, so that a value is
/// reached from what CPython calls in its interpreter, and is never in a static variable.
pub struct Guarded<T> {
    value: UnsafeCell<T>,
    #[cfg(debug_assertions)]
    is_in_use: Cell<bool>,
}

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
        // SAFETY: the token proves that this thread holds its interpreter's lock, which is the value's, too. A task
        // does not give it up, as it calls no Python, so that nobody else has the value.
        let result = task(unsafe { &mut *self.value.get() });
        #[cfg(debug_assertions)]
        self.is_in_use.set(false);
        result
    }
}
