//! Texts, and names of things.

use std::mem::MaybeUninit;

use pyo3::ffi;
use spool::{Value, write_text};

use super::encoder::{LENGTH, ValueEncoder};
use super::names::AskedNames;
use crate::cpython::object::{DictRef, ObjectRef, StrRef};

/// The number of entries of a module's namespace that are looked at for its name, which comes first.
const NAME_AMONG: usize = 8;

impl ValueEncoder {
    /// Encodes a str. It needs room on the stack, which other values do not.
    #[inline(never)]
    pub(super) fn text(&mut self, object: StrRef<'_>) {
        let mut room = [const { MaybeUninit::uninit() }; LENGTH];
        let (units, more) = read_units(object, self.left.text, &mut room);
        self.left.text -= units.len();
        if units.iter().fold(0, |all, unit| all | unit) < 0x80 {
            let ascii = units.iter().map(|unit| *unit as u8);
            write_text(ascii, more, &mut self.bytes);
        } else {
            decode(units, &mut self.text);
            write_text(self.text.bytes(), more, &mut self.bytes);
        }
    }

    /// Encodes bytes, of which there are this many beyond those that are given.
    pub(super) fn byte_string(&mut self, bytes: &[u8], mutable: bool, more: usize) {
        self.left.text -= bytes.len();
        self.put(Value::Bytes {
            mutable,
            bytes,
            more: more as u64,
        });
    }
}

/// Returns the name of a module, as its namespace has it. A look-up could compare the name with keys of the
/// program's own; to walk over the entries does not.
pub(super) fn module_name<'py>(
    namespace: DictRef<'py>,
    asked: &AskedNames,
) -> Option<ObjectRef<'py>> {
    let wanted = asked.name.as_ptr();
    let mut entries = namespace.entries().take(NAME_AMONG);
    let found = entries.find(|(key, _)| key.as_ptr() == wanted);
    found.map(|(_, value)| value)
}

/// Reads the text of a str, of a subclass too; empty for anything else.
pub(super) fn read_text(object: Option<ObjectRef<'_>>, limit: usize, text: &mut String) {
    text.clear();
    if let Some(object) = object.and_then(ObjectRef::as_str) {
        copy_text(object, limit, text);
    }
}

/// Copies at most `limit` characters, which are not more than [`LENGTH`]; returns how many there are
/// beyond these. Nothing is cached in the object.
pub(super) fn copy_text(object: StrRef<'_>, limit: usize, text: &mut String) -> u64 {
    let mut room = [const { MaybeUninit::uninit() }; LENGTH];
    let (units, more) = read_units(object, limit, &mut room);
    decode(units, text);
    more
}

/// Reads the first characters of a text, at most `limit` and as many as there is room for. Returns them, and
/// how many there are beyond these.
fn read_units<'a>(
    object: StrRef<'_>,
    limit: usize,
    room: &'a mut [MaybeUninit<u32>; LENGTH],
) -> (&'a [u32], u64) {
    // A wide character is 32 bits, signed or not, as the platform has it.
    let start = room.as_mut_ptr().cast::<u32>();
    // SAFETY: the object is a live str; as many characters are written as there is room for.
    let (copied, length) = unsafe {
        let room = limit.min(LENGTH).cast_signed();
        let copied = ffi::PyUnicode_AsWideChar(object.as_ptr(), start.cast(), room);
        (copied, ffi::PyUnicode_GetLength(object.as_ptr()))
    };
    if copied < 0 || length < 0 {
        // SAFETY: whoever has a reference to an object is attached to the interpreter.
        unsafe { ffi::PyErr_Clear() };
        return (&[], 0);
    }
    let copied = copied.cast_unsigned().min(LENGTH);
    // SAFETY: that many were written.
    let units = unsafe { std::slice::from_raw_parts(start, copied) };
    (units, length.cast_unsigned().saturating_sub(copied) as u64)
}

/// Writes characters as UTF-8; what that cannot carry becomes `\udcff`.
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
