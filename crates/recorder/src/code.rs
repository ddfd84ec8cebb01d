//! What a code object says of itself.

use std::ffi::{CStr, c_void};
use std::mem;
use std::ptr;
use std::sync::OnceLock;

use module_identity::BARE_LABEL;
use module_identity::cpython::{Object, named, text};
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
struct Attributes {
    name: Attribute,
    qualname: Attribute,
    filename: Attribute,
    first_line: Attribute,
    flags: Attribute,
    argument_count: Attribute,
    keyword_only_count: Attribute,
    locals: Attribute,
    cells: Attribute,
    free: Attribute,
    constants: Attribute,
    /// What code of a module is called. Interned: most code objects' names are.
    module: Object,
}

/// An attribute that the type of code objects defines. It is looked up once: this is asked of each code
/// object that a program makes.
struct Attribute {
    descriptor: Object,
    get: ffi::descrgetfunc,
}

// SAFETY: references are only used by code that is attached to the interpreter.
unsafe impl Sync for Attributes {}

impl Attribute {
    /// # Safety
    ///
    /// `code` is a live code object.
    unsafe fn of(py: Python<'_>, code: *mut ffi::PyObject, name: &CStr) -> Self {
        // SAFETY: the type of a live object is alive. It is one of the interpreter's own, as are its
        // descriptors, whose slot has this signature.
        unsafe {
            let code_type: *mut ffi::PyObject = ffi::Py_TYPE(code).cast();
            let descriptor = ffi::PyObject_GetAttrString(code_type, name.as_ptr());
            let descriptor = Object::own(py, descriptor).expect("each CPython has this attribute");
            let slot = ffi::PyType_GetSlot(ffi::Py_TYPE(descriptor.as_ptr()), ffi::Py_tp_descr_get);
            assert!(!slot.is_null(), "what an attribute is got by");
            let get = mem::transmute::<*mut c_void, ffi::descrgetfunc>(slot);
            Self { descriptor, get }
        }
    }

