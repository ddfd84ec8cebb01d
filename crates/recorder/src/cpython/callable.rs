//! The objects that `sys.monitoring` calls, which pass a call straight on.
//!
//! A built-in function would first count the depth of recursion, look at its flags and at keywords
//! of which there are none: as much as it takes to record an event.

use std::ffi::c_int;
use std::marker::PhantomData;
use std::mem::{ManuallyDrop, offset_of, size_of};
use std::ptr;
use std::rc::Rc;

use module_identity::cpython::Object;
use pyo3::ffi;
use pyo3::prelude::*;

use super::code::CodeRef;
use super::object::ObjectRef;
use crate::panics::contained;

/// The arguments of an event: the code object of the calling thread's frame, then what the event is
/// about. It lasts as long as the call.
#[derive(Clone, Copy)]
pub struct EventArguments<'py> {
    py: Python<'py>,
    objects: *const *mut ffi::PyObject,
    count: usize,
}

impl<'py> EventArguments<'py> {
    #[inline(always)]
    pub fn py(self) -> Python<'py> {
        self.py
    }

    /// Returns whether at least `needed` arguments were passed.
    pub fn are(self, needed: usize) -> bool {
        // The highest bit is a flag.
        self.count & (usize::MAX >> 1) >= needed
    }

    #[inline(always)]
    pub fn code(self) -> CodeRef<'py> {
        // SAFETY: each event has its code object, which the frame that runs keeps alive.
        CodeRef::new(unsafe { ObjectRef::new(self.py, *self.objects) })
    }

    /// Returns the offset in the code at which the event is, in bytes, or the line.
    #[inline(always)]
    pub fn place(self) -> u32 {
        // SAFETY: the events that are asked for their place have one, a small int.
        unsafe { ffi::PyLong_AsUnsignedLongMask(*self.objects.add(1)) as u32 }
    }

    /// Returns what the code gives to its caller: a value or an exception.
    #[inline(always)]
    pub fn given(self) -> ObjectRef<'py> {
        // SAFETY: it is the third argument of the events by which code is left, alive during the call.
        unsafe { ObjectRef::new(self.py, *self.objects.add(2)) }
    }
}

/// The result of a callback: a new reference for CPython. As a pointer it needs no branch at each event.
#[must_use]
pub struct CallbackResult(*mut ffi::PyObject);

impl CallbackResult {
    /// Lets CPython go on as before: `None`, which is immortal since CPython 3.12, so that nobody counts its
    /// references.
    #[inline(always)]
    pub fn proceed() -> Self {
        // SAFETY: `None` is there as long as the interpreter.
        Self(unsafe { ffi::Py_None() })
    }

    /// Ends the events of this code, by `sys.monitoring.DISABLE`.
    pub fn disable(disable: Object) -> Self {
        Self(disable.into_ptr())
    }

    #[inline(always)]
    pub fn into_ptr(self) -> *mut ffi::PyObject {
        self.0
    }
}

/// A receiver, to which callable objects pass their calls on.
pub trait Receiver {
    /// Called when CPython lets go of a callable object that has this receiver.
    fn on_callback_freed(&self, py: Python<'_>);
}

/// A function as CPython calls it: with the callable object, its arguments, how many these are, and their
/// names, of which there are none. It expects an object whose receiver is a `T`.
pub struct Callback<T> {
    function: ffi::vectorcallfunc,
    receiver: PhantomData<fn(&Rc<T>)>,
}

impl<T> Clone for Callback<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Callback<T> {}

impl<T> Callback<T> {
    /// # Safety
    ///
    /// `function` may be called with any object whose receiver is a `T`.
    pub const unsafe fn new(function: ffi::vectorcallfunc) -> Self {
        Self {
            function,
            receiver: PhantomData,
        }
    }
}

/// Returns the receiver of the callable object that CPython calls, and its arguments.
///
/// # Safety
///
/// CPython calls the object, of a [`CallableType<T>`](CallableType), with these arguments and as many of them
/// as the event has, attached to the interpreter, for as long as `'a`. It keeps the object until other Python
/// code runs.
#[inline(always)]
pub unsafe fn receive<'a, T>(
    object: *mut ffi::PyObject,
    objects: *const *mut ffi::PyObject,
    count: usize,
) -> (&'a Rc<T>, EventArguments<'a>) {
    // SAFETY: the caller is attached, and the object is laid out as a `Callable<T>`, both by contract.
    let (py, object) = unsafe { (Python::assume_attached(), &*object.cast::<Callable<T>>()) };
    (&object.receiver, EventArguments { py, objects, count })
}

