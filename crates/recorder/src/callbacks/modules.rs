//! The callbacks where module bodies alone are recorded.

use std::rc::Rc;

use crate::cpython::callable::{CallbackResult, EventArguments};
use crate::cpython::code::CodeRef;
use crate::panics::contained;
use crate::tracer::{FrameExit, RuntimeTracer};

pub fn on_start(tracer: &Rc<RuntimeTracer>, arguments: EventArguments<'_>) -> CallbackResult {
    run(tracer, arguments, 2, |tracer| {
        let code = arguments.code();
        if code.is_of_a_module() {
            tracer.begin(code);
        } else if let Some(part) = tracer.parts().import_system.part(code) {
            tracer.begin_import_part(code, part);
        } else {
            tracer.prepare_opcode_tracing(code);
            return tracer.disable(code.py());
        }
        CallbackResult::proceed()
    })
}

pub fn on_return(tracer: &Rc<RuntimeTracer>, arguments: EventArguments<'_>) -> CallbackResult {
    run(tracer, arguments, 1, |tracer| {
        end(tracer, arguments.code(), FrameExit::Returned);
        CallbackResult::proceed()
    })
}

pub fn on_yield(tracer: &Rc<RuntimeTracer>, arguments: EventArguments<'_>) -> CallbackResult {
    run(tracer, arguments, 1, |tracer| {
        end(tracer, arguments.code(), FrameExit::Suspended);
        CallbackResult::proceed()
    })
}

pub fn on_unwind(tracer: &Rc<RuntimeTracer>, arguments: EventArguments<'_>) -> CallbackResult {
    run(tracer, arguments, 3, |tracer| {
        let exit = FrameExit::Raised(arguments.given());
        end(tracer, arguments.code(), exit);
        CallbackResult::proceed()
    })
}

/// Records that code is left: a module's, or a part of the import system.
fn end(tracer: &RuntimeTracer, code: CodeRef<'_>, exit: FrameExit<'_>) {
    match tracer.parts().import_system.part(code) {
        Some(part) => tracer.end_import_part(code, part, exit),
        None => tracer.end(code, exit),
    }
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
