//! References to Python objects, and the few questions that are safe to ask of any of them.

use std::borrow::Cow;
use std::ffi::CStr;
use std::ptr;

use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::types::PyDict;

/// A counted reference to a Python object, never null, that may outlive a callback.
///
/// Unlike [`Py`], it is dropped at once: its values are dropped only by code that is attached to
/// the interpreter.
pub struct Object(ptr::NonNull<ffi::PyObject>);

impl Object {
    /// Takes over a new reference, as most of the C API gives it. A null clears the error that it
    /// stands for: a question without an answer is no error of the program's.
    ///
    /// # Safety
    ///
    /// `new` is null or a reference that the caller owns.
    pub unsafe fn own(_: Python<'_>, new: *mut ffi::PyObject) -> Option<Self> {
        let object = ptr::NonNull::new(new);
        if object.is_none() {
            // SAFETY: the caller is attached to the interpreter.
            unsafe { ffi::PyErr_Clear() };
        }
        object.map(Self)
    }

    /// Keeps an object that somebody else owns.
    ///
    /// # Safety
    ///
    /// `borrowed` is null or a live object.
    pub unsafe fn keep(_: Python<'_>, borrowed: *mut ffi::PyObject) -> Option<Self> {
        // SAFETY: the object is alive, by contract.
        unsafe { ffi::Py_XINCREF(borrowed) };
        ptr::NonNull::new(borrowed).map(Self)
    }

    /// Lends the object to code that is attached to the interpreter.
    pub fn bind<'a, 'py>(&'a self, py: Python<'py>) -> Borrowed<'a, 'py, PyAny> {
        // SAFETY: this value keeps the object alive for `'a`.
        unsafe { Borrowed::from_ptr(py, self.0.as_ptr()) }
    }

    /// Returns the object, borrowed.
    pub fn as_ptr(&self) -> *mut ffi::PyObject {
        self.0.as_ptr()
    }

    /// Gives the reference away.
    pub fn into_ptr(self) -> *mut ffi::PyObject {
        let pointer = self.0.as_ptr();
        std::mem::forget(self);
        pointer
    }
}

impl<T> From<Bound<'_, T>> for Object {
    fn from(object: Bound<'_, T>) -> Self {
        let pointer = object.into_ptr();
        Self(ptr::NonNull::new(pointer).expect("a bound object is not null"))
    }
}

impl Drop for Object {
    fn drop(&mut self) {
        // SAFETY: the reference is this value's own. Values live within one callback, or in the
        // recorder's state, which only code that is attached to the interpreter reaches.
        unsafe { ffi::Py_DECREF(self.0.as_ptr()) };
    }
}

// SAFETY: a reference is only used and dropped by code that is attached to the interpreter.
unsafe impl Send for Object {}

/// Returns the value of a result, and clears an error. To drop one would keep its objects for ever: `pyo3` waits
/// for a thread that it attached itself.
pub fn quiet<T>(py: Python<'_>, result: PyResult<T>) -> Option<T> {
    result
        .map_err(|error| {
            error.restore(py);
            // SAFETY: `py` says that this thread is attached to the interpreter.
            unsafe { ffi::PyErr_Clear() };
        })
        .ok()
}

/// Returns an interned str, for comparing and for asking by name.
///
/// # Panics
///
/// When Python has no memory left.
pub fn named(py: Python<'_>, name: &CStr) -> Object {
    // SAFETY: `name` is a C string; the call gives a new reference.
    unsafe { Object::own(py, ffi::PyUnicode_InternFromString(name.as_ptr())) }
        .expect("Python has memory for a short str")
}

/// Returns the payload of a str, of a subclass too; `None` for any other object. What UTF-8 cannot
/// carry appears as `\udcff`.
pub fn text<'a>(object: Borrowed<'a, '_, PyAny>) -> Option<Cow<'a, str>> {
    let (py, object) = (object.py(), object.as_ptr());
    // SAFETY: `object` is alive.
    if unsafe { ffi::PyUnicode_Check(object) } == 0 {
        return None;
    }
    let mut length = 0;
    // SAFETY: `object` is a str.
    let bytes = unsafe { ffi::PyUnicode_AsUTF8AndSize(object, &mut length) };
    if !bytes.is_null() {
        // SAFETY: the str owns that many bytes, and is alive for `'a`. CPython's encoder has made
        // sure that they are UTF-8.
        return Some(Cow::Borrowed(unsafe {
            let bytes = std::slice::from_raw_parts(bytes.cast::<u8>(), length.unsigned_abs());
            std::str::from_utf8_unchecked(bytes)
        }));
    }
    let (encoding, handler) = (c"utf-8".as_ptr(), c"backslashreplace".as_ptr());
    // SAFETY: `object` is a str, the others are C strings; the call gives a new reference, whose
    // bytes are read while it is held.
    unsafe {
        ffi::PyErr_Clear();
        let encoded = ffi::PyUnicode_AsEncodedString(object, encoding, handler);
        let encoded = Object::own(py, encoded)?;
        let bytes = ffi::PyBytes_AsString(encoded.as_ptr()).cast::<u8>();
        let length = ffi::PyBytes_Size(encoded.as_ptr()).unsigned_abs();
        let bytes = std::slice::from_raw_parts(bytes, length);
        Some(Cow::Owned(String::from_utf8_lossy(bytes).into_owned()))
    }
}

