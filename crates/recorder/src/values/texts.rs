//! Texts, and names of things.

use std::mem::MaybeUninit;
use std::ptr;

use module_identity::cpython::Object;
use pyo3::ffi;
use pyo3::prelude::*;
use spool::{Value, write_text};

use super::{LENGTH, NAME_AMONG, Teller, names};

impl Teller {
    /// # Safety
    ///
    /// `object` is a live str.
    pub(super) unsafe fn text(&mut self, object: *mut ffi::PyObject) {
        let mut room = [const { MaybeUninit::uninit() }; LENGTH];
        // SAFETY: by contract.
        let (units, more) = unsafe { read_units(object, self.left.text, &mut room) };
        self.left.text -= units.len();
        if units.iter().fold(0, |all, unit| all | unit) < 0x80 {
            self.text.clear();
            self.text
                .extend(units.iter().map(|unit| char::from(*unit as u8)));
        } else {
            decode(units, &mut self.text);
        }
        write_text(self.text.as_bytes(), more, &mut self.bytes);
    }

    pub(super) fn bytes(&mut self, start: *const u8, length: ffi::Py_ssize_t, mutable: bool) {
        let length = length.max(0).cast_unsigned();
        let shown = length.min(LENGTH).min(self.left.text);
        self.left.text -= shown;
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
/// beyond these. Nothing is cached in the object.
///
/// # Safety
///
/// `object` is a live str, or of a subclass.
pub unsafe fn copy_text(object: *mut ffi::PyObject, limit: usize, text: &mut String) -> u64 {
    let mut room = [const { MaybeUninit::uninit() }; LENGTH];
    // SAFETY: by contract.
    let (units, more) = unsafe { read_units(object, limit, &mut room) };
    decode(units, text);
    more
}

/// The first characters of a text, at most `limit` and as many as there is room for; and how many there
/// are beyond these.
///
/// # Safety
///
/// `object` is a live str, or of a subclass.
unsafe fn read_units(
    object: *mut ffi::PyObject,
    limit: usize,
    room: &mut [MaybeUninit<u32>; LENGTH],
) -> (&[u32], u64) {
    // (a wide character is 32 bits, signed or not, as the platform has it)
    let start = room.as_mut_ptr().cast::<u32>();
    // SAFETY: by contract; as many characters are written as there is room for.
    let (copied, length) = unsafe {
        let room = limit.min(LENGTH).cast_signed();
        let copied = ffi::PyUnicode_AsWideChar(object, start.cast(), room);
        (copied, ffi::PyUnicode_GetLength(object))
    };
    if copied < 0 || length < 0 {
        // SAFETY: the caller is attached to the interpreter.
        unsafe { ffi::PyErr_Clear() };
        return (&[], 0);
    }
    let copied = copied.cast_unsigned().min(LENGTH);
    // SAFETY: that many were written.
    let units = unsafe { std::slice::from_raw_parts(start, copied) };
    (units, length.cast_unsigned().saturating_sub(copied) as u64)
}

/// What UTF-8 cannot carry becomes `\udcff`.
fn decode(units: &[u32], text: &mut String) {
    text.clear();
    for point in units {
        match char::from_u32(*point) {
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
}
