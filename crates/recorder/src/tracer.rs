//! What is recorded: the tracer between CPython's callbacks and the journal.

use std::ffi::c_int;
use std::path::PathBuf;
use std::sync::{Mutex, MutexGuard, PoisonError, TryLockError};

use module_identity::Identity;
use module_identity::cpython::{ModuleIdentityResolver, type_name};
use pyo3::exceptions::PyRuntimeError;
use pyo3::ffi;
use pyo3::prelude::*;
use spool::{Begin, Detail, End, Outcome, Record, RecordingConfig, ValueDetail};

use crate::callbacks::callbacks;
use crate::code::Code;
use crate::codes::Known;
use crate::monitoring::{Reach, Tool};
use crate::panics::{self, contained};
use crate::plan::Plan;
use crate::scopes::Scopes;
use crate::stack::{self, Open};
use crate::watcher::{COMES, Watcher};
use crate::{children, fork, frozen, held, journal, process};

/// What a callback answers to CPython.
pub enum Answer {
    /// Go on as before.
    Continue,
    /// No more events from this code; `sys.monitoring.DISABLE`, a new reference.
    Disable(*mut ffi::PyObject),
}

/// How code was left.
#[derive(Clone, Copy)]
pub enum Left {
    /// It returned.
    Returned,
    /// It was suspended.
    Suspended,
    /// The exception left it.
    Raised(*mut ffi::PyObject),
}

/// Records the module bodies that run in this process.
///
/// There is one at a time. Dropping it forgets everything, so that a second recording in the same
/// process starts clean.
pub struct RuntimeTracer {
    tool: Tool,
    resolver: ModuleIdentityResolver,
    scopes: Scopes,
    detail: Detail,
    values: ValueDetail,
    /// Sees module code come, where nothing else is followed.
    watcher: Option<Watcher>,
}

mod known;

pub use known::{
    begin_call, count_calls, end_call, is_kept_out, know, known, known_here, may_have_ended,
    number_of_lines,
};

static TRACER: Mutex<Option<RuntimeTracer>> = Mutex::new(None);

/// Starts recording this process into a new spool in `folder`. It is `early` as long as no code object
/// was made that is still to run.
///
/// # Errors
///
/// When a recording is under way, when no tool id is free, and when there can be no spool.
pub fn start(py: Python<'_>, folder: PathBuf, early: bool) -> PyResult<()> {
    let mut current = lock();
    if current.is_some() {
        return Err(PyRuntimeError::new_err(
            "this process is being recorded already",
        ));
    }
    panics::watch();
    fork::watch();
    fork::happened();
    let resolver = ModuleIdentityResolver::from_sys_path(py)?;
    let RecordingConfig { recorded, filters } = RecordingConfig::read_from(&folder)?;
    let (detail, values) = (recorded.events, recorded.values);
    let scopes = Scopes::new(py, filters, values);
    journal::open(py, folder, (detail, values), scopes.summary())?;
    let tool = Tool::acquire(py, |events| callbacks(py, detail, values, events))
        .inspect_err(|_| journal::close(py))?;
    let tracer = RuntimeTracer {
        tool,
        resolver,
        scopes,
        detail,
        values,
        watcher: None,
    };
    let tracer = current.insert(tracer);
    if early && detail == Detail::Modules {
        tracer.watcher = Watcher::add(py, watch_module);
    }
    let reach = match (detail, &tracer.watcher) {
        (Detail::Modules, Some(_)) => Reach::ModuleCode,
        (Detail::Modules, None) => Reach::Starts,
        (Detail::Calls | Detail::Lines, _) => Reach::AllCode,
    };
    if reach == Reach::ModuleCode {
        for code in frozen::ready_made(py)? {
            // SAFETY: the code object is alive.
            unsafe { tracer.tool.watch_module(py, code.as_ptr()) };
        }
    }
    held::begin();
    tracer.tool.follow(py, reach)
}

/// A code object came or went.
extern "C" fn watch_module(event: c_int, code: *mut ffi::PyObject) -> c_int {
    // SAFETY: CPython calls this attached to the interpreter.
    let py = unsafe { Python::assume_attached() };
    let watch = || {
        // SAFETY: the code object is whole.
        unsafe {
            if Code::new(py, code).is_of_a_module()
                && let Some(current) = lock_in_callback()
                && let Some(tracer) = current.as_ref()
            {
                // (an extension may make code for a traceback, while its exception is on its way)
                let exception = ffi::PyErr_GetRaisedException();
                tracer.tool.watch_module(py, code);
                ffi::PyErr_SetRaisedException(exception);
            }
        }
    };
    if event == COMES {
        contained(py, watch);
    } else {
        held::code_goes(py);
    }
    0
}

