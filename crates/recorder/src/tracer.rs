//! What is recorded: the tracer between CPython's callbacks and the spool.

use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError, TryLockError};

use module_identity::Identity;
use module_identity::python::{ModuleIdentityResolver, Object, text, type_name};
use pyo3::exceptions::{PyOSError, PyRuntimeError};
use pyo3::ffi;
use pyo3::prelude::*;
use spool::{Begin, End, Origin, Outcome, Record, Writer};

use crate::callbacks::callbacks;
use crate::monitoring::Tool;
use crate::stack::{self, Open};
use crate::{fork, process};

/// `CO_GENERATOR | CO_COROUTINE | CO_ITERABLE_COROUTINE | CO_ASYNC_GENERATOR`: code that can be
/// suspended, as `<module>` code with a top-level `await` is.
const SUSPENDS: u32 = 0x20 | 0x80 | 0x100 | 0x200;

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
    folder: PathBuf,
    co_flags: Object,
    co_filename: Object,
    co_firstlineno: Object,
    /// Where records go; `None` once they cannot, and in a fork until it runs module code.
    spool: Option<Writer>,
    /// Which spool that is: counts up with each start and fork of this process.
    generation: u64,
    bodies: u64,
    threads: u64,
    lost: bool,
}

static TRACER: Mutex<Option<RuntimeTracer>> = Mutex::new(None);

/// Counts the spools that this process began, over all recordings.
static GENERATIONS: AtomicU64 = AtomicU64::new(0);

/// Starts recording this process into a new spool in `folder`.
///
/// # Errors
///
/// When a recording is under way, when no tool id is free, and when there can be no spool.
pub fn start(py: Python<'_>, folder: PathBuf) -> PyResult<()> {
    let mut current = lock();
    if current.is_some() {
        return Err(PyRuntimeError::new_err(
            "this process is being recorded already",
        ));
    }
    fork::watch();
    fork::happened();
    let mut tracer = RuntimeTracer::new(py, folder)?;
    if let Err(error) = tracer.begin_spool(py, Origin::Start) {
        let _ = tracer.tool.release(py);
        return Err(error);
    }
    let followed = tracer.tool.follow(py);
    *current = Some(tracer);
    followed
}

/// Stops recording and forgets everything.
pub fn stop(py: Python<'_>) {
    let Some(mut tracer) = lock().take() else {
        return;
    };
    tracer.append(&Record::Stop {
        time: process::now(),
    });
    let _ = tracer.tool.release(py);
}

