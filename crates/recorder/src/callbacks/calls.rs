//! The callbacks where each call is recorded: they run millions of times a second.
//!
//! On its usual way a callback finds the code's number and appends a word. All else is out of line,
//! where nothing can leave it, neither an exception nor a panic.

use std::rc::Rc;

use spool::Event;

use super::slow_path;
use crate::cpython::callable::{CallbackResult, EventArguments};
use crate::tracer::{FrameExit, RuntimeTracer};

pub fn on_start(tracer: &Rc<RuntimeTracer>, arguments: EventArguments<'_>) -> CallbackResult {
    enter(tracer, arguments, Event::Start)
}

pub fn on_resume(tracer: &Rc<RuntimeTracer>, arguments: EventArguments<'_>) -> CallbackResult {
    enter(tracer, arguments, Event::Resume)
}

pub fn on_throw(tracer: &Rc<RuntimeTracer>, arguments: EventArguments<'_>) -> CallbackResult {
    enter(tracer, arguments, Event::Throw)
}

pub fn on_return(tracer: &Rc<RuntimeTracer>, arguments: EventArguments<'_>) -> CallbackResult {
    leave(tracer, arguments, Event::Return, FrameExit::Returned)
}

pub fn on_yield(tracer: &Rc<RuntimeTracer>, arguments: EventArguments<'_>) -> CallbackResult {
    leave(tracer, arguments, Event::Yield, FrameExit::Suspended)
}

pub fn on_unwind(tracer: &Rc<RuntimeTracer>, arguments: EventArguments<'_>) -> CallbackResult {
    let (code, exception) = (arguments.code(), arguments.given());
    let ambiguity = tracer.journal().unwind_ambiguity(code, arguments.place());
    if ambiguity.is_some() || !tracer.journal().has_exception(exception) {
        // What is looked at may let other code run, which may take the callback away.
        let tracer = Rc::clone(tracer);
        slow_path::prepare_unwind(&tracer, arguments);
        return leave(
            &tracer,
            arguments,
            Event::Unwind,
            FrameExit::Raised(exception),
        );
    }
    leave(
        tracer,
        arguments,
        Event::Unwind,
        FrameExit::Raised(exception),
    )
}

pub fn on_line(tracer: &Rc<RuntimeTracer>, arguments: EventArguments<'_>) -> CallbackResult {
    let (code, line) = (arguments.code(), arguments.place());
    if !tracer.journal().push_line(code, line) {
        slow_path::append_line(tracer, code, line);
    }
    CallbackResult::proceed()
}

#[inline(always)]
fn enter(
    tracer: &Rc<RuntimeTracer>,
    arguments: EventArguments<'_>,
    event: fn(u32) -> Event,
) -> CallbackResult {
    if tracer.journal().push(arguments.code(), event) {
        return CallbackResult::proceed();
    }
    let py = arguments.py();
    // A closure that borrows would have the usual way store what it borrows.
    slow_path::enter(tracer, arguments, event, move |tracer, number| {
        tracer.journal().append_event(py, event(number));
    })
}

#[inline(always)]
fn leave(
    tracer: &Rc<RuntimeTracer>,
    arguments: EventArguments<'_>,
    event: fn(u32) -> Event,
    exit: FrameExit<'_>,
) -> CallbackResult {
    let (py, code) = (arguments.py(), arguments.code());
    if tracer.journal().push(code, event) {
        return CallbackResult::proceed();
    }
    // As in `enter`, the closure borrows nothing.
    slow_path::leave(tracer, code, event, exit, move |tracer, number| {
        tracer.journal().append_event(py, event(number));
    })
}
