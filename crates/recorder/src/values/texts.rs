//! Texts, and names of things.

use std::ptr;

use module_identity::python::Object;
use pyo3::ffi;
use pyo3::prelude::*;
use spool::Value;

use super::{LENGTH, NAME_AMONG, Teller, names};

impl Teller {
    /// # Safety
    ///
    /// `object` is a live str.
    pub(super) unsafe fn text(&mut self, object: *mut ffi::PyObject) {
        // SAFETY: by contract.
        let more = unsafe { copy_text(object, LENGTH, &mut self.text) };
        Value::Text {
            text: &self.text,
            more,
        }
        .write(&mut self.bytes);
    }

    pub(super) fn bytes(&mut self, start: *const u8, length: ffi::Py_ssize_t, mutable: bool) {
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
}

/// The name of a module, as its namespace has it.
///
/// # Safety
///
/// `module` is a live module, of no subclass.
pub(super) unsafe fn module_name(py: Python<'_>, module: *mut ffi::PyObject) -> Option<Object> {
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
pub(super) fn read_text(object: Option<&Object>, limit: usize, text: &mut String) {
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
