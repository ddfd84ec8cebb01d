//! The long way of a callback, for when something has to be looked at first: code without a number, another thread, a
//! fork, code that modules share.
//!
//! Each function keeps the tracer: what is asked of Python may let other code run, which may take the callback
//! away.

use std::rc::Rc;

use pyo3::prelude::*;
use spool::{Event, NUMBERS};

use crate::cpython::callable::{CallbackResult, EventArguments};
use crate::cpython::code::CodeRef;
use crate::cpython::frames;
use crate::cpython::object::ObjectRef;
use crate::journal::UnwindAmbiguity;
use crate::panics::contained;
use crate::state::code_table::CodeState;
use crate::tracer::{FrameExit, RuntimeTracer};

/// Records that code starts or goes on. `append` appends the event, of code with this number.
#[cold]
#[inline(never)]
pub fn enter(
    tracer: &Rc<RuntimeTracer>,
    arguments: EventArguments<'_>,
    event: fn(u32) -> Event,
    append: impl FnOnce(&RuntimeTracer, u32),
) -> CallbackResult {
    let (code, offset) = (arguments.code(), arguments.place());
    run(tracer, code.py(), |tracer| {
        append_start(tracer, code, offset, event, append)
    })
}

/// Records that code is left. `append` is as for [`enter`].
#[cold]
#[inline(never)]
pub fn leave(
    tracer: &Rc<RuntimeTracer>,
    code: CodeRef<'_>,
    event: fn(u32) -> Event,
    exit: FrameExit<'_>,
    append: impl FnOnce(&RuntimeTracer, u32),
) -> CallbackResult {
    run(tracer, code.py(), |tracer| {
        if let Some(part) = tracer.called_import_part(code) {
            tracer.end_import_part(code, part, exit);
        }
        let result = append_end(tracer, code, event, exit, append);
        tracer.end_call(code, exit);
        result
    })
}

/// Runs a callback where nothing can leave it: what panicked is not recorded. Its result is
/// [`CallbackResult::proceed`] unless it has another one.
pub fn run(
    tracer: &Rc<RuntimeTracer>,
    py: Python<'_>,
    callback: impl FnOnce(&RuntimeTracer) -> Option<CallbackResult>,
) -> CallbackResult {
    attempt(tracer, py, callback).unwrap_or_else(CallbackResult::proceed)
}

/// Runs a task where nothing can leave it, with the tracer kept.
fn attempt<T>(
    tracer: &Rc<RuntimeTracer>,
    py: Python<'_>,
    task: impl FnOnce(&RuntimeTracer) -> Option<T>,
) -> Option<T> {
    let tracer = Rc::clone(tracer);
    contained(py, || task(&tracer)).flatten()
}

/// Records what has to stand before an exception leaves code: which call it leaves, where that is in doubt, and its type.
#[cold]
#[inline(never)]
pub fn prepare_unwind(tracer: &Rc<RuntimeTracer>, arguments: EventArguments<'_>) {
    let (code, exception) = (arguments.code(), arguments.given());
    if let Some(ambiguity) = tracer.journal().unwind_ambiguity(code, arguments.place()) {
        append_count(tracer, code, ambiguity);
    }
    if !tracer.journal().has_exception(exception) {
        append_exception(tracer, code, exception);
    }
}

/// Records how many calls of the code there are, where that settles which one an exception leaves.
fn append_count(tracer: &Rc<RuntimeTracer>, code: CodeRef<'_>, ambiguity: UnwindAmbiguity) {
    let py = code.py();
    attempt(tracer, py, |tracer| {
        // It takes a while to count, and exceptions leave generators often.
        if ambiguity == UnwindAmbiguity::MissedResume && !frames::calls_itself(code) {
            return None;
        }
        if ambiguity == UnwindAmbiguity::CancelledReturn && !tracer.may_have_ended(code) {
            return None;
        }
        let count = tracer.count_calls(code).min(NUMBERS - 1);
        tracer.journal().prepare_write(py)?;
        if matches!(tracer.state_of_frame(code), CodeState::Number(_)) {
            let event = match ambiguity {
                UnwindAmbiguity::MissedStart | UnwindAmbiguity::MissedResume => {
                    Event::Unstarted(count)
                }
                UnwindAmbiguity::CancelledReturn => Event::Ended(count),
            };
            tracer.journal().append_event(py, event);
        }
        Some(())
    });
}

