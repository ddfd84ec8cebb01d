//! Numbers as values.

use std::ffi::c_int;
use std::ptr;

use module_identity::cpython::Object;
use pyo3::ffi;
use spool::{Value, write_int};

use super::encoder::ValueEncoder;
use crate::cpython::object::ObjectRef;

/// The number of bits that an `int` has at most that is recorded as a number.
const BITS: u64 = 1024;

impl ValueEncoder {
    /// Encodes an int, of no subclass.
    pub(super) fn int(&mut self, object: ObjectRef<'_>) {
        let mut overflow: c_int = 0;
        // SAFETY: the object is alive; an int that is too large is no error here.
        let int = unsafe { ffi::PyLong_AsLongLongAndOverflow(object.as_ptr(), &mut overflow) };
        if overflow == 0 {
            write_int(int, &mut self.bytes);
        } else {
            self.big_int(object, overflow < 0);
        }
    }

    #[cold]
    fn big_int(&mut self, object: ObjectRef<'_>, negative: bool) {
        let py = object.py();
        // SAFETY: all objects are ints of no subclass, and methods and operators are `int`'s own.
        unsafe {
            let bit_length = self.asked.bit_length.as_ptr();
            let null = ptr::null_mut::<ffi::PyObject>();
            let bits = ffi::PyObject_CallMethodObjArgs(object.as_ptr(), bit_length, null);
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
                Object::own(py, ffi::PyNumber_Absolute(object.as_ptr())),
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
}
