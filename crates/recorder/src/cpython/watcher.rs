//! Watching code objects come and go.

use std::cell::{OnceCell, RefCell};
use std::ffi::c_int;

use module_identity::cpython::Object;
use pyo3::ffi;
use pyo3::prelude::*;

use super::code::CodeRef;

/// A function that CPython calls with [`CODE_CREATED`] or [`CODE_DESTROYED`] and the code object, attached to the interpreter.
pub type Watch = extern "C" fn(event: c_int, code: *mut ffi::PyObject) -> c_int;

/// A code object was made, `PY_CODE_EVENT_CREATE`.
pub const CODE_CREATED: c_int = 0;

/// A code object goes away, `PY_CODE_EVENT_DESTROY`.
pub const CODE_DESTROYED: c_int = 1;

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
    /// Has CPython call `watch` for each code object; `None` where all places are taken.
    pub fn add(_: Python<'_>, watch: Watch) -> Option<Self> {
        // SAFETY: the caller is attached to the interpreter.
        let id = unsafe { PyCode_AddWatcher(watch) };
        if id < 0 {
            // SAFETY: attached, and an error was set.
            unsafe { ffi::PyErr_Clear() };
            return None;
        }
        Some(Self { id })
    }

    /// Gives the place back.
    pub fn remove(&self, _: Python<'_>) {
        // SAFETY: the caller is attached to the interpreter, and the place is this watcher's.
        unsafe {
            if PyCode_ClearWatcher(self.id) < 0 {
                ffi::PyErr_Clear();
            }
        }
    }
}

/// Sees code objects go whose addresses a recording has.
///
/// An "extra" of the code object would do, too, but CPython then calls whatever else the program
/// registered for such extras.
pub struct DestructionWatch {
    watch: Watch,
    /// Set once it was tried to watch: `None` inside where CPython has no place left.
    watcher: OnceCell<Option<Watcher>>,
    /// The code objects that cannot be seen to go.
    kept: RefCell<Vec<Object>>,
}

impl DestructionWatch {
    /// Prepares to have CPython call `watch`.
    pub fn new(watch: Watch) -> Self {
        Self {
            watch,
            watcher: OnceCell::new(),
            kept: RefCell::default(),
        }
    }

    /// Has CPython call the function when `code` is destroyed. Where it has no watcher left, the object is kept:
    /// an address in the table must never become another's.
    pub fn watch(&self, code: CodeRef<'_>) {
        let watcher = self
            .watcher
            .get_or_init(|| Watcher::add(code.py(), self.watch));
        if watcher.is_none() {
            self.kept.borrow_mut().push(code.as_object().keep());
        }
    }

    /// Gives the place back, where there is one.
    pub fn remove(&self, py: Python<'_>) {
        if let Some(Some(watcher)) = self.watcher.get() {
            watcher.remove(py);
        }
    }
}