/// Returns the name of an object's type, without asking its metaclass.
pub fn type_name(object: Borrowed<'_, '_, PyAny>) -> Option<String> {
    // SAFETY: each object has a type; the call gives a new reference.
    let name = unsafe {
        owned(
            object.py(),
            ffi::PyType_GetName(ffi::Py_TYPE(object.as_ptr())),
        )
    }?;
    text(name.as_borrowed()).map(Cow::into_owned)
}

/// Takes over a new reference for the time of a callback. A null clears the error that it stands for.
///
/// # Safety
///
/// `new` is null or a reference that the caller owns.
pub(super) unsafe fn owned<'py>(
    py: Python<'py>,
    new: *mut ffi::PyObject,
) -> Option<Bound<'py, PyAny>> {
    // SAFETY: by contract.
    let object = unsafe { Bound::from_owned_ptr_or_opt(py, new) };
    if object.is_none() {
        // SAFETY: `py` says that this thread is attached to the interpreter.
        unsafe { ffi::PyErr_Clear() };
    }
    object
}

/// Returns an attribute. Only to be asked of the interpreter's own types, whose attributes run no code
/// of the program's.
pub(super) fn attribute<'py>(
    object: Borrowed<'_, 'py, PyAny>,
    name: &Object,
) -> Option<Bound<'py, PyAny>> {
    // SAFETY: both are alive; the call gives a new reference or an error.
    unsafe {
        let value = ffi::PyObject_GetAttr(object.as_ptr(), name.as_ptr());
        owned(object.py(), value)
    }
}

/// Returns the value under `key` in a raw dictionary.
///
/// To look a key up can run the `__eq__` of another, which can change the dictionary. So that is done
/// only where all keys are plain str. Other dictionaries are gone through, and texts compared: a plain
/// str counts before others, since Python itself finds it under that name, and maybe no other key.
pub(super) fn item<'py>(
    dict: Borrowed<'_, 'py, PyDict>,
    key: &Object,
) -> Option<Bound<'py, PyAny>> {
    let mut are_plain = true;
    // SAFETY: nothing in this loop runs code that could change the dictionary.
    for (other, value) in unsafe { entries(dict) } {
        // Most keys are interned, as this one is.
        if other.as_ptr() == key.as_ptr() {
            return Some(value.to_owned());
        }
        are_plain &= is_plain_str(other);
    }
    if are_plain {
        // SAFETY: both are alive; the dict lends its value, or there is an error to clear.
        unsafe {
            let value = ffi::PyDict_GetItemWithError(dict.as_ptr(), key.as_ptr());
            let value = Borrowed::from_ptr_or_opt(dict.py(), value).map(Borrowed::to_owned);
            if value.is_none() {
                ffi::PyErr_Clear();
            }
            return value;
        }
    }
    let is_key = |other: Borrowed<'_, '_, PyAny>| {
        // SAFETY: both are alive; two str are compared without code of theirs.
        unsafe {
            ffi::PyUnicode_Check(other.as_ptr()) != 0
                && ffi::PyUnicode_Compare(other.as_ptr(), key.as_ptr()) == 0
        }
    };
    // SAFETY: as above.
    let mut same = unsafe { entries(dict) }.filter(|(other, _)| is_key(*other));
    let first = same.next()?;
    let (_, value) = if is_plain_str(first.0) {
        first
    } else {
        same.find(|(other, _)| is_plain_str(*other))
            .unwrap_or(first)
    };
    Some(value.to_owned())
}

/// Returns whether an object is a str, and not of a subclass.
pub(super) fn is_plain_str(object: Borrowed<'_, '_, PyAny>) -> bool {
    // SAFETY: `object` is alive.
    unsafe { ffi::PyUnicode_CheckExact(object.as_ptr()) != 0 }
}

/// Returns the keys and values of a raw dictionary, borrowed from it.
///
/// # Safety
///
/// Nothing changes the dictionary while the iterator, or what it lent, is used.
pub(super) unsafe fn entries<'a, 'py>(
    dict: Borrowed<'a, 'py, PyDict>,
) -> impl Iterator<Item = (Borrowed<'a, 'py, PyAny>, Borrowed<'a, 'py, PyAny>)> {
    let (mut position, mut key, mut value) = (0, ptr::null_mut(), ptr::null_mut());
    std::iter::from_fn(move || {
        // SAFETY: the dict is alive, and by contract does not change; it lends what it gives.
        unsafe {
            let is_one = ffi::PyDict_Next(dict.as_ptr(), &mut position, &mut key, &mut value) != 0;
            let lend = |object| Borrowed::from_ptr(dict.py(), object);
            is_one.then(|| (lend(key), lend(value)))
        }
    })
}

/// Returns the raw dictionary of a module, or of another object that keeps its attributes in one.
/// Runs no code of the object's type: the dictionary's slot in the object is read.
pub(super) fn dictionary<'py>(object: Borrowed<'_, 'py, PyAny>) -> Option<Bound<'py, PyDict>> {
    let (py, object) = (object.py(), object.as_ptr());
    // SAFETY: `object` is alive. A module lends its dictionary; of another object the call gives a
    // new reference or an error.
    let dict = unsafe {
        if ffi::PyModule_Check(object) != 0 {
            Bound::from_borrowed_ptr_or_opt(py, ffi::PyModule_GetDict(object))
        } else {
            owned(py, ffi::PyObject_GenericGetDict(object, ptr::null_mut()))
        }
    };
    dict?.extract().ok()
}
