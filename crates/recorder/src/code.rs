//! What a code object says of itself.

use std::sync::OnceLock;

use module_identity::python::{Object, named, text};
use pyo3::ffi;
use pyo3::prelude::*;

/// `CO_GENERATOR | CO_COROUTINE | CO_ITERABLE_COROUTINE | CO_ASYNC_GENERATOR`: code that can be
/// suspended, as `<module>` code with a top-level `await` is.
const SUSPENDS: u32 = 0x20 | 0x80 | 0x100 | 0x200;

/// The attributes that are asked for, kept for ever.
struct Names {
    name: Object,
    qualname: Object,
    filename: Object,
    first_line: Object,
    flags: Object,
    module: Object,
}

// SAFETY: references are only used by code that is attached to the interpreter.
unsafe impl Sync for Names {}

fn names(py: Python<'_>) -> &'static Names {
    static NAMES: OnceLock<Names> = OnceLock::new();
    NAMES.get_or_init(|| Names {
        name: named(py, c"co_name"),
        qualname: named(py, c"co_qualname"),
        filename: named(py, c"co_filename"),
        first_line: named(py, c"co_firstlineno"),
        flags: named(py, c"co_flags"),
        // Interned: most code objects' names are.
        module: named(py, c"<module>"),
    })
}

/// A live code object.
#[derive(Clone, Copy)]
pub struct Code<'py> {
    py: Python<'py>,
    code: *mut ffi::PyObject,
}

impl<'py> Code<'py> {
    /// # Safety
    ///
    /// `code` is a code object that outlives this value.
    pub unsafe fn new(py: Python<'py>, code: *mut ffi::PyObject) -> Self {
        Self { py, code }
    }

    pub fn as_ptr(self) -> *mut ffi::PyObject {
        self.code
    }

    /// Whether it is named `<module>`, stray white space aside.
    pub fn is_of_a_module(self) -> bool {
        let names = names(self.py);
        self.attribute(&names.name).is_some_and(|name| {
            if name.as_ptr() == names.module.as_ptr() {
                return true;
            }
            // SAFETY: the name outlives the comparison.
            unsafe { text(self.py, name.as_ptr()) }
                .is_some_and(|name| name.trim() == module_identity::BARE_LABEL)
        })
    }

    /// `co_qualname`.
    pub fn qualname(self) -> String {
        self.text(&names(self.py).qualname)
    }

    /// `co_filename`.
    pub fn filename(self) -> String {
        self.text(&names(self.py).filename)
    }

    /// `co_firstlineno`.
    pub fn first_line(self) -> u32 {
        self.number(&names(self.py).first_line)
    }

    /// Whether it can be suspended.
    pub fn suspends(self) -> bool {
        self.number(&names(self.py).flags) & SUSPENDS != 0
    }

    fn text(self, name: &Object) -> String {
        let value = self.attribute(name);
        // SAFETY: the value outlives the text, which is copied.
        let text = value
            .as_ref()
            .and_then(|value| unsafe { text(self.py, value.as_ptr()) });
        text.unwrap_or_default().into_owned()
    }

    fn number(self, name: &Object) -> u32 {
        // SAFETY: the value is alive; these attributes are small numbers.
        self.attribute(name).map_or(0, |value| unsafe {
            ffi::PyLong_AsUnsignedLongMask(value.as_ptr()) as u32
        })
    }

    fn attribute(self, name: &Object) -> Option<Object> {
        // SAFETY: both are alive, and a code object answers by itself.
        unsafe { Object::own(self.py, ffi::PyObject_GetAttr(self.code, name.as_ptr())) }
    }
}