/// The [`Callback`] that calls a `fn(&Rc<T>, EventArguments) -> CallbackResult`.
macro_rules! callback {
    ($receiver:ty, $function:path) => {{
        unsafe extern "C" fn callback(
            object: *mut pyo3::ffi::PyObject,
            arguments: *const *mut pyo3::ffi::PyObject,
            count: usize,
            _: *mut pyo3::ffi::PyObject,
        ) -> *mut pyo3::ffi::PyObject {
            // SAFETY: CPython calls the object that the callback was put into, attached to the interpreter,
            // with the arguments of the event.
            let (receiver, arguments) = unsafe {
                $crate::cpython::callable::receive::<$receiver>(object, arguments, count)
            };
            $function(receiver, arguments).into_ptr()
        }
        // SAFETY: the function takes objects with this receiver.
        unsafe { $crate::cpython::callable::Callback::<$receiver>::new(callback) }
    }};
}
pub(crate) use callback;

/// An object of the type.
#[repr(C)]
struct Callable<T> {
    head: ffi::PyObject,
    call: ffi::vectorcallfunc,
    receiver: ManuallyDrop<Rc<T>>,
}

/// The type of objects that can be called, and pass the call on with their receiver, a `T`.
pub struct CallableType<'py, T> {
    type_object: Bound<'py, PyAny>,
    receiver: PhantomData<Rc<T>>,
}

impl<'py, T: Receiver> CallableType<'py, T> {
    /// Makes the type.
    ///
    /// # Errors
    ///
    /// When Python has no memory left.
    pub fn new(py: Python<'py>) -> PyResult<Self> {
        let mut members = [
            ffi::PyMemberDef {
                name: c"__vectorcalloffset__".as_ptr(),
                type_code: ffi::Py_T_PYSSIZET,
                offset: offset_of!(Callable<T>, call).cast_signed(),
                flags: ffi::Py_READONLY,
                doc: ptr::null(),
            },
            ffi::PyMemberDef::default(),
        ];
        let mut slots = [
            ffi::PyType_Slot {
                slot: ffi::Py_tp_call,
                pfunc: ffi::PyVectorcall_Call as *mut _,
            },
            ffi::PyType_Slot {
                slot: ffi::Py_tp_dealloc,
                pfunc: dealloc::<T> as *mut _,
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
            basicsize: size_of::<Callable<T>>() as c_int,
            itemsize: 0,
            flags: flags as u32,
            slots: slots.as_mut_ptr(),
        };
        // SAFETY: the specification is complete. The type keeps a copy of the members, and their names live for
        // ever. The call gives a new reference, or null with an error.
        let type_object =
            unsafe { Bound::from_owned_ptr_or_err(py, ffi::PyType_FromSpec(&mut spec)) };
        Ok(Self {
            type_object: type_object?,
            receiver: PhantomData,
        })
    }

    /// Makes an object that passes its calls on to `callback`, with the receiver.
    ///
    /// # Errors
    ///
    /// When Python has no memory left.
    pub fn object(&self, callback: Callback<T>, receiver: &Rc<T>) -> PyResult<Bound<'py, PyAny>> {
        // SAFETY: an object of the type has room for a `Callable<T>`, whose head CPython fills in; the rest
        // is written before anybody has the object. The call gives a new reference, or null with an error.
        unsafe {
            let object = ffi::PyType_GenericAlloc(self.type_object.as_ptr().cast(), 0);
            let object = Bound::from_owned_ptr_or_err(self.type_object.py(), object)?;
            let callable = object.as_ptr().cast::<Callable<T>>();
            (&raw mut (*callable).call).write(callback.function);
            (&raw mut (*callable).receiver).write(ManuallyDrop::new(Rc::clone(receiver)));
            Ok(object)
        }
    }
}

/// Frees an object of the type. CPython alone holds it, for as long as it calls it.
unsafe extern "C" fn dealloc<T: Receiver>(object: *mut ffi::PyObject) {
    // SAFETY: CPython frees objects while it holds its lock, and the object has a receiver.
    let (py, receiver) = unsafe {
        (
            Python::assume_attached(),
            &(*object.cast::<Callable<T>>()).receiver,
        )
    };
    contained(py, || receiver.on_callback_freed(py));
    // SAFETY: the object came from `PyType_GenericAlloc`, has a receiver and no other owner, and is not
    // followed by the collector of garbage; like each instance of such a type it owns a reference to it.
    unsafe {
        let kind = ffi::Py_TYPE(object);
        ManuallyDrop::drop(&mut (*object.cast::<Callable<T>>()).receiver);
        ffi::PyObject_Free(object.cast());
        ffi::Py_DECREF(kind.cast());
    }
}
