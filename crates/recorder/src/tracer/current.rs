//! The tracers that are at work, one for each interpreter that is recorded.
//!
//! An event brings its tracer along. Who has none, as the watchers of code objects, finds it here.

use std::rc::Rc;

use pyo3::prelude::*;

use super::runtime::RuntimeTracer;
use crate::cpython::per_interpreter::PerInterpreter;

static TRACERS: PerInterpreter<RuntimeTracer> = PerInterpreter::new();

/// Returns the tracer that is at work in the interpreter that the calling thread is attached to.
pub fn current(py: Python<'_>) -> Option<Rc<RuntimeTracer>> {
    let tracer = TRACERS.find(py);
    if tracer.is_null() {
        return None;
    }
    // SAFETY: the tracer is the calling thread's interpreter's own, whose lock it holds. It came from an `Rc`, and
    // leaves the list before its last reference is gone.
    unsafe {
        Rc::increment_strong_count(tracer);
        Some(Rc::from_raw(tracer))
    }
}

/// Makes this the tracer that is at work in its interpreter, the calling thread's. There is none.
pub fn install(py: Python<'_>, tracer: &Rc<RuntimeTracer>) {
    let installation = TRACERS.install(py, Rc::as_ptr(tracer));
    tracer.installation.set(Some(installation));
}

/// Takes the tracer that is at work in the calling thread's interpreter.
pub fn take(py: Python<'_>) -> Option<Rc<RuntimeTracer>> {
    let tracer = current(py)?;
    tracer.installation.take();
    Some(tracer)
}
