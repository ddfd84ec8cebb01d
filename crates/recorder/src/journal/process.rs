//! The process that is recorded, as the first record of its spool has it.

use std::time::{SystemTime, UNIX_EPOCH};

use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList};
use spool::{FilterNote, Process, ProcessOrigin, Recorded, RecordingStart};

use crate::cpython::interpreter::InterpreterId;
use crate::cpython::sys;

/// Describes the start of a recording of this process.
pub fn describe(
    py: Python<'_>,
    origin: ProcessOrigin,
    interpreter: InterpreterId,
    recorded: Recorded,
    filters: Vec<FilterNote>,
    time: u64,
) -> RecordingStart {
    let version = py.version_info();
    let since_1970 = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    let directory = std::env::current_dir().unwrap_or_default();
    let arguments =
        sys::attribute(py, c"orig_argv").and_then(|list| list.cast_into::<PyList>().ok());
    let modules =
        sys::attribute(py, c"modules").and_then(|modules| modules.cast_into::<PyDict>().ok());
    let mut loaded_before: Vec<_> = modules
        .iter()
        .flat_map(|modules| modules.iter().map(|(name, _)| sys::owned_text(&name)))
        .collect();
    loaded_before.sort();
    RecordingStart {
        process: Process {
            pid: std::process::id(),
            parent: std::os::unix::process::parent_id(),
            origin,
            interpreter: interpreter.number().unsigned_abs(),
            python: format!("{}.{}.{}", version.major, version.minor, version.patch),
            executable: sys::attribute(py, c"executable")
                .map(|text| sys::owned_text(&text))
                .unwrap_or_default(),
            arguments: arguments
                .iter()
                .flat_map(|list| list.iter().map(|text| sys::owned_text(&text)))
                .collect(),
            directory: directory.to_string_lossy().into_owned(),
        },
        recorded,
        filters,
        loaded_before,
        time,
        unix_time: u64::try_from(since_1970.as_nanos()).unwrap_or_default(),
    }
}
