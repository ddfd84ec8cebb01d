//! Facts about the interpreter that do not change while it runs.

use std::borrow::Cow;
use std::ffi::CStr;
use std::thread::{self, ThreadId};

use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict};

use super::modules::Modules;
use super::object::{Object, attribute, named, owned, text};
use crate::name::MAIN;

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
    pub(super) f_locals: Object,
    /// The names of a namespace that count as evidence, in the order of [`DUNDERS`].
    pub(super) dunders: [Object; 4],
    pub(super) name: Object,
    pub(super) origin: Object,
    pub(super) initializing: Object,
    /// A variable of the import system's, with the arguments of a call.
    pub(super) args: Object,
    pub(super) main_thread: ThreadId,
    /// Set in the interpreter with which the process began.
    pub(super) is_main_interpreter: bool,
    /// The address of the namespace that the interpreter itself made for `__main__`. No reference: one
    /// would keep all that the program's globals hold from being finalized when it ends.
    pub(super) builtin_main: Option<usize>,
    /// `runpy`'s file, where it is not frozen.
    pub(super) runpy: Option<String>,
    /// The opcode of the instruction that binds a name in a namespace. Each version has its own.
    pub(super) store_name: Option<u8>,
}

/// The names of a namespace that count as evidence.
pub(super) const DUNDERS: [&str; 4] = ["__name__", "__file__", "__spec__", "__loader__"];

impl InterpreterFacts {
    /// Asks the interpreter that the calling thread is attached to, on its main thread.
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
            f_locals: named(py, c"f_locals"),
            dunders: [c"__name__", c"__file__", c"__spec__", c"__loader__"]
                .map(|name| named(py, name)),
            name: named(py, c"name"),
            origin: named(py, c"origin"),
            initializing: named(py, c"_initializing"),
            args: named(py, c"args"),
            main_thread: thread::current().id(),
            is_main_interpreter: is_main_interpreter(py),
            builtin_main: Modules::new(py)
                .namespace_of(MAIN)
                .map(|main| main.as_ptr() as usize),
            runpy: stdlib(py).map(|folder| folder + "/runpy.py"),
            store_name: store_name(py),
        }
    }

    /// Returns whether a namespace is the one that the interpreter itself made for `__main__`.
    pub(super) fn is_builtin_main(&self, namespace: Borrowed<'_, '_, PyDict>) -> bool {
        self.builtin_main == Some(namespace.as_ptr() as usize)
    }
}

fn is_main_interpreter(_: Python<'_>) -> bool {
    // SAFETY: the caller is attached to an interpreter, so that there is one.
    unsafe { ffi::PyInterpreterState_GetID(ffi::PyInterpreterState_Get()) == 0 }
}

/// Finds the opcode by which `a=b` differs from `b`, which begin in the same way.
fn store_name(py: Python<'_>) -> Option<u8> {
    let compiled = |text: &CStr, mode| {
        // SAFETY: both texts are C strings; the call gives a new reference or an error.
        let code = unsafe {
            let code = ffi::Py_CompileString(text.as_ptr(), c"<truename>".as_ptr(), mode);
            owned(py, code)
        };
        instructions(&code?)
    };
    let statement = compiled(c"a=b", ffi::Py_file_input)?;
    let expression = compiled(c"b", ffi::Py_eval_input)?;
    let mut both = statement.into_iter().zip(expression).step_by(2);
    both.find_map(|(one, other)| (one != other).then_some(one))
}

/// Returns the bytecode of a code object: instructions of two bytes, the opcode first.
pub(super) fn instructions(code: &Bound<'_, PyAny>) -> Option<Vec<u8>> {
    let bytes = attribute(code.as_borrowed(), &named(code.py(), c"co_code"))?;
    let bytes: Bound<'_, PyBytes> = bytes.extract().ok()?;
    Some(bytes.as_bytes().to_vec())
}

/// Returns `sys._stdlib_dir`.
fn stdlib(py: Python<'_>) -> Option<String> {
    // SAFETY: the call lends a reference that `sys` keeps, or gives null without an error.
    let folder = unsafe {
        Bound::from_borrowed_ptr_or_opt(py, ffi::PySys_GetObject(c"_stdlib_dir".as_ptr()))
    };
    text(folder?.as_borrowed()).map(Cow::into_owned)
}