/// Records the type of an exception that leaves code.
fn append_exception(tracer: &Rc<RuntimeTracer>, code: CodeRef<'_>, exception: ObjectRef<'_>) {
    attempt(tracer, code.py(), |tracer| {
        tracer.journal().prepare_write(code.py())?;
        if matches!(tracer.state_of_frame(code), CodeState::Number(_)) {
            tracer.journal().append_exception(exception);
        }
        Some(())
    });
}

/// Records a line, if lines of this frame are recorded.
#[cold]
#[inline(never)]
pub fn append_line(tracer: &Rc<RuntimeTracer>, code: CodeRef<'_>, line: u32) {
    attempt(tracer, code.py(), |tracer| {
        tracer.journal().prepare_write(code.py())?;
        let number = tracer.number_of_lines(code)?;
        tracer.journal().begin_lines(code, number);
        let event = Event::Line(line % NUMBERS);
        tracer.journal().append_event(code.py(), event);
        Some(())
    });
}

fn append_start(
    tracer: &RuntimeTracer,
    code: CodeRef<'_>,
    offset: u32,
    event: fn(u32) -> Event,
    append: impl FnOnce(&RuntimeTracer, u32),
) -> Option<CallbackResult> {
    let (py, journal) = (code.py(), tracer.journal());
    let is_start = event(0) == Event::Start(0);
    if is_start && let Some(part) = tracer.called_import_part(code) {
        tracer.begin_import_part(code, part);
    }
    let append = |number| {
        append(tracer, number);
        tracer.begin_call(code, CodeState::Number(number));
    };
    let keep_out = || {
        tracer.begin_call(code, CodeState::Skipped);
        disable(tracer, code, event)
    };
    let state = tracer.state_here(code);
    // The spool knows that this thread is at work: it is shared code, most of the time.
    if let (CodeState::Number(number), true) = (state, journal.is_current_thread(py)) {
        append(number);
        return None;
    }
    let is_function = state == CodeState::Unknown && !code.is_of_a_module();
    if is_function {
        tracer.prepare_opcode_tracing(code);
    }
    // Code that is kept out does not even show that its thread is at work.
    if state == CodeState::Skipped || is_function && tracer.is_kept_out(code) {
        return keep_out();
    }
    journal.prepare_write(py)?;
    let state = tracer.number_here(code, is_start.then_some(offset));
    if is_function {
        tracer.watch_calls(code);
    }
    match state {
        CodeState::Number(number) => {
            // To learn of the code may have let other threads write meanwhile.
            journal.prepare_write(py)?;
            append(number);
        }
        // What a body does after it was suspended is not recorded.
        CodeState::Module(_) if is_start => tracer.begin(code),
        CodeState::Skipped => return keep_out(),
        CodeState::Module(_) | CodeState::Unknown | CodeState::Shared => {}
    }
    None
}

fn append_end(
    tracer: &RuntimeTracer,
    code: CodeRef<'_>,
    event: fn(u32) -> Event,
    exit: FrameExit<'_>,
    append: impl FnOnce(&RuntimeTracer, u32),
) -> Option<CallbackResult> {
    let journal = tracer.journal();
    // Code without a number began before the recording did. A recorded body is found by its frame.
    match tracer.state_of_frame(code) {
        CodeState::Number(number) if journal.is_current_thread(code.py()) => {
            append(tracer, number);
            return None;
        }
        CodeState::Skipped => return disable(tracer, code, event),
        CodeState::Unknown if journal.code_state(code) != CodeState::Shared => return None,
        _ => {}
    }
    journal.prepare_write(code.py())?;
    match tracer.state_of_frame(code) {
        CodeState::Number(number) => append(tracer, number),
        CodeState::Module(_) | CodeState::Unknown | CodeState::Shared => tracer.end(code, exit),
        CodeState::Skipped => return disable(tracer, code, event),
    }
    None
}

/// Disables the events for which CPython takes that, unless another namespace has them recorded.
fn disable(
    tracer: &RuntimeTracer,
    code: CodeRef<'_>,
    event: fn(u32) -> Event,
) -> Option<CallbackResult> {
    match event(0) {
        Event::Throw(_) | Event::Unwind(_) => None,
        _ if tracer.journal().code_state(code) == CodeState::Shared => None,
        _ => Some(tracer.disable(code.py())),
    }
}
