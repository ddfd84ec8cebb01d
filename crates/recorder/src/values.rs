//! Objects of the program told as values, without running any of its code.
//!
//! Only an object whose type is exactly one of the interpreter's own is looked into. Of any other, of
//! a subclass's too, the name of its type is all that is told: that lies in the type itself, where
//! no metaclass is asked. Nothing here lets another thread run: nothing is imported, no garbage is
//! collected (CPython only does that between instructions), and whatever is released has another
//! owner.

use std::ffi::c_int;
use std::ptr;
use std::sync::OnceLock;

use module_identity::python::{Object, named};
use pyo3::ffi;
use pyo3::prelude::*;
use spool::{Container, Items, Value};
use trace_filter::ValueAction;

/// How deep containers are looked into, an argument's own items being 1 deep.
const DEPTH: usize = 4;
/// How many items of a container are told.
const WIDTH: usize = 32;
/// How many characters or bytes of a text are told.
const LENGTH: usize = 256;
/// How many characters of a name are told.
const NAME: usize = 128;
/// How many bits an `int` has at most that is told as a number.
const BITS: u64 = 1024;
/// How many values are told at once; of containers that come later, no items are.
const BUDGET: usize = 1024;
/// How many entries of a module's namespace are looked at for its name, which comes first.
const NAME_AMONG: usize = 8;

unsafe extern "C" {
    /// The type of functions. In each CPython, if not in the stable ABI's headers.
    static mut PyFunction_Type: ffi::PyTypeObject;
}

