//! References to Python objects, and the few questions that are safe to ask of any of them.

use std::borrow::Cow;
use std::ffi::CStr;
use std::ptr;

use pyo3::ffi;
use pyo3::prelude::*;

/// A counted reference to a Python object, never null.
pub struct Object(ptr::NonNull<ffi::PyObject>);

/// A text out of Python; what UTF-8 cannot carry appears as `\udcff`.
pub type Text<'a> = Cow<'a, str>;

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

    /// The object, borrowed.
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

impl Drop for Object {
    fn drop(&mut self) {
        // SAFETY: the reference is this value's own. Values live within one callback, or in the
        // recorder's state, which only code that is attached to the interpreter reaches.
        unsafe { ffi::Py_DECREF(self.0.as_ptr()) };
    }
}

// SAFETY: a reference is only used and dropped by code that is attached to the interpreter.
unsafe impl Send for Object {}

/// An interned str, for comparing and for asking by name.
///
/// # Panics
///
/// When Python has no memory left.
pub fn named(py: Python<'_>, name: &CStr) -> Object {
    // SAFETY: `name` is a C string; the call gives a new reference.
    unsafe { Object::own(py, ffi::PyUnicode_InternFromString(name.as_ptr())) }
        .expect("Python has memory for a short str")
}

/// The payload of a str, of a subclass too; `None` for any other object.
///
/// # Safety
///
/// `object` is null or a live object that outlives the text.
pub unsafe fn text<'a>(py: Python<'_>, object: *mut ffi::PyObject) -> Option<Text<'a>> {
    // SAFETY: `object` is alive, by contract; the bytes belong to it.
    unsafe {
        if object.is_null() || ffi::PyUnicode_Check(object) == 0 {
            return None;
        }
        let mut length = 0;
        let bytes = ffi::PyUnicode_AsUTF8AndSize(object, &mut length);
        if !bytes.is_null() {
            let bytes = std::slice::from_raw_parts(bytes.cast::<u8>(), length.unsigned_abs());
            // (CPython's encoder has made sure that it is UTF-8)
            return Some(Cow::Borrowed(std::str::from_utf8_unchecked(bytes)));
        }
        ffi::PyErr_Clear();
        let (encoding, handler) = (c"utf-8".as_ptr(), c"backslashreplace".as_ptr());
        let encoded = Object::own(
            py,
            ffi::PyUnicode_AsEncodedString(object, encoding, handler),
        )?;
        let bytes = ffi::PyBytes_AsString(encoded.as_ptr()).cast::<u8>();
        let length = ffi::PyBytes_Size(encoded.as_ptr()).unsigned_abs();
        let bytes = std::slice::from_raw_parts(bytes, length);
        Some(Cow::Owned(String::from_utf8_lossy(bytes).into_owned()))
    }
}

/// The name of an object's type, without asking its metaclass.
///
/// # Safety
///
/// `object` is a live object.
pub unsafe fn type_name(py: Python<'_>, object: *mut ffi::PyObject) -> Option<String> {
    // SAFETY: each object has a type; the call gives a new reference.
    unsafe {
        let name = Object::own(py, ffi::PyType_GetName(ffi::Py_TYPE(object)))?;
        text(py, name.as_ptr()).map(Cow::into_owned)
    }
}

/// An attribute of an object whose type is known to run no code of the program's.
///
/// # Safety
///
/// `object` is a live object of one of the interpreter's own types.
pub(super) unsafe fn attribute(
    py: Python<'_>,
    object: *mut ffi::PyObject,
    name: &Object,
) -> Option<Object> {
    // SAFETY: both are alive; the call gives a new reference or an error.
    unsafe { Object::own(py, ffi::PyObject_GetAttr(object, name.as_ptr())) }
}

unsafe extern "C" {
    /// Since CPython 3.12, whose headers pyo3 does not have it from.
    fn PyFrame_GetVar(
        frame: *mut ffi::PyFrameObject,
        name: *mut ffi::PyObject,
    ) -> *mut ffi::PyObject;
}

/// A variable of a frame, by name; `None` where it has none of that name or it is not set. Runs no code
/// of the program's.
///
/// # Safety
///
/// `frame` is a live frame object, and `name` a live str.
pub unsafe fn variable(
    py: Python<'_>,
    frame: *mut ffi::PyFrameObject,
    name: *mut ffi::PyObject,
) -> Option<Object> {
    // SAFETY: by contract; the call gives a new reference or an error.
    unsafe { Object::own(py, PyFrame_GetVar(frame, name)) }
}

/// The value under `key` in a raw dictionary, borrowed; null when there is none.
///
/// To look a key up can run the `__eq__` of another, which can change the dictionary. So that is done
/// only where all keys are plain str; other dictionaries are gone through, and texts compared: a plain str
/// counts before others.
///
/// # Safety
///
/// `dict` is a live dict, or an instance of a subclass.
pub(super) unsafe fn item(dict: *mut ffi::PyObject, key: &Object) -> *mut ffi::PyObject {
    let mut are_plain = true;
    // SAFETY: both are alive, and `dict` is a dict, which lends live objects.
    unsafe {
        for (other, value) in entries(dict) {
            // (most keys are interned, as this one is)
            if other == key.as_ptr() {
                return value;
            }
            are_plain &= ffi::PyUnicode_CheckExact(other) != 0;
        }
        if are_plain {
            let value = ffi::PyDict_GetItemWithError(dict, key.as_ptr());
            if value.is_null() {
                ffi::PyErr_Clear();
            }
            return value;
        }
        let is_key = |other| {
            ffi::PyUnicode_Check(other) != 0 && ffi::PyUnicode_Compare(other, key.as_ptr()) == 0
        };
        let mut same = entries(dict).filter(|(other, _)| is_key(*other));
        let mut found = same.next();
        // (Python finds a plain str under that name, and maybe no other key with its text)
        if let Some(plain) = same.find(|(other, _)| ffi::PyUnicode_CheckExact(*other) != 0) {
            found = Some(plain);
        }
        found.map_or(ptr::null_mut(), |(_, value)| value)
    }
}

/// The keys and values of a raw dictionary, borrowed.
///
/// # Safety
///
/// `dict` is a live dict, or an instance of a subclass, and nothing changes it meanwhile.
pub(super) unsafe fn entries(
    dict: *mut ffi::PyObject,
) -> impl Iterator<Item = (*mut ffi::PyObject, *mut ffi::PyObject)> {
    let (mut position, mut key, mut value) = (0, ptr::null_mut(), ptr::null_mut());
    std::iter::from_fn(move || {
        // SAFETY: by contract.
        let is_one = unsafe { ffi::PyDict_Next(dict, &mut position, &mut key, &mut value) } != 0;
        is_one.then_some((key, value))
    })
}

/// The raw dictionary of a module, or of another object that keeps its attributes in one.
///
/// # Safety
///
/// `object` is a live object.
pub(super) unsafe fn dictionary(py: Python<'_>, object: *mut ffi::PyObject) -> Option<Object> {
    // SAFETY: `object` is alive. Neither call runs code of the object's type: the second reads
    // the dictionary's slot in the object.
    unsafe {
        if ffi::PyModule_Check(object) != 0 {
            return Object::keep(py, ffi::PyModule_GetDict(object));
        }
        Object::own(py, ffi::PyObject_GenericGetDict(object, ptr::null_mut()))
            .filter(|dict| ffi::PyDict_Check(dict.as_ptr()) != 0)
    }
}