    /// # Safety
    ///
    /// `code` is a live code object.
    #[inline]
    unsafe fn get(&self, py: Python<'_>, code: *mut ffi::PyObject) -> Option<Object> {
        // SAFETY: by contract; the slot gives a new reference or an error.
        unsafe {
            let code_type = ffi::Py_TYPE(code).cast();
            Object::own(py, (self.get)(self.descriptor.as_ptr(), code, code_type))
        }
    }
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
        let attributes = self.attributes();
        self.get(&attributes.name).is_some_and(|name| {
            if name.as_ptr() == attributes.module.as_ptr() {
                return true;
            }
            // SAFETY: the name of a code object is a str, and outlives the comparison.
            unsafe {
                // (nearly all names are a function's, for which the length is enough or the start)
                let length = ffi::PyUnicode_GetLength(name.as_ptr());
                if length < BARE_LABEL.len().cast_signed() {
                    return false;
                }
                let first = char::from_u32(ffi::PyUnicode_ReadChar(name.as_ptr(), 0));
                first.is_some_and(|first| first == '<' || first.is_whitespace())
                    && text(name.bind(self.py)).is_some_and(|name| name.trim() == BARE_LABEL)
            }
        })
    }

    /// `co_qualname`.
    pub fn qualname(self) -> String {
        self.text(&self.attributes().qualname)
    }

    /// `co_filename`.
    pub fn filename(self) -> String {
        self.text(&self.attributes().filename)
    }

    /// `co_firstlineno`.
    pub fn first_line(self) -> u32 {
        self.number(&self.attributes().first_line)
    }

    /// Whether it can be suspended.
    pub fn suspends(self) -> bool {
        self.number(&self.attributes().flags) & SUSPENDS != 0
    }

    /// Whether its variables are its own, as a function's are; those of a class's body and of a module
    /// are in a dictionary.
    pub fn is_optimized(self) -> bool {
        self.number(&self.attributes().flags) & OPTIMIZED != 0
    }

    /// The names of its arguments, `*args` and `**kwargs` included, and of its other variables.
    pub fn variables(self) -> (Vec<Object>, Vec<Object>) {
        let attributes = self.attributes();
        let flags = self.number(&attributes.flags);
        let variadic = VARIADIC.iter().filter(|flag| flags & **flag != 0).count();
        let arguments =
            self.number(&attributes.argument_count) + self.number(&attributes.keyword_only_count);
        let mut arguments_first = self.tuple(&attributes.locals);
        let count = arguments as usize + variadic;
        let mut others = arguments_first.split_off(count.min(arguments_first.len()));
        others.extend(self.tuple(&attributes.cells));
        others.extend(self.tuple(&attributes.free));
        (arguments_first, others)
    }

    /// Whether it has variables that are neither in a dictionary nor those of code around it.
    pub fn has_own_variables(self) -> bool {
        let attributes = self.attributes();
        let has_any = |attribute| !self.tuple(attribute).is_empty();
        has_any(&attributes.locals) || has_any(&attributes.cells)
    }

    /// Whether its last argument is `**kwargs`.
    pub fn has_keywords(self) -> bool {
        self.number(&self.attributes().flags) & VARIADIC[1] != 0
    }

    /// Itself and all code that is made from it: of functions, classes and what these hold.
    pub fn with_nested(self) -> Vec<Object> {
        // SAFETY: the code object is alive.
        let mut all: Vec<_> = unsafe { Object::keep(self.py, self.code) }
            .into_iter()
            .collect();
        let mut done = 0;
        while let Some(outer) = all.get(done) {
            done += 1;
            let outer = Self {
                code: outer.as_ptr(),
                ..self
            };
            all.extend(outer.nested());
        }
        all
    }

    /// The code that is made from it itself.
    pub fn nested(self) -> impl Iterator<Item = Object> {
        let constants = self.items(&self.attributes().constants);
        // SAFETY: the constants are alive; no other type is that of code.
        constants.filter(move |it| unsafe {
            ptr::eq(ffi::Py_TYPE(it.as_ptr()), ffi::Py_TYPE(self.code))
        })
    }

    fn tuple(self, attribute: &Attribute) -> Vec<Object> {
        self.items(attribute).collect()
    }

    /// The items of an attribute that is a tuple.
    fn items(self, attribute: &Attribute) -> impl Iterator<Item = Object> {
        let tuple = self.get(attribute);
        // SAFETY: the tuple is alive.
        let size = |it: &Object| unsafe { ffi::PyTuple_Size(it.as_ptr()) }.max(0);
        let indices = 0..tuple.as_ref().map_or(0, size);
        // SAFETY: the tuple is alive, and lends its items.
        let item = move |tuple: &Object, index| unsafe {
            Object::keep(self.py, ffi::PyTuple_GetItem(tuple.as_ptr(), index))
        };
        indices.filter_map(move |index| item(tuple.as_ref()?, index))
    }

    fn text(self, attribute: &Attribute) -> String {
        let value = self.get(attribute);
        let text = value.as_ref().and_then(|value| text(value.bind(self.py)));
        text.unwrap_or_default().into_owned()
    }

    fn number(self, attribute: &Attribute) -> u32 {
        // SAFETY: the value is alive; these attributes are small numbers.
        self.get(attribute).map_or(0, |value| unsafe {
            ffi::PyLong_AsUnsignedLongMask(value.as_ptr()) as u32
        })
    }

    #[inline]
    fn get(self, attribute: &Attribute) -> Option<Object> {
        // SAFETY: the code object is alive.
        unsafe { attribute.get(self.py, self.code) }
    }

    #[inline]
    fn attributes(self) -> &'static Attributes {
        static ATTRIBUTES: OnceLock<Attributes> = OnceLock::new();
        ATTRIBUTES.get_or_init(|| {
            // SAFETY: the code object is alive.
            let of = |name| unsafe { Attribute::of(self.py, self.code, name) };
            Attributes {
                name: of(c"co_name"),
                qualname: of(c"co_qualname"),
                filename: of(c"co_filename"),
                first_line: of(c"co_firstlineno"),
                flags: of(c"co_flags"),
                argument_count: of(c"co_argcount"),
                keyword_only_count: of(c"co_kwonlyargcount"),
                locals: of(c"co_varnames"),
                cells: of(c"co_cellvars"),
                free: of(c"co_freevars"),
                constants: of(c"co_consts"),
                module: named(self.py, c"<module>"),
            }
        })
    }
}
