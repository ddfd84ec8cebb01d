//! The extension `truename_recorder`: follows `sys.monitoring` in a stock CPython and writes what
//! it sees to a spool, which truename turns into a trace.
//!
//! The layers, each of which knows only those below it:
//!
//! - `session` starts and stops a recording;
//! - `callbacks` are what CPython calls;
//! - `tracer` decides what is recorded: its `RuntimeTracer` is the one state of a recording;
//! - `capture` copies values of the program, without running any of its code;
//! - `journal` is the spool and the numbers in it;
//! - `cpython` is what is asked of the interpreter;
//! - `state` is plain Rust: tables, threads, the stack of frames.
//!
//! A recorded program must not notice any of it: no exception leaves this crate but from `start`.

mod state;

// Unit tests run without a Python, and link nothing that needs its symbols.
#[cfg(not(test))]
mod callbacks;
#[cfg(not(test))]
mod capture;
#[cfg(not(test))]
mod clock;
#[cfg(not(test))]
mod cpython;
#[cfg(not(test))]
mod door;
#[cfg(not(test))]
mod inference;
#[cfg(not(test))]
mod journal;
#[cfg(not(test))]
mod panics;
#[cfg(not(test))]
mod session;
#[cfg(not(test))]
mod tracer;

/// Records which module bodies run, for truename.
#[cfg(not(test))]
#[pyo3::pymodule]
mod truename_recorder {
    use std::path::PathBuf;

    use pyo3::prelude::*;

    use crate::{inference, session};

    /// Starts recording this process into a new spool in `folder`.
    ///
    /// `early` says that no code was made yet that is to run: where only module bodies are recorded,
    /// it is then enough to look at code objects as they are made, and functions cost nothing.
    #[pyfunction]
    #[pyo3(signature = (folder, *, early=false))]
    fn start(py: Python<'_>, folder: PathBuf, early: bool) -> PyResult<()> {
        session::start(py, folder, early)
    }

    /// Stops recording and forgets everything; a later `start` begins anew.
    #[pyfunction]
    fn stop(py: Python<'_>) {
        session::stop(py);
        inference::forget(py);
    }

    /// Returns the label that the body of a code object would have, and why, for those who have no frame:
    /// an inference from `sys.modules`, a `__name__` and `sys.path`.
    #[pyfunction]
    #[pyo3(signature = (code, name=None))]
    fn resolve_for_code(
        code: &Bound<'_, PyAny>,
        name: Option<&str>,
    ) -> PyResult<(String, &'static str)> {
        inference::resolve(code, name)
    }
}