/// Code starts.
///
/// # Safety
///
/// `code` is the code object of the calling thread's frame.
pub unsafe fn on_start(py: Python<'_>, code: *mut ffi::PyObject) -> Answer {
    let Some(mut current) = lock_in_callback() else {
        return Answer::Continue;
    };
    let Some(tracer) = current.as_mut() else {
        return Answer::Continue;
    };
    // SAFETY: by contract.
    if !unsafe { tracer.tool.is_module_code(py, code) } {
        return Answer::Disable(tracer.tool.disable());
    }
    // SAFETY: by contract.
    unsafe { tracer.begin(py, code) };
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

impl RuntimeTracer {
    fn new(py: Python<'_>, folder: PathBuf) -> PyResult<Self> {
        use module_identity::python::named;
        Ok(Self {
            resolver: ModuleIdentityResolver::from_sys_path(py)?,
            tool: Tool::acquire(py, |events| callbacks(py, events))?,
            folder,
            co_flags: named(py, c"co_flags"),
            co_filename: named(py, c"co_filename"),
            co_firstlineno: named(py, c"co_firstlineno"),
            spool: None,
            generation: 0,
            bodies: 0,
            threads: 0,
            lost: false,
        })
    }

    /// Begins a spool of this process's own.
    fn begin_spool(&mut self, py: Python<'_>, origin: Origin) -> PyResult<()> {
        let count = GENERATIONS.fetch_add(1, Ordering::Relaxed) + 1;
        self.generation = count;
        self.bodies = 0;
        self.threads = 0;
        let time = process::now();
        let pid = std::process::id();
        // A process that replaces itself (`os.execv`) keeps its pid: the time tells them apart.
        let name = format!("{pid}-{time}.{}", spool::FILE_EXTENSION);
        let failed = |error: std::io::Error| PyOSError::new_err(error.to_string());
        let mut spool = Writer::create(&self.folder.join(name)).map_err(failed)?;
        let described = process::describe(py, origin, time);
        spool.append(&Record::Process(described)).map_err(failed)?;
        self.spool = Some(spool);
        Ok(())
    }

    /// In a fork, nothing may reach the parent's spool, which this process shares.
    fn leave_parent(&mut self) {
        if fork::happened() {
            self.spool = None;
            self.generation = 0;
            self.lost = false;
        }
    }

    /// # Safety
    ///
    /// `code` is the code object of the calling thread's frame.
    unsafe fn begin(&mut self, py: Python<'_>, code: *mut ffi::PyObject) {
        self.leave_parent();
        if self.spool.is_none() && !self.lost {
            self.lost = self.begin_spool(py, Origin::Fork).is_err();
        }
        if self.spool.is_none() {
            return;
        }
        // SAFETY: by contract.
        let (identity, file, line, flags) = unsafe {
            let identity: Identity = self.resolver.resolve_start(py, code, None);
            let file = Object::own(py, ffi::PyObject_GetAttr(code, self.co_filename.as_ptr()));
            let line = number(py, code, &self.co_firstlineno);
            (identity, file, line, number(py, code, &self.co_flags))
        };
        // SAFETY: the frame runs, and lends its frame object.
        let frame = unsafe { ffi::PyEval_GetFrame() };
        // SAFETY: `file` is alive until the record is written.
        let file = file
            .as_ref()
            .and_then(|file| unsafe { text(py, file.as_ptr()) });
        let thread = stack::number(self.generation, || {
            self.threads += 1;
            self.threads - 1
        });
        let body = self.bodies;
        self.bodies += 1;
        let begin = Begin {
            body,
            thread,
            time: process::now(),
            identity,
            file: file.unwrap_or_default(),
            line,
        };
        if !self.append(&Record::Begin(begin)) {
            return;
        }
        stack::push(Open {
            code,
            frame,
            body,
            spool: self.generation,
        });
        // SAFETY: by contract.
        unsafe { self.tool.watch_end(py, code, flags & SUSPENDS != 0) };
    }

    /// # Safety
    ///
    /// `code` is the code object of the calling thread's frame; the exception in `left` is alive.
    unsafe fn end(&mut self, py: Python<'_>, code: *mut ffi::PyObject, left: Left) {
        self.leave_parent();
        // SAFETY: the frame runs, and lends its frame object.
        let open = stack::take(code, self.generation, || unsafe { ffi::PyEval_GetFrame() });
        let Some(open) = open else { return };
        let outcome = match left {
            Left::Returned => Outcome::Returned,
            Left::Suspended => Outcome::Suspended,
            Left::Raised(exception) => {
                // SAFETY: the exception is alive, by contract.
                let exception = unsafe { type_name(py, exception) }.unwrap_or_default();
                Outcome::Raised {
                    exception: exception.into(),
                }
            }
        };
        self.append(&Record::End(End {
            body: open.body,
            time: process::now(),
            outcome,
        }));
    }

    /// Whether the record is in the spool. When it cannot be, there are no more.
    fn append(&mut self, record: &Record<'_>) -> bool {
        let Some(spool) = &mut self.spool else {
            return false;
        };
        let Err(error) = spool.append(record) else {
            return true;
        };
        let reason = error.to_string().into();
        let _ = spool.append_last(&Record::Lost {
            time: process::now(),
            reason,
        });
        self.spool = None;
        self.lost = true;
        false
    }
}

/// # Safety
///
/// `code` is a live code object, and `name` an attribute of it that is a small number.
unsafe fn number(py: Python<'_>, code: *mut ffi::PyObject, name: &Object) -> u32 {
    // SAFETY: by contract.
    unsafe {
        let value = Object::own(py, ffi::PyObject_GetAttr(code, name.as_ptr()));
        value.map_or(0, |value| {
            ffi::PyLong_AsUnsignedLongMask(value.as_ptr()) as u32
        })
    }
}
