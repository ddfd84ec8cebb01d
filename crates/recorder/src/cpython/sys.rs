//! Attributes of `sys`, and symbols of the process.

use std::ffi::{CStr, c_void};

use module_identity::cpython::text;
use pyo3::ffi;
use pyo3::prelude::*;

/// Returns the address of the function of this name in this process; null where there is none.
pub fn symbol(name: &CStr) -> *mut c_void {
    // SAFETY: the name is a C string, and the default scope needs no handle.
    unsafe { libc::dlsym(libc::RTLD_DEFAULT, name.as_ptr()) }
}

/// Returns an attribute of `sys`, without an `import` that the program may have replaced.
pub fn attribute<'py>(py: Python<'py>, name: &CStr) -> Option<Bound<'py, PyAny>> {
    // SAFETY: the call lends a reference, or gives null without an error.
    unsafe { Bound::from_borrowed_ptr_or_opt(py, ffi::PySys_GetObject(name.as_ptr())) }
}

/// Copies the text of a str; empty for anything else.
pub fn owned_text(object: &Bound<'_, PyAny>) -> String {
    let text = text(object.as_borrowed());
    text.unwrap_or_default().into_owned()
}
