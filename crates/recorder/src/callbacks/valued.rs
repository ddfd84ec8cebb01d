//! The callbacks where values are recorded, too: in place of some of those for calls.
//!
//! What is recorded of a code object's values is decided once. After that a callback reads the values and
//! copies them into the spool.

use std::rc::Rc;

use pyo3::prelude::*;
use spool::{Event, NUMBERS, Value};
use trace_filter::ValueAction;

use super::slow_path;
use crate::capture::{CaptureLimits, Plan};
use crate::cpython::callable::{CallbackResult, EventArguments};
use crate::cpython::frames::FrameRef;
use crate::cpython::object::ObjectRef;
use crate::tracer::{FrameExit, RuntimeTracer};

pub fn on_start(tracer: &Rc<RuntimeTracer>, arguments: EventArguments<'_>) -> CallbackResult {
    let (py, code) = (arguments.py(), arguments.code());
    match tracer.called(code) {
        Some((number, plan)) => slow_path::run(tracer, py, |tracer| {
            append_start(tracer, py, number, &plan);
            None
        }),
        None => slow_path::enter(
            tracer,
            arguments,
            Event::Start,
            |tracer, number| match tracer.plan(code, number) {
                Some((number, plan)) => append_start(tracer, py, number, &plan),
                None => tracer.journal().append_event(py, Event::Start(number)),
            },
        ),
    }
}

pub fn on_throw(tracer: &Rc<RuntimeTracer>, arguments: EventArguments<'_>) -> CallbackResult {
    let (py, code, exception) = (arguments.py(), arguments.code(), arguments.given());
    match tracer.called(code) {
        Some((number, plan)) => slow_path::run(tracer, py, |tracer| {
            append_throw(tracer, number, &plan, exception);
            None
        }),
        None => slow_path::enter(
            tracer,
            arguments,
            Event::Throw,
            |tracer, number| match tracer.plan(code, number) {
                Some((number, plan)) => append_throw(tracer, number, &plan, exception),
                None => tracer.journal().append_event(py, Event::Throw(number)),
            },
        ),
    }
}

pub fn on_unwind(tracer: &Rc<RuntimeTracer>, arguments: EventArguments<'_>) -> CallbackResult {
    let exception = arguments.given();
    // What is looked at may let other code run, which may take the callback away.
    let tracer = Rc::clone(tracer);
    slow_path::prepare_unwind(&tracer, arguments);
    leave(
        &tracer,
        arguments,
        Event::Unwind,
        FrameExit::Raised(exception),
    )
}

pub fn on_return(tracer: &Rc<RuntimeTracer>, arguments: EventArguments<'_>) -> CallbackResult {
    leave(tracer, arguments, Event::Return, FrameExit::Returned)
}

pub fn on_yield(tracer: &Rc<RuntimeTracer>, arguments: EventArguments<'_>) -> CallbackResult {
    leave(tracer, arguments, Event::Yield, FrameExit::Suspended)
}

pub fn on_line(tracer: &Rc<RuntimeTracer>, arguments: EventArguments<'_>) -> CallbackResult {
    let (py, code) = (arguments.py(), arguments.code());
    let line = arguments.place() % NUMBERS;
    slow_path::run(tracer, py, |tracer| {
        let found = tracer.called(code).or_else(|| {
            tracer.journal().prepare_write(py)?;
            tracer.plan(code, tracer.number_of_lines(code)?)
        });
        let (number, plan) = found?;
        tracer.journal().begin_lines(code, number);
        let Some(frame) = FrameRef::current(py) else {
            tracer.journal().append_event(py, Event::Line(line));
            return None;
        };
        let mut encoder = tracer.encoder(py, CaptureLimits::LINE);
        plan.encode_locals(frame, &mut encoder, &tracer.interner(py));
        tracer
            .journal()
            .append_line(frame, line, &encoder.bytes, &encoder.ends);
        tracer.return_encoder(py, encoder);
        None
    })
}

#[inline(always)]
fn leave(
    tracer: &Rc<RuntimeTracer>,
    arguments: EventArguments<'_>,
    event: fn(u32) -> Event,
    exit: FrameExit<'_>,
) -> CallbackResult {
    let (py, code, value) = (arguments.py(), arguments.code(), arguments.given());
    // The body of a module is no call: it returns nothing.
    match tracer.called(code) {
        Some((number, plan)) => slow_path::run(tracer, py, |tracer| {
            append_end(tracer, event(number), &plan, value);
            None
        }),
        None => slow_path::leave(tracer, code, event, exit, |tracer, number| {
            match tracer.plan(code, number) {
                Some((number, plan)) => append_end(tracer, event(number), &plan, value),
                None => tracer.journal().append_event(py, event(number)),
            }
        }),
    }
}

/// Appends a start, and its arguments.
fn append_start(tracer: &RuntimeTracer, py: Python<'_>, number: u32, plan: &Plan) {
    let event = Event::Start(number);
    if plan.arguments.is_empty() {
        return tracer.journal().append_event(py, event);
    }
    let Some(frame) = FrameRef::current(py) else {
        return tracer.journal().append_event(py, event);
    };
    let mut encoder = tracer.encoder(py, CaptureLimits::CALL);
    plan.encode_arguments(frame, &mut encoder, &tracer.interner(py));
    tracer.journal().append_valued(py, event, &encoder.bytes);
    tracer.return_encoder(py, encoder);
}

/// Appends that code goes on with an exception.
fn append_throw(tracer: &RuntimeTracer, number: u32, plan: &Plan, exception: ObjectRef<'_>) {
    let py = exception.py();
    let mut encoder = tracer.encoder(py, CaptureLimits::CALL);
    plan.encode_thrown(exception, &mut encoder, &tracer.interner(py));
    tracer
        .journal()
        .append_valued(py, Event::Throw(number), &encoder.bytes);
    tracer.return_encoder(py, encoder);
}

/// Appends an end and the value that it has, which is the exception where one leaves. Without a value it is `None`.
fn append_end(tracer: &RuntimeTracer, event: Event, plan: &Plan, value: ObjectRef<'_>) {
    let py = value.py();
    if value.is_none() && plan.returned == ValueAction::Allow {
        return tracer.journal().append_event(py, event);
    }
    let mut encoder = tracer.encoder(py, CaptureLimits::CALL);
    match plan.returned {
        action if matches!(event, Event::Unwind(_)) => encoder.encode_exception(value, action),
        ValueAction::Allow => encoder.encode(value),
        ValueAction::Redact => encoder.put(Value::Redacted),
        ValueAction::Drop => encoder.put(Value::Dropped),
    }
    tracer.journal().append_valued(py, event, &encoder.bytes);
    tracer.return_encoder(py, encoder);
}