/// Tells values into bytes.
#[derive(Default)]
pub struct Teller {
    /// What was told.
    pub bytes: Vec<u8>,
    budget: usize,
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
    /// Begins anew.
    pub fn clear(&mut self) {
        self.bytes.clear();
        self.budget = BUDGET;
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
        self.budget = self.budget.saturating_sub(1);
        // SAFETY: the object is alive, and is looked into as what its type says that it is.
        unsafe {
            let kind = ffi::Py_TYPE(object).cast_const();
            if is!(kind, ffi::PyUnicode_Type) {
                self.text(object);
            } else if is!(kind, ffi::PyLong_Type) {
                self.int(py, object);
            } else if ptr::eq(object, ffi::Py_None()) {
                self.put(Value::None);
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
                self.named(name, |name| Value::Function(name));
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

    /// Tells what has a name.
    fn named(&mut self, name: Option<Object>, value: impl FnOnce(&str) -> Value<'_>) {
        read_text(name.as_ref(), NAME, &mut self.text);
        value(&self.text).write(&mut self.bytes);
    }

    /// # Safety
    ///
    /// `object` is a live str.
    unsafe fn text(&mut self, object: *mut ffi::PyObject) {
        // SAFETY: by contract.
        let more = unsafe { copy_text(object, LENGTH, &mut self.text) };
        Value::Text {
            text: &self.text,
            more,
        }
        .write(&mut self.bytes);
    }

    fn bytes(&mut self, start: *const u8, length: ffi::Py_ssize_t, mutable: bool) {
        let length = length.max(0).cast_unsigned();
        let shown = length.min(LENGTH);
        let bytes = if shown == 0 {
            &[]
        } else {
            // SAFETY: the interpreter says where the bytes of an object begin and how many there
            // are; nothing changes them meanwhile.
            unsafe { std::slice::from_raw_parts(start, shown) }
        };
        self.put(Value::Bytes {
            mutable,
            bytes,
            more: (length - shown) as u64,
        });
    }

    /// # Safety
    ///
    /// `object` is a live int, of no subclass.
    unsafe fn int(&mut self, py: Python<'_>, object: *mut ffi::PyObject) {
        let mut overflow: c_int = 0;
        // SAFETY: by contract; an int that is too large is no error here.
        let int = unsafe { ffi::PyLong_AsLongLongAndOverflow(object, &mut overflow) };
        if overflow == 0 {
            self.put(Value::Int(int));
        } else {
            // SAFETY: by contract.
            unsafe { self.big_int(py, object, overflow < 0) };
        }
    }

    /// # Safety
    ///
    /// As for [`int`](Self::int).
    #[cold]
    unsafe fn big_int(&mut self, py: Python<'_>, object: *mut ffi::PyObject, negative: bool) {
        // SAFETY: all objects are ints of no subclass, and methods and operators are `int`'s own.
        unsafe {
            let bit_length = names(py).bit_length.as_ptr();
            let null = ptr::null_mut::<ffi::PyObject>();
            let bits = ffi::PyObject_CallMethodObjArgs(object, bit_length, null);
            let bits = Object::own(py, bits);
            let bits = bits.map_or(u64::MAX, |bits| {
                ffi::PyLong_AsUnsignedLongLongMask(bits.as_ptr())
            });
            if bits > BITS {
                return self.put(Value::HugeInt(bits));
            }
            let mut magnitude = [0; BITS as usize / 8];
            let shift = ffi::PyLong_FromLong(64);
            let (Some(shift), Some(mut rest)) = (
                Object::own(py, shift),
                Object::own(py, ffi::PyNumber_Absolute(object)),
            ) else {
                return self.put(Value::HugeInt(bits));
            };
            for place in magnitude.rchunks_exact_mut(8) {
                let word = ffi::PyLong_AsUnsignedLongLongMask(rest.as_ptr());
                place.copy_from_slice(&word.to_be_bytes());
                let shifted = ffi::PyNumber_Rshift(rest.as_ptr(), shift.as_ptr());
                match Object::own(py, shifted) {
                    Some(shifted) => rest = shifted,
                    None => return self.put(Value::HugeInt(bits)),
                }
            }
            let zeros = magnitude.iter().take_while(|byte| **byte == 0).count();
            self.put(Value::BigInt {
                negative,
                magnitude: &magnitude[zeros..],
            });
        }
    }

    /// Tells a container: what it is, then its items by `tell`, which is told how many.
    ///
    /// # Safety
    ///
    /// `object` is a live container of that kind.
    unsafe fn items(
        &mut self,
        object: *mut ffi::PyObject,
        depth: usize,
        kind: Items,
        tell: impl FnOnce(&mut Self, usize),
    ) {
        // SAFETY: by contract; each of them keeps its length.
        let length = unsafe {
            match kind {
                Items::List => ffi::PyList_Size(object),
                Items::Tuple => ffi::PyTuple_Size(object),
                Items::Set | Items::FrozenSet => ffi::PySet_Size(object),
            }
        };
        let container = Container::Items(kind);
        let Some((shown, more)) = self.go_into(object, depth, container, length, 1) else {
            return;
        };
        self.put(Value::Items {
            kind,
            shown: shown as u64,
            more,
        });
        tell(self, shown);
    }

    /// # Safety
    ///
    /// `object` is a live set or frozenset, of no subclass.
    unsafe fn set(
        &mut self,
        py: Python<'_>,
        object: *mut ffi::PyObject,
        depth: usize,
        kind: Items,
    ) {
        // SAFETY: by contract. The iterator is the set's own, walks its table, and asks no item
        // anything; the set keeps the items.
        unsafe {
            self.items(object, depth, kind, |teller, shown| {
                let iterator = Object::own(py, ffi::PyObject_GetIter(object));
                for _ in 0..shown {
                    let item = iterator
                        .as_ref()
                        .and_then(|iterator| Object::own(py, ffi::PyIter_Next(iterator.as_ptr())));
                    match item {
                        Some(item) => teller.tell_at(py, item.as_ptr(), depth + 1),
                        // (no memory; what was promised is to be there)
                        None => teller.put(Value::Dropped),
                    }
                }
            });
        }
    }

    /// # Safety
    ///
    /// `object` is a live dict, of no subclass.
    unsafe fn dict(
        &mut self,
        py: Python<'_>,
        object: *mut ffi::PyObject,
        depth: usize,
        action: impl Fn(*mut ffi::PyObject) -> ValueAction,
    ) {
        // SAFETY: by contract; the dict lends its keys and values, and nothing changes it meanwhile.
        unsafe {
            let length = ffi::PyDict_Size(object);
            let Some((shown, more)) = self.go_into(object, depth, Container::Dict, length, 2)
            else {
                return;
            };
            self.put(Value::Dict {
                shown: shown as u64,
                more,
            });
            let (mut position, mut key, mut value) = (0, ptr::null_mut(), ptr::null_mut());
            for _ in 0..shown {
                if ffi::PyDict_Next(object, &mut position, &mut key, &mut value) == 0 {
                    self.put(Value::Dropped);
                    self.put(Value::Dropped);
                    continue;
                }
                match action(key) {
                    ValueAction::Allow => {
                        self.tell_at(py, key, depth + 1);
                        self.tell_at(py, value, depth + 1);
                    }
                    ValueAction::Redact => {
                        self.tell_at(py, key, depth + 1);
                        self.put(Value::Redacted);
                    }
                    ValueAction::Drop => {
                        self.put(Value::Dropped);
                        self.put(Value::Dropped);
                    }
                }
            }
        }
    }

    /// How many items of a container are told, of `values` values each, and how many are not.
    /// `None` when the container is told already, since it is nested too deep or in itself.
    fn go_into(
        &mut self,
        object: *mut ffi::PyObject,
        depth: usize,
        container: Container,
        length: ffi::Py_ssize_t,
        values: usize,
    ) -> Option<(usize, u64)> {
        let length = length.max(0).cast_unsigned();
        if self.within[..depth.min(DEPTH)].contains(&(object as usize)) {
            self.put(Value::Cycle(container));
            return None;
        }
        if depth >= DEPTH {
            self.put(Value::Deep(container, length as u64));
            return None;
        }
        self.within[depth] = object as usize;
        let shown = length.min(WIDTH).min(self.budget / values);
        Some((shown, (length - shown) as u64))
    }
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

/// # Safety
///
/// Callers are attached to the interpreter.
unsafe fn is_int(object: &Object) -> bool {
    // SAFETY: an object that is owned is alive.
    let kind = unsafe { ffi::Py_TYPE(object.as_ptr()) }.cast_const();
    is!(kind, ffi::PyLong_Type)
}

/// The name of a module, as its namespace has it.
///
/// # Safety
///
/// `module` is a live module, of no subclass.
unsafe fn module_name(py: Python<'_>, module: *mut ffi::PyObject) -> Option<Object> {
    // SAFETY: by contract. A look-up could compare the name with keys of the program's own; to walk
    // over the entries does not.
    unsafe {
        let dict = ffi::PyModule_GetDict(module);
        if dict.is_null() {
            return None;
        }
        let wanted = names(py).name.as_ptr();
        let (mut position, mut key, mut value) = (0, ptr::null_mut(), ptr::null_mut());
        for _ in 0..NAME_AMONG {
            if ffi::PyDict_Next(dict, &mut position, &mut key, &mut value) == 0 {
                break;
            }
            if key == wanted {
                return Object::keep(py, value);
            }
        }
        None
    }
}

/// The text of a str, of a subclass too; empty for anything else.
fn read_text(object: Option<&Object>, limit: usize, text: &mut String) {
    text.clear();
    if let Some(object) = object {
        // SAFETY: an object that is owned is alive.
        unsafe {
            if ffi::PyUnicode_Check(object.as_ptr()) != 0 {
                copy_text(object.as_ptr(), limit, text);
            }
        }
    }
}

/// Copies at most `limit` characters, which are not more than [`LENGTH`]; gives how many there are
/// beyond these. What UTF-8 cannot carry becomes `\udcff`. Nothing is cached in the object.
///
/// # Safety
///
/// `object` is a live str, or of a subclass.
pub unsafe fn copy_text(object: *mut ffi::PyObject, limit: usize, text: &mut String) -> u64 {
    text.clear();
    let mut wide = [0; LENGTH];
    // SAFETY: by contract; as many characters are written as there is room for.
    let (copied, length) = unsafe {
        let room = limit.min(LENGTH).cast_signed();
        let copied = ffi::PyUnicode_AsWideChar(object, wide.as_mut_ptr(), room);
        (copied, ffi::PyUnicode_GetLength(object))
    };
    if copied < 0 || length < 0 {
        // SAFETY: the caller is attached to the interpreter.
        unsafe { ffi::PyErr_Clear() };
        return 0;
    }
    let copied = copied.cast_unsigned().min(LENGTH);
    for unit in &wide[..copied] {
        // (signed or not, as the platform has it)
        let point = u32::from_ne_bytes(unit.to_ne_bytes());
        match char::from_u32(point) {
            Some(character) => text.push(character),
            None => {
                const HEX: &[u8; 16] = b"0123456789abcdef";
                text.push_str("\\u");
                for shift in [12, 8, 4, 0] {
                    text.push(char::from(HEX[(point >> shift & 15) as usize]));
                }
            }
        }
    }
    length.cast_unsigned().saturating_sub(copied) as u64
}
