//! What a code object says of itself.

use std::sync::OnceLock;

use module_identity::python::{Object, named, text};
use pyo3::ffi;
use pyo3::prelude::*;

/// `CO_GENERATOR | CO_COROUTINE | CO_ITERABLE_COROUTINE | CO_ASYNC_GENERATOR`: code that can be
/// suspended, as `<module>` code with a top-level `await` is.
const SUSPENDS: u32 = 0x20 | 0x80 | 0x100 | 0x200;

/// `CO_OPTIMIZED`: the variables are no dictionary's.
const OPTIMIZED: u32 = 0x1;

/// `CO_VARARGS`, `CO_VARKEYWORDS`.
const VARIADIC: [u32; 2] = [0x4, 0x8];

/// The attributes that are asked for, kept for ever.
struct Names {
    name: Object,
    qualname: Object,
    filename: Object,
    first_line: Object,
    flags: Object,
    module: Object,
    argument_count: Object,
    keyword_only_count: Object,
    locals: Object,
    cells: Object,
    free: Object,
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
        argument_count: named(py, c"co_argcount"),
        keyword_only_count: named(py, c"co_kwonlyargcount"),
        locals: named(py, c"co_varnames"),
        cells: named(py, c"co_cellvars"),
        free: named(py, c"co_freevars"),
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

    /// Whether its variables are its own, as a function's are; those of a class's body and of a module
    /// are in a dictionary.
    pub fn is_optimized(self) -> bool {
        self.number(&names(self.py).flags) & OPTIMIZED != 0
    }

    /// The names of its arguments, `*args` and `**kwargs` included, and of its other variables.
    pub fn variables(self) -> (Vec<Object>, Vec<Object>) {
        let names = names(self.py);
        let flags = self.number(&names.flags);
        let variadic = VARIADIC.iter().filter(|flag| flags & **flag != 0).count();
        let arguments = self.number(&names.argument_count) + self.number(&names.keyword_only_count);
        let mut arguments_first = self.tuple(&names.locals);
        let count = arguments as usize + variadic;
        let mut others = arguments_first.split_off(count.min(arguments_first.len()));
        others.extend(self.tuple(&names.cells));
        others.extend(self.tuple(&names.free));
        (arguments_first, others)
    }

    /// Whether its last argument is `**kwargs`.
    pub fn has_keywords(self) -> bool {
        self.number(&names(self.py).flags) & VARIADIC[1] != 0
    }

    fn tuple(self, name: &Object) -> Vec<Object> {
        let Some(tuple) = self.attribute(name) else {
            return Vec::new();
        };
        // SAFETY: these attributes are tuples, which lend their items.
        unsafe {
            let count = ffi::PyTuple_Size(tuple.as_ptr()).max(0);
            let item = |index| Object::keep(self.py, ffi::PyTuple_GetItem(tuple.as_ptr(), index));
            (0..count).filter_map(item).collect()
        }
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
