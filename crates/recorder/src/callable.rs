//! What `sys.monitoring` calls: objects that pass a call straight on.
//!
//! A built-in function would first count the depth of recursion, look at its flags and at keywords
//! of which there are none: as much as it takes to record an event.

use std::ffi::c_int;
use std::mem::{offset_of, size_of};
use std::ptr;

use pyo3::ffi;
use pyo3::prelude::*;

use crate::held;

/// A function as CPython calls it: with the callback itself, its arguments, how many these are, and their
/// names, of which there are none.
pub use pyo3::ffi::vectorcallfunc as Callback;

/// What CPython tells of an event: the code object of the calling thread's frame, then what the event is
/// about.
#[derive(Clone, Copy)]
pub struct Arguments {
    objects: *const *mut ffi::PyObject,
    count: usize,
}

impl Arguments {
    /// Those that a [`Callback`] was given.
    pub fn new(objects: *const *mut ffi::PyObject, count: usize) -> Self {
        Self { objects, count }
    }

    /// Whether there are so many.
    pub fn are(self, needed: usize) -> bool {
        // (the highest bit is a flag)
        self.count & (usize::MAX >> 1) >= needed
    }

    /// # Safety
    ///
    /// CPython's call lasts.
    pub unsafe fn code(self) -> *mut ffi::PyObject {
        // SAFETY: each event has its code object.
        unsafe { *self.objects }
    }

    /// Where in the code the event is: in bytes, or the line.
    ///
    /// # Safety
    ///
    /// CPython's call lasts, and the caller is attached to the interpreter.
    pub unsafe fn place(self) -> u32 {
        // SAFETY: each event that is asked has one, an int, and a small one.
        unsafe { ffi::PyLong_AsUnsignedLongMask(*self.objects.add(1)) as u32 }
    }

    /// What the code gives to its caller: a value or an exception.
    ///
    /// # Safety
    ///
    /// CPython's call lasts, and code is left by the event.
    pub unsafe fn given(self) -> *mut ffi::PyObject {
        // SAFETY: it is the third argument of such an event.
        unsafe { *self.objects.add(2) }
    }
}

/// The [`Callback`] that calls an `unsafe fn(Arguments) -> *mut ffi::PyObject`, which may rely on being called
/// by CPython alone, attached to the interpreter.
macro_rules! callback {
    ($function:path) => {{
        unsafe extern "C" fn callback(
            _: *mut pyo3::ffi::PyObject,
            arguments: *const *mut pyo3::ffi::PyObject,
            count: usize,
            _: *mut pyo3::ffi::PyObject,
        ) -> *mut pyo3::ffi::PyObject {
            // SAFETY: CPython calls back attached to the interpreter, with live arguments.
            unsafe { $function($crate::callable::Arguments::new(arguments, count)) }
        }
        callback as $crate::callable::Callback
    }};
}
pub(crate) use callback;

/// An object of the type.
#[repr(C)]
struct Callable {
    head: ffi::PyObject,
    call: Callback,
}

/// The type of objects that can be called.
pub struct CallableType<'py>(Bound<'py, PyAny>);

impl<'py> CallableType<'py> {
    /// # Errors
    ///
    /// When Python has no memory left.
    pub fn new(py: Python<'py>) -> PyResult<Self> {
        // CPython keeps the members for as long as the type lives.
        let members = Box::leak(Box::new([
            ffi::PyMemberDef {
                name: c"__vectorcalloffset__".as_ptr(),
                type_code: ffi::Py_T_PYSSIZET,
                offset: offset_of!(Callable, call).cast_signed(),
                flags: ffi::Py_READONLY,
                doc: ptr::null(),
            },
            ffi::PyMemberDef::default(),
        ]));
        let mut slots = [
            ffi::PyType_Slot {
                slot: ffi::Py_tp_call,
                pfunc: ffi::PyVectorcall_Call as *mut _,
            },
            ffi::PyType_Slot {
                slot: ffi::Py_tp_dealloc,
                pfunc: dealloc as *mut _,
            },
            ffi::PyType_Slot {
                slot: ffi::Py_tp_members,
                pfunc: members.as_mut_ptr().cast(),
            },
            ffi::PyType_Slot::default(),
        ];
        let flags = ffi::Py_TPFLAGS_DEFAULT
            | ffi::Py_TPFLAGS_HAVE_VECTORCALL
            | ffi::Py_TPFLAGS_DISALLOW_INSTANTIATION
            | ffi::Py_TPFLAGS_IMMUTABLETYPE;
        let mut spec = ffi::PyType_Spec {
            name: c"truename_recorder.Callback".as_ptr(),
            basicsize: size_of::<Callable>() as c_int,
            itemsize: 0,
            flags: flags as u32,
            slots: slots.as_mut_ptr(),
        };
        // SAFETY: the specification is complete; the name and the members live for ever. The call
        // gives a new reference, or null with an error.
        unsafe { Bound::from_owned_ptr_or_err(py, ffi::PyType_FromSpec(&mut spec)).map(Self) }
    }

    /// An object that passes its calls on to `callback`.
    ///
    /// # Errors
    ///
    /// When Python has no memory left.
    pub fn object(&self, callback: Callback) -> PyResult<Bound<'py, PyAny>> {
        // SAFETY: an object of the type has room for a `Callable`, whose head CPython fills in. The
        // call gives a new reference, or null with an error.
        unsafe {
            let object = ffi::PyType_GenericAlloc(self.0.as_ptr().cast(), 0);
            let object = Bound::from_owned_ptr_or_err(self.0.py(), object)?;
            (*object.as_ptr().cast::<Callable>()).call = callback;
            Ok(object)
        }
    }
}

/// Frees an object of the type. CPython alone holds it, for as long as it calls it.
unsafe extern "C" fn dealloc(object: *mut ffi::PyObject) {
    // SAFETY: CPython frees objects while it holds its lock.
    held::let_go(unsafe { Python::assume_attached() });
    // SAFETY: the object came from `PyType_GenericAlloc`, has no other owner and is not followed by the
    // collector of garbage; like each instance of such a type it owns a reference to it.
    unsafe {
        let kind = ffi::Py_TYPE(object);
        ffi::PyObject_Free(object.cast());
        ffi::Py_DECREF(kind.cast());
    }
}
