//! The tracers that are at work, one for each interpreter that is recorded.
//!
//! An event brings its tracer along. Who has none, as the watchers of code objects, finds it here.

use std::ptr;
use std::rc::Rc;
use std::sync::atomic::{AtomicI64, AtomicPtr, AtomicUsize, Ordering};

use pyo3::prelude::*;

use super::runtime::RuntimeTracer;
use crate::cpython::interpreter::{self, InterpreterId};
use crate::state::slots::{Slots, TakenSlot};

/// No interpreter has this id.
const NOBODY: i64 = -1;

/// The tracer of an interpreter. Both are only written by code that is attached to that interpreter, and the
/// tracer is only used by such code: so it is alive when it is found.
struct Entry {
    interpreter: AtomicI64,
    tracer: AtomicPtr<RuntimeTracer>,
}

impl Default for Entry {
    fn default() -> Self {
        Self {
            interpreter: AtomicI64::new(NOBODY),
            tracer: AtomicPtr::new(ptr::null_mut()),
        }
    }
}

static TRACERS: Slots<Entry> = Slots::new();

/// The address of the main interpreter, which most programs do without others beside: it is found by a
/// comparison.
static MAIN: AtomicUsize = AtomicUsize::new(0);
static MAIN_TRACER: AtomicPtr<RuntimeTracer> = AtomicPtr::new(ptr::null_mut());

/// Keeps a tracer in the list as long as it lives. It holds no reference to it.
pub struct Installation {
    /// `None` in the main interpreter.
    slot: Option<TakenSlot<Entry>>,
}

/// Returns the tracer that is at work in the interpreter that the calling thread is attached to.
pub fn current(py: Python<'_>) -> Option<Rc<RuntimeTracer>> {
    let tracer = if interpreter::current_address(py) == MAIN.load(Ordering::Relaxed) {
        MAIN_TRACER.load(Ordering::Relaxed)
    } else {
        let id = InterpreterId::current(py).number();
        let mut entries = TRACERS.values();
        let own = entries.find(|it| it.interpreter.load(Ordering::Relaxed) == id)?;
        own.tracer.load(Ordering::Relaxed)
    };
    if tracer.is_null() {
        return None;
    }
    // SAFETY: the tracer is this interpreter's own, and leaves the list before its last reference is gone.
    unsafe {
        Rc::increment_strong_count(tracer);
        Some(Rc::from_raw(tracer))
    }
}

/// Makes this the tracer that is at work in its interpreter, the calling thread's. There is none.
pub fn install(py: Python<'_>, tracer: &Rc<RuntimeTracer>) {
    let address = Rc::as_ptr(tracer).cast_mut();
    let id = InterpreterId::current(py);
    let slot = if id.is_main() {
        MAIN_TRACER.store(address, Ordering::Relaxed);
        MAIN.store(interpreter::current_address(py), Ordering::Relaxed);
        None
    } else {
        let slot = TRACERS.take();
        slot.tracer.store(address, Ordering::Relaxed);
        slot.interpreter.store(id.number(), Ordering::Relaxed);
        Some(slot)
    };
    tracer.installation.set(Some(Installation { slot }));
}

/// Takes the tracer that is at work in the calling thread's interpreter.
pub fn take(py: Python<'_>) -> Option<Rc<RuntimeTracer>> {
    let tracer = current(py)?;
    tracer.installation.take();
    Some(tracer)
}

impl Drop for Installation {
    fn drop(&mut self) {
        match &self.slot {
            Some(slot) => {
                slot.interpreter.store(NOBODY, Ordering::Relaxed);
                slot.tracer.store(ptr::null_mut(), Ordering::Relaxed);
            }
            None => MAIN_TRACER.store(ptr::null_mut(), Ordering::Relaxed),
        }
    }
}
