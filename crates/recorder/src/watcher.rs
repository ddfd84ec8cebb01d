//! Being told when code objects come and go.

use std::ffi::c_int;

use pyo3::ffi;
use pyo3::prelude::*;

/// What CPython calls with [`COMES`] or [`GOES`] and the code object, attached to the interpreter.
pub type Watch = extern "C" fn(event: c_int, code: *mut ffi::PyObject) -> c_int;

/// A code object was made, `PY_CODE_EVENT_CREATE`.
pub const COMES: c_int = 0;

/// A code object goes away, `PY_CODE_EVENT_DESTROY`.
pub const GOES: c_int = 1;

// Since CPython 3.12.
unsafe extern "C" {
    fn PyCode_AddWatcher(watch: Watch) -> c_int;
    fn PyCode_ClearWatcher(id: c_int) -> c_int;
}

/// A place among the eight that CPython has for watchers, held until [`Watcher::remove`].
pub struct Watcher {
    id: c_int,
}

impl Watcher {
    /// Has `watch` called for each code object; `None` where all places are taken.
    pub fn add(_: Python<'_>, watch: Watch) -> Option<Self> {
        // SAFETY: the caller is attached to the interpreter.
        let id = unsafe { PyCode_AddWatcher(watch) };
        if id < 0 {
            // SAFETY: as above.
            unsafe { ffi::PyErr_Clear() };
            return None;
        }
        Some(Self { id })
    }

    /// Gives the place back.
    pub fn remove(self, _: Python<'_>) {
        // SAFETY: the caller is attached to the interpreter, and the place is this watcher's.
        unsafe {
            if PyCode_ClearWatcher(self.id) < 0 {
                ffi::PyErr_Clear();
            }
        }
    }
}
