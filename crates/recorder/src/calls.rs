//! What CPython calls where each call is recorded, millions of times a second.
//!
//! On its usual way a callback finds the code's number and appends a word. All else is out of line,
//! where nothing can leave it, neither an exception nor a panic.

use pyo3::ffi;
use pyo3::prelude::*;
use spool::{Event, NUMBERS};

use crate::callable::Arguments;
use crate::code::Code;
use crate::codes::Known;
use crate::journal::Doubt;
use crate::panics::contained;
use crate::tracer::Left;
use crate::{frames, journal, threads, tracer};

pub unsafe fn on_start(arguments: Arguments) -> *mut ffi::PyObject {
    // SAFETY: CPython calls back from the frame of the code.
    unsafe { enter(arguments, Event::Start) }
}

pub unsafe fn on_resume(arguments: Arguments) -> *mut ffi::PyObject {
    // SAFETY: as in `on_start`.
    unsafe { enter(arguments, Event::Resume) }
}

pub unsafe fn on_throw(arguments: Arguments) -> *mut ffi::PyObject {
    // SAFETY: as in `on_start`.
    unsafe { enter(arguments, Event::Throw) }
}

pub unsafe fn on_return(arguments: Arguments) -> *mut ffi::PyObject {
    // SAFETY: as in `on_start`.
    unsafe { leave(arguments.code(), Event::Return, Left::Returned) }
}

pub unsafe fn on_yield(arguments: Arguments) -> *mut ffi::PyObject {
    // SAFETY: as in `on_start`.
    unsafe { leave(arguments.code(), Event::Yield, Left::Suspended) }
}

pub unsafe fn on_unwind(arguments: Arguments) -> *mut ffi::PyObject {
    // SAFETY: as in `on_start`; what is given is the exception.
    unsafe {
        let exception = arguments.given();
        let py = Python::assume_attached();
        if let Some(doubt) = journal::doubt(py, arguments.code(), arguments.place()) {
            tell_doubt(py, arguments.code(), doubt);
        }
        if !journal::is_told(py, exception) {
            tell(py, arguments.code(), exception);
        }
        leave(arguments.code(), Event::Unwind, Left::Raised(exception))
    }
}

pub unsafe fn on_line(arguments: Arguments) -> *mut ffi::PyObject {
    // SAFETY: as in `on_start`; the place is the line.
    unsafe {
        let (code, line) = (arguments.code(), arguments.place());
        let py = Python::assume_attached();
        if !journal::push_line(py, code, line) {
            tell_line(py, code, line);
        }
        none()
    }
}

/// # Safety
///
/// As for the callbacks: CPython's call with the `arguments` lasts, and the caller is attached to the
/// interpreter.
#[inline(always)]
unsafe fn enter(arguments: Arguments, event: fn(u32) -> Event) -> *mut ffi::PyObject {
    // SAFETY: by contract.
    unsafe {
        let py = Python::assume_attached();
        if journal::push(py, arguments.code(), event).is_err() {
            return enter_slowly(py, arguments, event, |number| {
                journal::append_event(py, event(number));
            });
        }
        none()
    }
}

/// # Safety
///
/// `code` is the code object of the calling thread's frame, the exception in `left` is alive, and the
/// caller is attached to the interpreter.
#[inline(always)]
unsafe fn leave(
    code: *mut ffi::PyObject,
    event: fn(u32) -> Event,
    left: Left,
) -> *mut ffi::PyObject {
    // SAFETY: by contract.
    unsafe {
        let py = Python::assume_attached();
        if journal::push(py, code, event).is_err() {
            return leave_slowly(py, code, event, left, |number| {
                journal::append_event(py, event(number));
            });
        }
        none()
    }
}

/// Code starts or goes on, and something has to be looked at first. `append` appends the event, of
/// code with this number.
///
/// # Safety
///
/// As for [`enter`].
#[cold]
#[inline(never)]
pub unsafe fn enter_slowly(
    py: Python<'_>,
    arguments: Arguments,
    event: fn(u32) -> Event,
    append: impl FnOnce(u32),
) -> *mut ffi::PyObject {
    // SAFETY: by contract.
    let (code, offset) = unsafe { (arguments.code(), arguments.place()) };
    let is_start = event(0) == Event::Start(0);
    let append = |number| {
        append(number);
        // SAFETY: by contract.
        unsafe { tracer::begin_call(py, code, Known::Number(number)) };
    };
    let keep_out = || {
        // SAFETY: by contract.
        unsafe { tracer::begin_call(py, code, Known::Skipped) };
        disable(py, code, event)
    };
    answer(|| {
        // SAFETY: by contract.
        let described = unsafe { Code::new(py, code) };
        // SAFETY: by contract.
        let known = unsafe { tracer::known_here(py, code) };
        // (a spool knows of this thread that it is at work: shared code, most of the time)
        if let (Known::Number(number), true) = (known, threads::is_current()) {
            append(number);
            return None;
        }
        let is_function = known == Known::No && !described.is_of_a_module();
        // (what is kept out does not even tell that its thread is at work)
        if known == Known::Skipped {
            return keep_out();
        }
        // SAFETY: by contract.
        if is_function && unsafe { tracer::is_kept_out(py, code) } {
            return keep_out();
        }
        journal::arrive(py)?;
        // SAFETY: by contract.
        let known = unsafe { tracer::know(py, code, is_start.then_some(offset)) };
        if is_function {
            // SAFETY: by contract.
            unsafe { tracer::watch_lines(py, code) };
        }
        match known {
            Known::Number(number) => {
                // (to learn of the code may have let other threads write meanwhile)
                journal::arrive(py)?;
                append(number);
            }
            // What a body does after it was suspended is not recorded.
            Known::Module(_) if is_start => {
                // SAFETY: by contract.
                unsafe { tracer::begin(py, code) };
            }
            Known::Skipped => return keep_out(),
            Known::Module(_) | Known::No | Known::Shared => {}
        }
        None
    })
}

