//! Facts about the interpreter that do not change while it runs.

use std::borrow::Cow;
use std::thread::{self, ThreadId};

use pyo3::ffi;
use pyo3::prelude::*;

use super::modules::Modules;
use super::object::{Object, named, text};

/// The names by which Python's own objects are asked, and what the interpreter began with.
pub(super) struct InterpreterFacts {
    pub(super) co_name: Object,
    pub(super) co_qualname: Object,
    pub(super) co_filename: Object,
    pub(super) co_flags: Object,
    pub(super) co_argcount: Object,
    pub(super) co_varnames: Object,
    pub(super) co_cellvars: Object,
    pub(super) f_back: Object,
    pub(super) f_globals: Object,
    /// The names of a namespace that count as evidence, in the order of [`DUNDERS`].
    pub(super) dunders: [Object; 4],
    pub(super) name: Object,
    pub(super) origin: Object,
    pub(super) initializing: Object,
    pub(super) main_thread: ThreadId,
    /// The address of the namespace that the interpreter itself made for `__main__`. No reference: one
    /// would keep all that the program's globals hold from being finalized when it ends.
    pub(super) builtin_main: Option<usize>,
    /// `runpy`'s file, where it is not frozen.
    pub(super) runpy: Option<String>,
    /// `importlib._bootstrap.ModuleSpec`: asking an instance of it runs no code of the program's.
    pub(super) spec_type: Option<Object>,
}

/// The names of a namespace that count as evidence.
pub(super) const DUNDERS: [&str; 4] = ["__name__", "__file__", "__spec__", "__loader__"];

impl InterpreterFacts {
    /// Asks the interpreter, on its main thread.
    pub(super) fn new(py: Python<'_>) -> Self {
        Self {
            co_name: named(py, c"co_name"),
            co_qualname: named(py, c"co_qualname"),
            co_filename: named(py, c"co_filename"),
            co_flags: named(py, c"co_flags"),
            co_argcount: named(py, c"co_argcount"),
            co_varnames: named(py, c"co_varnames"),
            co_cellvars: named(py, c"co_cellvars"),
            f_back: named(py, c"f_back"),
            f_globals: named(py, c"f_globals"),
            dunders: [c"__name__", c"__file__", c"__spec__", c"__loader__"]
                .map(|name| named(py, name)),
            name: named(py, c"name"),
            origin: named(py, c"origin"),
            initializing: named(py, c"_initializing"),
            main_thread: thread::current().id(),
            builtin_main: Modules::new(py).address_of("__main__"),
            runpy: stdlib(py).map(|folder| folder + "/runpy.py"),
            spec_type: spec_type(py),
        }
    }
}

/// Returns `sys._stdlib_dir`.
fn stdlib(py: Python<'_>) -> Option<String> {
    // SAFETY: the call lends a reference that `sys` keeps, or gives null without an error.
    let folder = unsafe {
        Bound::from_borrowed_ptr_or_opt(py, ffi::PySys_GetObject(c"_stdlib_dir".as_ptr()))
    };
    text(folder?.as_borrowed()).map(Cow::into_owned)
}

/// Returns the type of `sys.__spec__`.
fn spec_type(py: Python<'_>) -> Option<Object> {
    let spec = py.import("sys").ok()?.getattr("__spec__").ok()?;
    Some(spec.get_type().into())
}
