//! Objects of the program as values.

use std::ptr;

use module_identity::cpython::Object;
use pyo3::ffi;
use pyo3::prelude::*;
use spool::{Container, Items, Value};
use trace_filter::ValueAction;

use super::encoder::{DEPTH, LENGTH, NAME, ValueEncoder};
use super::name_cache::Named;
use super::names::AskedNames;
use super::texts::{module_name, read_text};
use crate::cpython::object::{DictRef, ObjectRef, StrRef};

unsafe extern "C" {
    /// The type of functions. In each CPython, if not in the stable ABI's headers.
    static mut PyFunction_Type: ffi::PyTypeObject;
}

/// Returns whether the type is exactly this one of the interpreter's own.
macro_rules! is {
    ($kind:ident, $own:path) => {
        ptr::eq($kind, &raw const $own)
    };
}

impl ValueEncoder {
    /// Encodes an object.
    #[inline]
    pub fn encode(&mut self, object: ObjectRef<'_>) {
        self.encode_at(object, 0);
    }

    /// Encodes the dict of keyword arguments, in each of which a filter may have a say. `action` runs no
    /// code of the program's.
    pub fn encode_keywords(
        &mut self,
        object: ObjectRef<'_>,
        action: impl Fn(StrRef<'_>) -> ValueAction,
    ) {
        let action = |key: ObjectRef<'_>| key.as_str().map_or(ValueAction::Allow, &action);
        match object.as_plain_dict() {
            Some(dict) => self.dict(dict, 0, action),
            None => self.encode(object),
        }
    }

    #[inline]
    fn encode_at(&mut self, object: ObjectRef<'_>, depth: usize) {
        self.left.values = self.left.values.saturating_sub(1);
        match self.seen.find(object.kind()) {
            // Most containers have objects of few classes.
            Some(place) => self.bytes.extend_from_within(place),
            None => self.encode_unseen(object, depth),
        }
    }

    fn encode_unseen(&mut self, object: ObjectRef<'_>, depth: usize) {
        let py = object.py();
        let kind = object.kind().cast_const();
        if is!(kind, ffi::PyUnicode_Type) {
            if let Some(text) = object.as_str() {
                self.text(text);
            }
        } else if is!(kind, ffi::PyLong_Type) {
            self.int(object);
        } else if object.is_none() {
            self.put(Value::None);
        } else if is_of_a_class(object) {
            let start = self.bytes.len();
            let name = type_name(object);
            self.by_name(py, name, Named::Object);
            self.seen.keep(kind, start..self.bytes.len());
        } else if is!(kind, ffi::PyBool_Type) {
            // SAFETY: `True` is there as long as the interpreter.
            let is_true = ptr::eq(object.as_ptr(), unsafe { ffi::Py_True() });
            self.put(Value::Bool(is_true));
        } else if is!(kind, ffi::PyFloat_Type) {
            // SAFETY: the object is a live float, which converts itself.
            self.put(Value::Float(unsafe {
                ffi::PyFloat_AsDouble(object.as_ptr())
            }));
        } else if is!(kind, ffi::PyTuple_Type) {
            self.sequence(object, depth, Items::Tuple);
        } else if is!(kind, ffi::PyList_Type) {
            self.sequence(object, depth, Items::List);
        } else if is!(kind, ffi::PyDict_Type) {
            if let Some(dict) = object.as_plain_dict() {
                self.dict(dict, depth, |_| ValueAction::Allow);
            }
        } else if is!(kind, ffi::PySet_Type) {
            self.set(object, depth, Items::Set);
        } else if is!(kind, ffi::PyFrozenSet_Type) {
            self.set(object, depth, Items::FrozenSet);
        } else if is!(kind, ffi::PyBytes_Type) || is!(kind, ffi::PyByteArray_Type) {
            self.buffer(object, is!(kind, ffi::PyByteArray_Type));
        } else if is!(kind, PyFunction_Type) {
            let name = attribute(object, &self.asked.qualname);
            self.by_name(py, name, Named::Function);
        } else {
            self.encode_rare(object);
        }
    }

    /// Encodes what comes less often.
    #[inline(never)]
    fn encode_rare(&mut self, object: ObjectRef<'_>) {
        let py = object.py();
        let kind = object.kind().cast_const();
        if is!(kind, ffi::PyComplex_Type) {
            // SAFETY: the object is a live complex number, which has both parts itself.
            let (real, imaginary) = unsafe {
                (
                    ffi::PyComplex_RealAsDouble(object.as_ptr()),
                    ffi::PyComplex_ImagAsDouble(object.as_ptr()),
                )
            };
            self.put(Value::Complex(real, imaginary));
        } else if is!(kind, ffi::PyRange_Type) {
            self.put(Value::Range);
            let AskedNames {
                start, stop, step, ..
            } = &self.asked;
            // A range keeps its numbers as `int`s and answers by itself.
            let numbers = [start, stop, step].map(|name| attribute(object, name));
            for number in numbers {
                let number = number.as_ref().map(|number| ObjectRef::of(py, number));
                match number.filter(|number| is_int(*number)) {
                    Some(number) => self.int(number),
                    None => self.put(Value::None),
                }
            }
        } else if is!(kind, ffi::PyModule_Type) {
            // SAFETY: the object is a live module, which lends its namespace.
            let namespace =
                unsafe { ObjectRef::or_none(py, ffi::PyModule_GetDict(object.as_ptr())) };
            let name = namespace.and_then(ObjectRef::as_plain_dict);
            let name = name.and_then(|name| module_name(name, &self.asked));
            self.named(name, |name| Value::Module(name));
        } else if is!(kind, ffi::PyCFunction_Type) {
            let name = attribute(object, &self.asked.name);
            let name = name.as_ref().map(|name| ObjectRef::of(py, name));
            self.named(name, |name| Value::Builtin(name));
        } else if is_type(object) {
            // SAFETY: the object is a live type; the call gives a new reference.
            let name = unsafe { Object::own(py, ffi::PyType_GetName(object.as_ptr().cast())) };
            let metaclass = type_name(object);
            let borrow = |name| ObjectRef::of(py, name);
            read_text(name.as_ref().map(borrow), NAME, &mut self.text);
            read_text(metaclass.as_ref().map(borrow), NAME, &mut self.other_text);
            Value::Class(&self.text, &self.other_text).write(&mut self.bytes);
        } else {
            let name = type_name(object);
            self.by_name(py, name, Named::Object);
        }
    }

    /// Encodes what is recorded by its name, and often is.
    fn by_name(&mut self, py: Python<'_>, name: Option<Object>, kind: Named) {
        let Some(name) = &name else {
            return self.named(None, |name| kind.value(name));
        };
        let name = ObjectRef::of(py, name);
        if let Some(encoded) = self.names.find(name, kind) {
            return self.bytes.extend_from_slice(encoded);
        }
        let start = self.bytes.len();
        read_text(Some(name), NAME, &mut self.text);
        kind.value(&self.text).write(&mut self.bytes);
        self.names.keep(name, kind, &self.bytes[start..]);
    }

    /// Encodes what has a name.
    fn named(&mut self, name: Option<ObjectRef<'_>>, value: impl FnOnce(&str) -> Value<'_>) {
        read_text(name, NAME, &mut self.text);
        value(&self.text).write(&mut self.bytes);
    }

    /// Encodes a bytes or a bytearray.
    fn buffer(&mut self, object: ObjectRef<'_>, mutable: bool) {
        // SAFETY: the object is alive and of the type that it is asked as.
        let (start, length) = unsafe {
            if mutable {
                let start = ffi::PyByteArray_AsString(object.as_ptr());
                (start, ffi::PyByteArray_Size(object.as_ptr()))
            } else {
                let start = ffi::PyBytes_AsString(object.as_ptr());
                (start, ffi::PyBytes_Size(object.as_ptr()))
            }
        };
        let length = length.max(0).cast_unsigned();
        let shown = length.min(LENGTH).min(self.left.text);
        let bytes = if shown == 0 {
            &[]
        } else {
            // SAFETY: the interpreter says where the bytes of an object begin and how many there
            // are; nothing changes them meanwhile.
            unsafe { std::slice::from_raw_parts(start.cast::<u8>(), shown) }
        };
        self.byte_string(bytes, mutable, length - shown);
    }

    /// Encodes a list or a tuple, of no subclass.
    fn sequence(&mut self, object: ObjectRef<'_>, depth: usize, kind: Items) {
        let is_list = matches!(kind, Items::List);
        // SAFETY: the object is alive and of the type that it is asked as.
        let length = unsafe {
            match is_list {
                true => ffi::PyList_Size(object.as_ptr()),
                false => ffi::PyTuple_Size(object.as_ptr()),
            }
        };
        let Some(shown) = self.begin_items(object, depth, kind, length) else {
            return;
        };
        for index in 0..shown.cast_signed() {
            // SAFETY: the index is less than the length, which nothing changes meanwhile; the container
            // lends its items.
            let item = unsafe {
                let item = match is_list {
                    true => ffi::PyList_GetItem(object.as_ptr(), index),
                    false => ffi::PyTuple_GetItem(object.as_ptr(), index),
                };
                ObjectRef::new(object.py(), item)
            };
            self.encode_at(item, depth + 1);
        }
    }

    /// Encodes a set or a frozenset, of no subclass.
    fn set(&mut self, object: ObjectRef<'_>, depth: usize, kind: Items) {
        let py = object.py();
        // SAFETY: the object is a live set.
        let length = unsafe { ffi::PySet_Size(object.as_ptr()) };
        let Some(shown) = self.begin_items(object, depth, kind, length) else {
            return;
        };
        // SAFETY: the set is alive. The iterator is the set's own, walks its table, and asks no item
        // anything.
        let iterator = unsafe { Object::own(py, ffi::PyObject_GetIter(object.as_ptr())) };
        for _ in 0..shown {
            let item = iterator.as_ref().and_then(|iterator| {
                // SAFETY: the iterator is alive, and gives a new reference or none.
                unsafe { Object::own(py, ffi::PyIter_Next(iterator.as_ptr())) }
            });
            match item {
                Some(item) => self.encode_at(ObjectRef::of(py, &item), depth + 1),
                // There is no memory; what was promised is to be there.
                None => self.put(Value::Dropped),
            }
        }
    }

    fn dict(
        &mut self,
        dict: DictRef<'_>,
        depth: usize,
        action: impl Fn(ObjectRef<'_>) -> ValueAction,
    ) {
        let (object, length) = (dict.as_object(), dict.length());
        let Some((shown, more)) = self.go_into(object, depth, Container::Dict, length, 2) else {
            return;
        };
        self.put(Value::Dict {
            shown: shown as u64,
            more,
        });
        let mut entries = dict.entries();
        for _ in 0..shown {
            let Some((key, value)) = entries.next() else {
                self.put(Value::Dropped);
                self.put(Value::Dropped);
                continue;
            };
            match action(key) {
                ValueAction::Allow => {
                    self.encode_at(key, depth + 1);
                    self.encode_at(value, depth + 1);
                }
                ValueAction::Redact => {
                    self.encode_at(key, depth + 1);
                    self.redact();
                }
                ValueAction::Drop => {
                    self.dropped += 1;
                    self.put(Value::Dropped);
                    self.put(Value::Dropped);
                }
            }
        }
    }

    /// Encodes what a container is. Returns how many of its items are to follow; `None` when the container is
    /// encoded already.
    fn begin_items(
        &mut self,
        object: ObjectRef<'_>,
        depth: usize,
        kind: Items,
        length: ffi::Py_ssize_t,
    ) -> Option<usize> {
        let length = length.max(0).cast_unsigned();
        let (shown, more) = self.go_into(object, depth, Container::Items(kind), length, 1)?;
        self.put(Value::Items {
            kind,
            shown: shown as u64,
            more,
        });
        Some(shown)
    }

    /// Decides how many items of a container are recorded, of `values` values each, and how many are not.
    /// `None` when the container is encoded already, since it is nested too deep or in itself.
    fn go_into(
        &mut self,
        object: ObjectRef<'_>,
        depth: usize,
        container: Container,
        length: usize,
        values: usize,
    ) -> Option<(usize, u64)> {
        if self.within[..depth.min(DEPTH)].contains(&object.address()) {
            self.put(Value::Cycle(container));
            return None;
        }
        if depth >= DEPTH {
            self.put(Value::Deep(container, length as u64));
            return None;
        }
        self.within[depth] = object.address();
        let shown = length.min(self.left.width).min(self.left.values / values);
        Some((shown, (length - shown) as u64))
    }
}

/// Returns an attribute of an object of one of the interpreter's own types, which answers by itself.
pub(super) fn attribute(object: ObjectRef<'_>, name: &Object) -> Option<Object> {
    // SAFETY: both are alive; the call gives a new reference or an error.
    unsafe {
        let value = ffi::PyObject_GetAttr(object.as_ptr(), name.as_ptr());
        Object::own(object.py(), value)
    }
}

/// Returns the name of an object's type, as the type itself has it.
fn type_name(object: ObjectRef<'_>) -> Option<Object> {
    // SAFETY: the object keeps its type alive; the call gives a new reference.
    unsafe { Object::own(object.py(), ffi::PyType_GetName(object.kind())) }
}

/// Returns whether the instances of an object's type are neither of the interpreter's own types nor classes:
/// it was made by a `class` statement, or the like of it.
#[inline]
fn is_of_a_class(object: ObjectRef<'_>) -> bool {
    // Each type that is looked into is a static one.
    // SAFETY: the object keeps its type alive.
    let flags = unsafe { ffi::PyType_GetFlags(object.kind()) };
    flags & (ffi::Py_TPFLAGS_HEAPTYPE | ffi::Py_TPFLAGS_TYPE_SUBCLASS) == ffi::Py_TPFLAGS_HEAPTYPE
}

pub(super) fn is_int(object: ObjectRef<'_>) -> bool {
    let kind = object.kind().cast_const();
    is!(kind, ffi::PyLong_Type)
}

/// Returns whether an object's type is not one of those that the interpreter or a C extension has as a static one.
pub(super) fn is_heap_type(object: ObjectRef<'_>) -> bool {
    // SAFETY: the object keeps its type alive.
    unsafe { ffi::PyType_GetFlags(object.kind()) & ffi::Py_TPFLAGS_HEAPTYPE != 0 }
}

fn is_type(object: ObjectRef<'_>) -> bool {
    let kind = object.kind().cast_const();
    // SAFETY: the object is alive.
    is!(kind, ffi::PyType_Type) || unsafe { ffi::PyType_Check(object.as_ptr()) != 0 }
}

/// Returns whether an object is a module, a function or a class.
pub(super) fn is_definition(object: ObjectRef<'_>) -> bool {
    let kind = object.kind().cast_const();
    is!(kind, ffi::PyModule_Type)
        || is!(kind, PyFunction_Type)
        || is!(kind, ffi::PyCFunction_Type)
        || is_type(object)
}