/// Code is left, and something has to be looked at first. `append` is as for [`enter_slowly`].
///
/// # Safety
///
/// As for [`leave`].
#[cold]
#[inline(never)]
pub unsafe fn leave_slowly(
    py: Python<'_>,
    code: *mut ffi::PyObject,
    event: fn(u32) -> Event,
    left: Left,
    append: impl FnOnce(u32),
) -> *mut ffi::PyObject {
    answer(|| {
        // SAFETY: by contract.
        let answer = unsafe { tell_end(py, code, event, left, append) };
        // SAFETY: by contract.
        unsafe { tracer::end_call(py, code, left) };
        answer
    })
}

/// # Safety
///
/// As for [`leave`].
unsafe fn tell_end(
    py: Python<'_>,
    code: *mut ffi::PyObject,
    event: fn(u32) -> Event,
    left: Left,
    append: impl FnOnce(u32),
) -> Option<*mut ffi::PyObject> {
    // Code without a number began before the recording did. (What is a recorded body is told by
    // its frame.)
    // SAFETY: by contract.
    match unsafe { tracer::known(py, code) } {
        Known::Number(number) if threads::is_current() => {
            append(number);
            return None;
        }
        Known::Skipped => return disable(py, code, event),
        Known::No if journal::known(py, code) != Known::Shared => return None,
        _ => {}
    }
    journal::arrive(py)?;
    // SAFETY: by contract.
    match unsafe { tracer::known(py, code) } {
        Known::Number(number) => append(number),
        Known::Module(_) | Known::No | Known::Shared => {
            // SAFETY: by contract.
            unsafe { tracer::on_end(py, code, left) };
        }
        Known::Skipped => return disable(py, code, event),
    }
    None
}

/// Runs a callback where nothing can leave it: what panicked is not recorded. Its answer is `None`
/// unless it has another one.
pub fn answer(callback: impl FnOnce() -> Option<*mut ffi::PyObject>) -> *mut ffi::PyObject {
    // SAFETY: CPython calls back attached to the interpreter.
    let py = unsafe { Python::assume_attached() };
    contained(py, callback).flatten().unwrap_or_else(none)
}

/// `sys.monitoring.DISABLE`, for the events for which CPython takes that, unless another namespace
/// has them recorded.
fn disable(
    py: Python<'_>,
    code: *mut ffi::PyObject,
    event: fn(u32) -> Event,
) -> Option<*mut ffi::PyObject> {
    match event(0) {
        Event::Throw(_) | Event::Unwind(_) => None,
        _ if journal::known(py, code) == Known::Shared => None,
        _ => tracer::disable(),
    }
}

/// Tells how many calls of the code there are, where that settles which one it is.
///
/// # Safety
///
/// As for [`leave`].
#[cold]
#[inline(never)]
unsafe fn tell_doubt(py: Python<'_>, code: *mut ffi::PyObject, doubt: Doubt) {
    contained(py, || {
        // (it takes a while to count, and exceptions leave generators often)
        if doubt == Doubt::GoesOn && !frames::calls_itself(py, code) {
            return None;
        }
        // SAFETY: by contract.
        if doubt == Doubt::Ends && !unsafe { tracer::may_have_ended(py, code) } {
            return None;
        }
        // SAFETY: by contract.
        let count = unsafe { tracer::count_calls(py, code) }.min(NUMBERS - 1);
        journal::arrive(py)?;
        // SAFETY: by contract.
        if matches!(unsafe { tracer::known(py, code) }, Known::Number(_)) {
            journal::append_event(
                py,
                match doubt {
                    Doubt::Starts | Doubt::GoesOn => Event::Unstarted(count),
                    Doubt::Ends => Event::Ended(count),
                },
            );
        }
        Some(())
    });
}

/// # Safety
///
/// As for [`leave`]; the exception is alive.
#[cold]
#[inline(never)]
unsafe fn tell(py: Python<'_>, code: *mut ffi::PyObject, exception: *mut ffi::PyObject) {
    contained(py, || {
        // SAFETY: by contract.
        unsafe {
            if journal::arrive(py).is_some() && matches!(tracer::known(py, code), Known::Number(_))
            {
                journal::tell_exception(py, exception);
            }
        }
    });
}

/// # Safety
///
/// As for [`leave`].
#[cold]
#[inline(never)]
unsafe fn tell_line(py: Python<'_>, code: *mut ffi::PyObject, line: u32) {
    contained(py, || {
        journal::arrive(py)?;
        // SAFETY: by contract.
        let number = unsafe { tracer::number_of_lines(py, code) }?;
        journal::begin_lines(py, code, number);
        journal::append_event(py, Event::Line(line % NUMBERS));
        Some(())
    });
}

/// `None`, which is immortal since CPython 3.12, so that nobody counts its references.
#[inline(always)]
fn none() -> *mut ffi::PyObject {
    // SAFETY: the object is there for as long as the interpreter.
    unsafe { ffi::Py_None() }
}