/// Stops recording and forgets everything.
pub fn stop(py: Python<'_>) {
    let Some(tracer) = lock().take() else {
        return;
    };
    held::end();
    journal::close(py);
    if let Some(watcher) = tracer.watcher {
        watcher.remove(py);
    }
    let _ = tracer.tool.release(py);
}

/// Code starts.
///
/// # Safety
///
/// `code` is the code object of the calling thread's frame.
pub unsafe fn on_start(py: Python<'_>, code: *mut ffi::PyObject) -> Answer {
    // SAFETY: by contract.
    if !unsafe { Code::new(py, code) }.is_of_a_module() {
        return disable().map_or(Answer::Continue, Answer::Disable);
    }
    // SAFETY: by contract.
    unsafe { begin(py, code) };
    Answer::Continue
}

/// Code is left.
///
/// # Safety
///
/// `code` is the code object of the calling thread's frame, and the exception in `left` is alive.
pub unsafe fn on_end(py: Python<'_>, code: *mut ffi::PyObject, left: Left) -> Answer {
    let Some(mut current) = lock_in_callback() else {
        return Answer::Continue;
    };
    if let Some(tracer) = current.as_mut() {
        // SAFETY: by contract.
        unsafe { tracer.end(py, code, left) };
    }
    Answer::Continue
}

/// In a callback the lock is free, since all its users hold Python's own: unless `start` or `stop`
/// is at work on this very thread, whose own code is not to be recorded.
fn lock_in_callback() -> Option<MutexGuard<'static, Option<RuntimeTracer>>> {
    match TRACER.try_lock() {
        Ok(guard) => Some(guard),
        Err(TryLockError::Poisoned(poisoned)) => Some(poisoned.into_inner()),
        Err(TryLockError::WouldBlock) => None,
    }
}

/// A panic while the lock was held leaves nothing half done that a later event could trip over.
fn lock() -> MutexGuard<'static, Option<RuntimeTracer>> {
    TRACER.lock().unwrap_or_else(PoisonError::into_inner)
}

/// What is to be told of the values in code that runs.
///
/// # Safety
///
/// `code` is the code object of the calling thread's frame.
pub unsafe fn plan(py: Python<'_>, code: *mut ffi::PyObject) -> Option<Plan> {
    let current = lock_in_callback()?;
    let tracer = current.as_ref()?;
    // SAFETY: by contract.
    let (owner, described) = unsafe { (tracer.owner(py), Code::new(py, code)) };
    let policy = tracer.scopes.values(described, owner.as_ref());
    let with_lines = tracer.values == ValueDetail::Full;
    Some(Plan::new(py, described, &policy, with_lines))
}

/// The answer that ends the events of the code that a callback was called for, where it is.
pub fn disable() -> Option<*mut ffi::PyObject> {
    let current = lock_in_callback()?;
    Some(current.as_ref()?.tool.disable())
}

/// Whether the interpreter still has the events that the recorder asked for.
pub fn has_events(py: Python<'_>) -> bool {
    let Some(current) = lock_in_callback() else {
        return true;
    };
    let tracer = current.as_ref();
    tracer.is_none_or(|tracer| tracer.tool.has_events(py))
}

/// Has the lines of a function's `code` told, where they are wanted.
///
/// # Safety
///
/// `code` is a live code object.
pub unsafe fn watch_lines(py: Python<'_>, code: *mut ffi::PyObject) {
    if let Some(current) = lock_in_callback()
        && let Some(tracer) = current.as_ref()
    {
        // SAFETY: by contract.
        unsafe { tracer.watch_lines(py, code) };
    }
}

/// Module code starts.
///
/// # Safety
///
/// `code` is the code object of the calling thread's frame.
pub unsafe fn begin(py: Python<'_>, code: *mut ffi::PyObject) {
    if let Some(mut current) = lock_in_callback()
        && let Some(tracer) = current.as_mut()
    {
        // SAFETY: by contract.
        unsafe { tracer.begin(py, code) };
        drop(current);
        children::watch(py);
    }
}

