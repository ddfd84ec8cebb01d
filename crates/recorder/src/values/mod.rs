//! Objects of the program told as values, without running any of its code.
//!
//! Only an object whose type is exactly one of the interpreter's own is looked into. Of any other, of
//! a subclass's too, the name of its type is all that is told: that lies in the type itself, where
//! no metaclass is asked. Nothing here lets another thread run: nothing is imported, no garbage is
//! collected (CPython only does that between instructions), and whatever is released has another
//! owner.

mod containers;
mod known;
mod numbers;
mod texts;

use std::ptr;
use std::sync::OnceLock;

use module_identity::cpython::{Object, named};
use pyo3::ffi;
use pyo3::prelude::*;
use spool::{Items, Value};
use trace_filter::ValueAction;

use self::known::{Known, Named};
use self::numbers::is_int;
pub use self::texts::copy_text;
use self::texts::{module_name, read_text};

/// How deep containers are looked into, an argument's own items being 1 deep.
const DEPTH: usize = 4;
/// How many characters or bytes of a text are told.
const LENGTH: usize = 256;
/// How many characters of a name are told.
const NAME: usize = 128;
/// How many bits an `int` has at most that is told as a number.
const BITS: u64 = 1024;
/// How many entries of a module's namespace are looked at for its name, which comes first.
const NAME_AMONG: usize = 8;

unsafe extern "C" {
    /// The type of functions. In each CPython, if not in the stable ABI's headers.
    static mut PyFunction_Type: ffi::PyTypeObject;
}

/// How much is told at once.
#[derive(Clone, Copy, Default)]
pub struct Extent {
    /// How many items of a container.
    width: usize,
    /// How many values; of containers that come later, no items are.
    values: usize,
    /// How many characters and bytes, of all texts together.
    text: usize,
}

impl Extent {
    /// With a call, or what it gives.
    pub const CALL: Self = Self {
        width: 32,
        values: 1024,
        text: usize::MAX,
    };
    /// At a line: there are many, and most of what they have is what the line before had.
    pub const LINE: Self = Self {
        width: 16,
        values: 64,
        text: 2048,
    };
}

/// Tells values into bytes.
#[derive(Default)]
pub struct Teller {
    /// What was told.
    pub bytes: Vec<u8>,
    /// How much is still to be told.
    left: Extent,
    known: Known,
    /// The containers that are being told, outermost first.
    within: [usize; DEPTH],
    text: String,
    other_text: String,
}

/// What the teller needs of Python, made once.
struct Names {
    bit_length: Object,
    name: Object,
    qualname: Object,
    start: Object,
    stop: Object,
    step: Object,
}

// SAFETY: references are only used by code that is attached to the interpreter.
unsafe impl Sync for Names {}

