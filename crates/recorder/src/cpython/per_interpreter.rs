//! Values that are found by the interpreter that the calling thread is attached to.

use std::ptr;
use std::sync::atomic::{AtomicI64, AtomicPtr, AtomicUsize, Ordering};

use pyo3::prelude::*;

use super::interpreter::{self, InterpreterId};
use crate::state::slots::{Slots, TakenSlot};

/// No interpreter has this id.
const NOBODY: i64 = -1;

/// A list of values, one for each interpreter, with no reference to any.
pub struct PerInterpreter<T: 'static> {
    /// The address of the main interpreter, which most programs do without others beside: it is found by a
    /// comparison.
    main: AtomicUsize,
    of_main: AtomicPtr<T>,
    others: Slots<Entry<T>>,
}

/// The value of an interpreter. Both are only written by code that is attached to that interpreter.
struct Entry<T> {
    interpreter: AtomicI64,
    value: AtomicPtr<T>,
}

impl<T> Default for Entry<T> {
    fn default() -> Self {
        Self {
            interpreter: AtomicI64::new(NOBODY),
            value: AtomicPtr::new(ptr::null_mut()),
        }
    }
}

/// Keeps a value in the list until it is dropped.
pub struct Installation<T: 'static> {
    list: &'static PerInterpreter<T>,
    /// `None` in the main interpreter.
    slot: Option<TakenSlot<Entry<T>>>,
}

impl<T> PerInterpreter<T> {
    pub const fn new() -> Self {
        Self {
            main: AtomicUsize::new(0),
            of_main: AtomicPtr::new(ptr::null_mut()),
            others: Slots::new(),
        }
    }

    /// Returns the value of the interpreter that the calling thread is attached to; null where there is none.
    pub fn find(&'static self, py: Python<'_>) -> *const T {
        if interpreter::current_address(py) == self.main.load(Ordering::Relaxed) {
            return self.of_main.load(Ordering::Relaxed);
        }
        let id = InterpreterId::current(py).number();
        let mut entries = self.others.values();
        let own = entries.find(|it| it.interpreter.load(Ordering::Relaxed) == id);
        own.map_or(ptr::null(), |it| it.value.load(Ordering::Relaxed))
    }

    /// Makes this the value of the interpreter that the calling thread is attached to, which has none.
    pub fn install(&'static self, py: Python<'_>, value: *const T) -> Installation<T> {
        let id = InterpreterId::current(py);
        let slot = if id.is_main() {
            self.of_main.store(value.cast_mut(), Ordering::Relaxed);
            let main = interpreter::current_address(py);
            self.main.store(main, Ordering::Relaxed);
            None
        } else {
            let slot = self.others.take();
            slot.value.store(value.cast_mut(), Ordering::Relaxed);
            slot.interpreter.store(id.number(), Ordering::Relaxed);
            Some(slot)
        };
        Installation { list: self, slot }
    }
}

impl<T> Drop for Installation<T> {
    fn drop(&mut self) {
        let value = match &self.slot {
            Some(slot) => {
                slot.interpreter.store(NOBODY, Ordering::Relaxed);
                &slot.value
            }
            None => &self.list.of_main,
        };
        value.store(ptr::null_mut(), Ordering::Relaxed);
    }
}
