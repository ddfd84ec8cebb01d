//! The extension `truename_recorder`: follows `sys.monitoring` in a stock CPython and writes what
//! it sees to a spool, which truename turns into a trace.
//!
//! The layer towards Python is thin: `callbacks` and `calls` are what CPython calls, `monitoring` is
//! what we ask of `sys.monitoring`, and the [`RuntimeTracer`] between them decides what is recorded.
//! All of them write to the `journal`. A recorded program must not notice any of it: no exception
//! leaves this crate but from `start`.

mod callable;
mod callbacks;
mod calls;
mod children;
mod code;
mod codes;
mod fork;
mod frames;
mod frozen;
mod held;
mod inference;
mod journal;
mod monitoring;
mod panics;
mod plan;
mod process;
mod running;
mod scopes;
mod stack;
mod threads;
mod tracer;
mod valued;
mod values;
mod watcher;

use std::path::PathBuf;

use pyo3::prelude::*;

pub use tracer::RuntimeTracer;

/// Records which module bodies run, for truename.
#[pymodule]
mod truename_recorder {
    use super::{Bound, PathBuf, PyAny, PyResult, Python, inference, pyfunction, tracer};

    /// Starts recording this process into a new spool in `folder`.
    ///
    /// `early` says that no code was made yet that is to run: where only module bodies are recorded,
    /// it is then enough to look at code objects as they are made, and functions cost nothing.
    #[pyfunction]
    #[pyo3(signature = (folder, *, early=false))]
    fn start(py: Python<'_>, folder: PathBuf, early: bool) -> PyResult<()> {
        tracer::start(py, folder, early)
    }

    /// Stops recording and forgets everything; a later `start` begins anew.
    #[pyfunction]
    fn stop(py: Python<'_>) {
        tracer::stop(py);
        inference::forget();
    }

    /// The label that the body of a code object would have, and why, for those who have no frame:
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