impl RuntimeTracer {
    /// # Safety
    ///
    /// `code` is the code object of the calling thread's frame.
    unsafe fn begin(&mut self, py: Python<'_>, code: *mut ffi::PyObject) {
        stack::forget_returned();
        let Some(mark) = journal::arrive(py) else {
            return;
        };
        // SAFETY: by contract.
        let identity: Identity =
            unsafe { self.resolver.resolve_start(Borrowed::from_ptr(py, code)) };
        if identity
            .name
            .as_ref()
            .is_some_and(|name| name.as_str() == children::STARTER)
        {
            children::expect();
        }
        // SAFETY: by contract.
        let code = unsafe { Code::new(py, code) };
        // SAFETY: by contract.
        unsafe { self.compare_namespaces(py, code) };
        if !self.scopes.records_body(code, &identity) {
            journal::append(py, &Record::Skip);
            // (lines of another run of this code may have been told last)
            journal::interrupt_lines(py);
            return;
        }
        let file = code.filename();
        let line = code.first_line();
        // SAFETY: the frame runs, and lends its frame object.
        let frame = unsafe { ffi::PyEval_GetFrame() };
        // (all that was asked of Python may have let other threads write meanwhile)
        let Some(mark) = journal::arrive(py).filter(|now| *now == mark) else {
            return;
        };
        let body = journal::next_body(py);
        let begin = Begin {
            body,
            thread: mark.number().into(),
            time: process::now(),
            identity,
            file: file.into(),
            line,
        };
        if self.detail >= Detail::Lines {
            // (whose the lines are that come next)
            // SAFETY: by contract.
            let known = unsafe { self.known(py, code.as_ptr()) };
            if let Known::Module(number) = known {
                journal::begin_lines(py, code.as_ptr(), number);
                // SAFETY: by contract.
                unsafe { begin_call(py, code.as_ptr(), known) };
            }
        }
        if !journal::append(py, &Record::Begin(begin)) {
            return;
        }
        stack::push(Open {
            code: code.as_ptr(),
            frame,
            body,
            spool: journal::generation(py),
        });
        // SAFETY: by contract.
        unsafe {
            match self.detail {
                Detail::Modules if self.watcher.is_some() => {}
                Detail::Modules => self.tool.watch_end(py, code.as_ptr()),
                Detail::Calls | Detail::Lines => self.watch_lines(py, code.as_ptr()),
            }
        }
    }

    /// Has the lines of `code` told, where they are wanted.
    ///
    /// # Safety
    ///
    /// `code` is a live code object.
    unsafe fn watch_lines(&self, py: Python<'_>, code: *mut ffi::PyObject) {
        if self.detail >= Detail::Lines {
            // SAFETY: by contract.
            unsafe { self.tool.watch_lines(py, code) };
        }
    }

    /// # Safety
    ///
    /// `code` is the code object of the calling thread's frame; the exception in `left` is alive.
    unsafe fn end(&mut self, py: Python<'_>, code: *mut ffi::PyObject, left: Left) {
        journal::leave_parent(py);
        // SAFETY: the frame runs, and lends its frame object.
        let frame = || unsafe { ffi::PyEval_GetFrame() };
        let spool = journal::generation(py);
        let mut open = stack::take(code, spool, frame);
        match left {
            Left::Returned => {
                open.inspect(|open| stack::keep_returned(*open));
            }
            Left::Raised(_) if open.is_none() => {
                // SAFETY: by contract.
                let is_of_a_module = || unsafe { Code::new(py, code) }.is_of_a_module();
                open = stack::take_returned(code, spool, frame).filter(|_| is_of_a_module());
            }
            Left::Raised(_) | Left::Suspended => {}
        }
        let Some(open) = open else { return };
        // (the next lines may be those of another run of this code)
        journal::interrupt_lines(py);
        let (outcome, exception) = match left {
            Left::Returned => (Outcome::Returned, None),
            Left::Suspended => (Outcome::Suspended, None),
            Left::Raised(exception) => {
                // SAFETY: the exception is alive, by contract.
                let exception =
                    unsafe { type_name(Borrowed::from_ptr(py, exception)) }.unwrap_or_default();
                (Outcome::Raised, Some(exception.into()))
            }
        };
        if journal::arrive(py).is_none() {
            return;
        }
        let record = End {
            body: open.body,
            time: process::now(),
            outcome,
            exception,
        };
        journal::append(py, &Record::End(record));
    }
}
