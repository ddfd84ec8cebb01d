//! Beginning and ending the recording of an interpreter.

use std::path::PathBuf;
use std::rc::Rc;

use module_identity::cpython::ModuleIdentityResolver;
use pyo3::exceptions::PyRuntimeError;
use pyo3::prelude::*;
use spool::{Detail, RecordingConfig};

use crate::callbacks::{self, on_code_created, on_code_destroyed};
use crate::cpython::code::CodeRef;
use crate::cpython::frames::FrameRef;
use crate::cpython::frozen;
use crate::cpython::import_system::ImportSystem;
use crate::cpython::interpreter::InterpreterId;
use crate::cpython::monitoring::{Reach, Tool};
use crate::cpython::object::ObjectRef;
use crate::cpython::watcher::Watcher;
use crate::journal::{Journal, JournalSettings};
use crate::panics;
use crate::state::fork;
use crate::tracer::{self, OpcodeTracing, RuntimeTracer, Scopes, TracerParts};

/// Starts recording the calling thread's interpreter into a new spool in `folder`. It is `early` as long as no code
/// object was made that is still to run.
///
/// # Errors
///
/// When a recording is under way, when no tool id is free, and when there can be no spool.
pub fn start(py: Python<'_>, folder: PathBuf, early: bool) -> PyResult<()> {
    if tracer::current(py).is_some() {
        return Err(PyRuntimeError::new_err(
            "this interpreter is being recorded already",
        ));
    }
    panics::watch(give_up);
    fork::watch();
    let resolver = ModuleIdentityResolver::from_sys_path(py)?;
    let RecordingConfig { recorded, filters } = RecordingConfig::read_from(&folder)?;
    let (detail, values) = (recorded.events, recorded.values);
    let scopes = Scopes::new(py, filters, values);
    let settings = JournalSettings {
        folder,
        recorded,
        filters: scopes.summary(),
        interpreter: InterpreterId::current(py),
        on_code_destroyed,
    };
    let opcode_tracing = OpcodeTracing::new(py)?;
    let journal = Journal::open(py, settings)?;
    let tool = Tool::acquire(py).inspect_err(|_| journal.close(py))?;
    let watches = early && detail == Detail::Modules;
    let watcher = watches.then(|| Watcher::add(py, on_code_created)).flatten();
    let parts = TracerParts {
        detail,
        values,
        scopes,
        tool,
        import_system: ImportSystem::find(py),
        starter: early.then(|| starter(py)).flatten(),
        watcher,
    };
    let tracer = Rc::new(RuntimeTracer::new(resolver, journal, opcode_tracing, parts));
    let registered = callbacks::callbacks(py, &tracer)
        .and_then(|callbacks| tracer.parts().tool.register(py, callbacks));
    registered.inspect_err(|_| tracer.close(py))?;
    tracer::install(py, &tracer);
    follow(py, &tracer)
}

/// Returns the file of the code that calls the recorder.
fn starter(py: Python<'_>) -> Option<String> {
    let code = FrameRef::current(py)?.code()?;
    Some(CodeRef::new(ObjectRef::of(py, &code)).filename())
}

/// Lets the events come.
fn follow(py: Python<'_>, tracer: &RuntimeTracer) -> PyResult<()> {
    let TracerParts {
        detail, watcher, ..
    } = tracer.parts();
    let reach = match (detail, watcher) {
        (Detail::Modules, Some(_)) => Reach::ModuleCode,
        (Detail::Modules, None) => Reach::Starts,
        (Detail::Calls | Detail::Lines, _) => Reach::AllCode,
    };
    // What the executable has ready-made is the main interpreter's.
    if reach == Reach::ModuleCode && InterpreterId::current(py).is_main() {
        for code in frozen::ready_made(py)? {
            // SAFETY: the code object is alive as long as this turn of the loop.
            tracer.watch_module(CodeRef::new(unsafe { ObjectRef::new(py, code.as_ptr()) }));
        }
    }
    tracer.follow_imports(py);
    tracer.follow(py, reach)
}

/// Stops recording the calling thread's interpreter, and forgets everything.
pub fn stop(py: Python<'_>) {
    if let Some(tracer) = tracer::take(py) {
        tracer.close(py);
    }
}

/// Ends the recording of the calling thread's interpreter, for a reason that its spool keeps.
fn give_up(py: Python<'_>, reason: &str) {
    if let Some(tracer) = tracer::current(py) {
        tracer.journal().give_up(py, reason);
    }
}