fn names(py: Python<'_>) -> &'static Names {
    static NAMES: OnceLock<Names> = OnceLock::new();
    NAMES.get_or_init(|| Names {
        bit_length: named(py, c"bit_length"),
        name: named(py, c"__name__"),
        qualname: named(py, c"__qualname__"),
        start: named(py, c"start"),
        stop: named(py, c"stop"),
        step: named(py, c"step"),
    })
}

/// Whether the type is exactly this one of the interpreter's own.
macro_rules! is {
    ($kind:ident, $own:path) => {
        ptr::eq($kind, &raw const $own)
    };
}

impl Teller {
    /// Begins anew, to tell this much.
    pub fn begin(&mut self, extent: Extent) {
        self.bytes.clear();
        self.left = extent;
    }

    /// Tells an object.
    ///
    /// # Safety
    ///
    /// `object` is a live object.
    #[inline]
    pub unsafe fn tell(&mut self, py: Python<'_>, object: *mut ffi::PyObject) {
        // SAFETY: by contract.
        unsafe { self.tell_at(py, object, 0) };
    }

    /// Tells the dict of keyword arguments, in each of which a filter may have a say.
    ///
    /// # Safety
    ///
    /// `object` is a live object. `action` runs no code of the program's.
    pub unsafe fn tell_keywords(
        &mut self,
        py: Python<'_>,
        object: *mut ffi::PyObject,
        action: impl Fn(*mut ffi::PyObject) -> ValueAction,
    ) {
        // SAFETY: by contract.
        unsafe {
            if ffi::PyDict_CheckExact(object) == 0 {
                return self.tell(py, object);
            }
            self.dict(py, object, 0, |key| {
                if ffi::PyUnicode_Check(key) != 0 {
                    action(key)
                } else {
                    ValueAction::Allow
                }
            });
        }
    }

    fn put(&mut self, value: Value<'_>) {
        value.write(&mut self.bytes);
    }

    /// # Safety
    ///
    /// As for [`tell`](Self::tell).
    unsafe fn tell_at(&mut self, py: Python<'_>, object: *mut ffi::PyObject, depth: usize) {
        self.left.values = self.left.values.saturating_sub(1);
        // SAFETY: the object is alive, and is looked into as what its type says that it is.
        unsafe {
            let kind = ffi::Py_TYPE(object).cast_const();
            if is!(kind, ffi::PyUnicode_Type) {
                self.text(object);
            } else if is!(kind, ffi::PyLong_Type) {
                self.int(py, object);
            } else if ptr::eq(object, ffi::Py_None()) {
                self.put(Value::None);
            } else if is_of_a_class(kind) {
                let name = Object::own(py, ffi::PyType_GetName(kind.cast_mut()));
                self.known(py, name, Named::Object);
            } else if is!(kind, ffi::PyBool_Type) {
                self.put(Value::Bool(ptr::eq(object, ffi::Py_True())));
            } else if is!(kind, ffi::PyFloat_Type) {
                self.put(Value::Float(ffi::PyFloat_AsDouble(object)));
            } else if is!(kind, ffi::PyTuple_Type) {
                self.items(object, depth, Items::Tuple, |teller, shown| {
                    for index in 0..shown {
                        let item = ffi::PyTuple_GetItem(object, index.cast_signed());
                        teller.tell_at(py, item, depth + 1);
                    }
                });
            } else if is!(kind, ffi::PyList_Type) {
                self.items(object, depth, Items::List, |teller, shown| {
                    for index in 0..shown {
                        let item = ffi::PyList_GetItem(object, index.cast_signed());
                        teller.tell_at(py, item, depth + 1);
                    }
                });
            } else if is!(kind, ffi::PyDict_Type) {
                self.dict(py, object, depth, |_| ValueAction::Allow);
            } else if is!(kind, ffi::PySet_Type) {
                self.set(py, object, depth, Items::Set);
            } else if is!(kind, ffi::PyFrozenSet_Type) {
                self.set(py, object, depth, Items::FrozenSet);
            } else if is!(kind, ffi::PyBytes_Type) {
                let (start, length) = (ffi::PyBytes_AsString(object), ffi::PyBytes_Size(object));
                self.bytes(start.cast(), length, false);
            } else if is!(kind, ffi::PyByteArray_Type) {
                let start = ffi::PyByteArray_AsString(object);
                self.bytes(start.cast(), ffi::PyByteArray_Size(object), true);
            } else if is!(kind, PyFunction_Type) {
                let name = Object::own(
                    py,
                    ffi::PyObject_GetAttr(object, names(py).qualname.as_ptr()),
                );
                self.known(py, name, Named::Function);
            } else {
                self.rare(py, object, kind);
            }
        }
    }

    /// What comes less often.
    ///
    /// # Safety
    ///
    /// As for [`tell`](Self::tell); `kind` is the object's type.
    #[inline(never)]
    unsafe fn rare(
        &mut self,
        py: Python<'_>,
        object: *mut ffi::PyObject,
        kind: *const ffi::PyTypeObject,
    ) {
        // SAFETY: as in `tell_at`.
        unsafe {
            if is!(kind, ffi::PyComplex_Type) {
                let real = ffi::PyComplex_RealAsDouble(object);
                let imaginary = ffi::PyComplex_ImagAsDouble(object);
                self.put(Value::Complex(real, imaginary));
            } else if is!(kind, ffi::PyRange_Type) {
                self.put(Value::Range);
                let names = names(py);
                for name in [&names.start, &names.stop, &names.step] {
                    // (a range keeps its numbers as `int`s and answers by itself)
                    match Object::own(py, ffi::PyObject_GetAttr(object, name.as_ptr())) {
                        Some(number) if is_int(&number) => self.int(py, number.as_ptr()),
                        _ => self.put(Value::None),
                    }
                }
            } else if is!(kind, ffi::PyModule_Type) {
                let name = module_name(py, object);
                self.named(name, |name| Value::Module(name));
            } else if is!(kind, ffi::PyCFunction_Type) {
                let name = Object::own(py, ffi::PyObject_GetAttr(object, names(py).name.as_ptr()));
                self.named(name, |name| Value::Builtin(name));
            } else if ffi::PyType_Check(object) != 0 {
                let name = Object::own(py, ffi::PyType_GetName(object.cast()));
                let metaclass = Object::own(py, ffi::PyType_GetName(kind.cast_mut()));
                read_text(name.as_ref(), NAME, &mut self.text);
                read_text(metaclass.as_ref(), NAME, &mut self.other_text);
                Value::Class(&self.text, &self.other_text).write(&mut self.bytes);
            } else {
                let name = Object::own(py, ffi::PyType_GetName(kind.cast_mut()));
                self.named(name, |name| Value::Object(name));
            }
        }
    }

    /// Tells what is told by a name, and often is.
    fn known(&mut self, py: Python<'_>, name: Option<Object>, kind: Named) {
        let Some(name) = name else {
            return self.named(None, |name| kind.value(name));
        };
        if let Some(told) = self.known.find(&name, kind) {
            return self.bytes.extend_from_slice(told);
        }
        let start = self.bytes.len();
        read_text(Some(&name), NAME, &mut self.text);
        kind.value(&self.text).write(&mut self.bytes);
        self.known.keep(py, &name, kind, &self.bytes[start..]);
    }

    /// Tells what has a name.
    fn named(&mut self, name: Option<Object>, value: impl FnOnce(&str) -> Value<'_>) {
        read_text(name.as_ref(), NAME, &mut self.text);
        value(&self.text).write(&mut self.bytes);
    }
}

/// Whether the instances of a type are neither of the interpreter's own types nor classes: it was made
/// by a `class` statement, or the like of it.
///
/// # Safety
///
/// `kind` is a live type.
#[inline]
unsafe fn is_of_a_class(kind: *const ffi::PyTypeObject) -> bool {
    // SAFETY: by contract. (Each type that is looked into is a static one.)
    let flags = unsafe { ffi::PyType_GetFlags(kind.cast_mut()) };
    flags & (ffi::Py_TPFLAGS_HEAPTYPE | ffi::Py_TPFLAGS_TYPE_SUBCLASS) == ffi::Py_TPFLAGS_HEAPTYPE
}

/// Whether an object is a module, a function or a class.
///
/// # Safety
///
/// `object` is a live object.
pub unsafe fn is_definition(object: *mut ffi::PyObject) -> bool {
    // SAFETY: by contract.
    unsafe {
        let kind = ffi::Py_TYPE(object).cast_const();
        is!(kind, ffi::PyModule_Type)
            || is!(kind, PyFunction_Type)
            || is!(kind, ffi::PyCFunction_Type)
            || ffi::PyType_Check(object) != 0
    }
}
