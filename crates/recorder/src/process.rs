//! The process that is recorded, and what its spool tells of it first.

use std::ffi::{CStr, c_void};
use std::time::{SystemTime, UNIX_EPOCH};

use module_identity::cpython::text;
use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList};
use spool::{FilterNote, Process, ProcessOrigin, Recorded, RecordingStart};

/// Nanoseconds of the monotonic clock, the same for all processes of the machine.
pub fn now() -> u64 {
    let mut time = libc::timespec {
        tv_sec: 0,
        tv_nsec: 0,
    };
    // SAFETY: the clock exists everywhere, and the structure is ours.
    unsafe { libc::clock_gettime(libc::CLOCK_MONOTONIC, &mut time) };
    time.tv_sec.unsigned_abs() * 1_000_000_000 + time.tv_nsec.unsigned_abs()
}

/// Where the function of this name is in this process; null where there is none.
pub fn symbol(name: &CStr) -> *mut c_void {
    // SAFETY: the name is a C string, and the default scope needs no handle.
    unsafe { libc::dlsym(libc::RTLD_DEFAULT, name.as_ptr()) }
}

/// Describes the start of a recording of this process.
pub fn describe(
    py: Python<'_>,
    origin: ProcessOrigin,
    recorded: Recorded,
    filters: Vec<FilterNote>,
    time: u64,
) -> RecordingStart {
    let version = py.version_info();
    let since_1970 = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    let directory = std::env::current_dir().unwrap_or_default();
    let arguments = sys(py, c"orig_argv").and_then(|list| list.cast_into::<PyList>().ok());
    let modules = sys(py, c"modules").and_then(|modules| modules.cast_into::<PyDict>().ok());
    let mut loaded_before: Vec<_> = modules
        .iter()
        .flat_map(|modules| modules.iter().map(|(name, _)| owned(&name)))
        .collect();
    loaded_before.sort();
    RecordingStart {
        process: Process {
            pid: std::process::id(),
            parent: std::os::unix::process::parent_id(),
            origin,
            python: format!("{}.{}.{}", version.major, version.minor, version.patch),
            executable: sys(py, c"executable")
                .map(|text| owned(&text))
                .unwrap_or_default(),
            arguments: arguments
                .iter()
                .flat_map(|list| list.iter().map(|text| owned(&text)))
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

/// An attribute of `sys`, without an `import` that the program may have replaced.
pub fn sys<'py>(py: Python<'py>, name: &CStr) -> Option<Bound<'py, PyAny>> {
    // SAFETY: the call lends a reference, or gives null without an error.
    unsafe { Bound::from_borrowed_ptr_or_opt(py, ffi::PySys_GetObject(name.as_ptr())) }
}

pub fn owned(object: &Bound<'_, PyAny>) -> String {
    let text = text(object.as_borrowed());
    text.unwrap_or_default().into_owned()
}
