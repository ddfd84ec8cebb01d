//! The callbacks where module bodies alone are recorded.

use std::rc::Rc;

use crate::cpython::callable::{CallbackResult, EventArguments};
use crate::panics::contained;
use crate::tracer::{FrameExit, RuntimeTracer};

pub fn on_start(tracer: &Rc<RuntimeTracer>, arguments: EventArguments<'_>) -> CallbackResult {
    run(tracer, arguments, 1, |tracer| {
        let code = arguments.code();
        if !code.is_of_a_module() {
            return tracer.disable(code.py());
        }
        tracer.begin(code);
        CallbackResult::proceed()
    })
}

pub fn on_return(tracer: &Rc<RuntimeTracer>, arguments: EventArguments<'_>) -> CallbackResult {
    run(tracer, arguments, 1, |tracer| {
        tracer.end(arguments.code(), FrameExit::Returned);
        CallbackResult::proceed()
    })
}

pub fn on_yield(tracer: &Rc<RuntimeTracer>, arguments: EventArguments<'_>) -> CallbackResult {
    run(tracer, arguments, 1, |tracer| {
        tracer.end(arguments.code(), FrameExit::Suspended);
        CallbackResult::proceed()
    })
}

pub fn on_unwind(tracer: &Rc<RuntimeTracer>, arguments: EventArguments<'_>) -> CallbackResult {
    run(tracer, arguments, 3, |tracer| {
        let exit = FrameExit::Raised(arguments.given());
        tracer.end(arguments.code(), exit);
        CallbackResult::proceed()
    })
}

/// Runs a callback where nothing can leave it. It keeps the tracer: the program may take the callback away
/// meanwhile, on another thread.
fn run(
    tracer: &Rc<RuntimeTracer>,
    arguments: EventArguments<'_>,
    needed: usize,
    callback: impl FnOnce(&RuntimeTracer) -> CallbackResult,
) -> CallbackResult {
    if !arguments.are(needed) {
        return CallbackResult::proceed();
    }
    let tracer = Rc::clone(tracer);
    contained(arguments.py(), || callback(&tracer)).unwrap_or_else(CallbackResult::proceed)
}
