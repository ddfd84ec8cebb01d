//! Borrowed references to Python objects.
//!
//! Unlike `pyo3::Borrowed` they are made without a check for null, which would be a branch at each event.

use std::borrow::Cow;
use std::ptr::{self, NonNull};

use module_identity::cpython::{self as python, Object};
use pyo3::ffi;
use pyo3::prelude::*;

/// A live object that somebody else owns for as long as the reference lasts.
#[derive(Clone, Copy)]
pub struct ObjectRef<'py> {
    py: Python<'py>,
    pointer: NonNull<ffi::PyObject>,
}

impl<'py> ObjectRef<'py> {
    /// # Safety
    ///
    /// `object` is a live object, and stays so as long as the reference is used.
    #[inline(always)]
    pub unsafe fn new(py: Python<'py>, object: *mut ffi::PyObject) -> Self {
        // SAFETY: an object has an address, by contract.
        let pointer = unsafe { NonNull::new_unchecked(object) };
        Self { py, pointer }
    }

    /// Makes a reference to an object that may be missing.
    ///
    /// # Safety
    ///
    /// `object` is null, or as for [`new`](Self::new).
    #[inline(always)]
    pub unsafe fn or_none(py: Python<'py>, object: *mut ffi::PyObject) -> Option<Self> {
        NonNull::new(object).map(|pointer| Self { py, pointer })
    }

    /// Takes a reference of `pyo3`'s.
    pub fn from_borrowed<'a: 'py, T>(borrowed: Borrowed<'a, 'py, T>) -> Self {
        // SAFETY: the object is alive as long as it is borrowed.
        unsafe { Self::new(borrowed.py(), borrowed.as_ptr()) }
    }

    /// Borrows an object that is kept.
    #[inline(always)]
    pub fn of(py: Python<'py>, object: &'py Object) -> Self {
        // SAFETY: what is kept is alive as long as it is borrowed.
        unsafe { Self::new(py, object.as_ptr()) }
    }

    /// Returns the same reference as `pyo3` has it.
    pub fn as_borrowed(self) -> Borrowed<'py, 'py, PyAny> {
        // SAFETY: the object is alive as long as the reference.
        unsafe { Borrowed::from_ptr(self.py, self.as_ptr()) }
    }

    #[inline(always)]
    pub fn py(self) -> Python<'py> {
        self.py
    }

    #[inline(always)]
    pub fn as_ptr(self) -> *mut ffi::PyObject {
        self.pointer.as_ptr()
    }

    /// Returns the address, which is the object's own as long as it lives.
    #[inline(always)]
    pub fn address(self) -> usize {
        self.pointer.as_ptr() as usize
    }

    /// Returns the object's type.
    #[inline(always)]
    pub fn kind(self) -> *mut ffi::PyTypeObject {
        // SAFETY: the object is alive, and keeps its type alive.
        unsafe { ffi::Py_TYPE(self.as_ptr()) }
    }

    /// Returns the object's type as an object.
    pub fn type_object(self) -> Self {
        // SAFETY: the type is alive as long as the object is, whose type is only changed by its program.
        unsafe { Self::new(self.py, self.kind().cast()) }
    }

    pub fn is_none(self) -> bool {
        // SAFETY: `None` is there as long as the interpreter.
        ptr::eq(self.as_ptr(), unsafe { ffi::Py_None() })
    }

    /// Returns whether this is a str and of no subclass, whose end the program does not notice.
    #[inline]
    pub fn is_plain_str(self) -> bool {
        // SAFETY: the object is alive.
        unsafe { ffi::PyUnicode_CheckExact(self.as_ptr()) != 0 }
    }

    /// Keeps the object.
    pub fn keep(self) -> Object {
        // SAFETY: the object is alive.
        let kept = unsafe { Object::keep(self.py, self.as_ptr()) };
        kept.expect("an object has an address")
    }

    /// Returns the text of a str, of a subclass too; `None` for any other object.
    pub fn text(self) -> Option<Cow<'py, str>> {
        python::text(self.as_borrowed())
    }

    /// Returns the name of the object's type, without asking its metaclass.
    pub fn type_name(self) -> Option<String> {
        python::type_name(self.as_borrowed())
    }

    /// Returns this object as a str, or as one of a subclass.
    #[inline]
    pub fn as_str(self) -> Option<StrRef<'py>> {
        // SAFETY: the object is alive.
        let is_str = unsafe { ffi::PyUnicode_Check(self.as_ptr()) != 0 };
        is_str.then_some(StrRef(self))
    }

    /// Returns this object as a dict, unless it is something else or of a subclass.
    #[inline]
    pub fn as_plain_dict(self) -> Option<DictRef<'py>> {
        // SAFETY: the object is alive.
        let is_dict = unsafe { ffi::PyDict_CheckExact(self.as_ptr()) != 0 };
        is_dict.then_some(DictRef(self))
    }
}

/// A live str, or one of a subclass.
#[derive(Clone, Copy)]
pub struct StrRef<'py>(ObjectRef<'py>);

impl<'py> StrRef<'py> {
    #[inline(always)]
    pub fn as_ptr(self) -> *mut ffi::PyObject {
        self.0.as_ptr()
    }

    #[inline(always)]
    pub fn as_object(self) -> ObjectRef<'py> {
        self.0
    }

    /// Returns how many characters there are.
    #[inline]
    pub fn length(self) -> usize {
        // SAFETY: the object is a live str.
        unsafe { ffi::PyUnicode_GetLength(self.as_ptr()) }
            .max(0)
            .cast_unsigned()
    }

    /// Returns the first character; `None` of an empty text, and where it is a lone surrogate.
    #[inline]
    pub fn first(self) -> Option<char> {
        (self.length() > 0)
            .then(|| self.character(0))
            .and_then(char::from_u32)
    }

    /// Returns whether the text begins with two underscores, and has more than these.
    #[inline]
    pub fn is_dunder(self) -> bool {
        let underscore = u32::from(b'_');
        self.length() > 2 && self.character(0) == underscore && self.character(1) == underscore
    }

    #[inline]
    fn character(self, index: ffi::Py_ssize_t) -> u32 {
        // SAFETY: the object is a live str; an index beyond its end gives an error value.
        unsafe { ffi::PyUnicode_ReadChar(self.as_ptr(), index) }
    }
}

/// A live dict, of no subclass.
#[derive(Clone, Copy)]
pub struct DictRef<'py>(ObjectRef<'py>);

impl<'py> DictRef<'py> {
    #[inline]
    pub fn length(self) -> usize {
        // SAFETY: the object is a live dict.
        unsafe { ffi::PyDict_Size(self.0.as_ptr()) }
            .max(0)
            .cast_unsigned()
    }

    #[inline(always)]
    pub fn as_object(self) -> ObjectRef<'py> {
        self.0
    }

    /// Returns the keys and values. Nothing may change the dict meanwhile: the recorder runs no code that
    /// could, and does not let go of Python's lock.
    #[inline]
    pub fn entries(self) -> impl Iterator<Item = (ObjectRef<'py>, ObjectRef<'py>)> {
        let (mut position, mut key, mut value) = (0, ptr::null_mut(), ptr::null_mut());
        std::iter::from_fn(move || {
            // SAFETY: the dict is alive and unchanged, and lends live keys and values.
            unsafe {
                let dict = self.0.as_ptr();
                let is_one = ffi::PyDict_Next(dict, &mut position, &mut key, &mut value) != 0;
                is_one.then(|| {
                    (
                        ObjectRef::new(self.0.py, key),
                        ObjectRef::new(self.0.py, value),
                    )
                })
            }
        })
    }
}
