//! The functions of this extension for those who write C, as `truename.h` declares them.

use std::ffi::{CStr, c_int};
use std::ptr::NonNull;

use pyo3::ffi;
use pyo3::prelude::*;

/// The version in `truename.h`, which grows when functions are added.
const VERSION: c_int = 1;

/// The place where `PyCapsule_Import` finds the capsule.
const NAME: &CStr = c"truename.C_API";

/// Labels a frame.
pub type LabelOfFrame =
    unsafe extern "C" fn(api: *const CApi, frame: *mut ffi::PyObject) -> *mut ffi::PyObject;

/// Labels a code object, with a name or a null.
pub type LabelOfCode = unsafe extern "C" fn(
    api: *const CApi,
    code: *mut ffi::PyObject,
    name: *mut ffi::PyObject,
) -> *mut ffi::PyObject;

/// The struct `truename_api`, and behind what the header knows of it the module whose functions it has.
#[repr(C)]
pub struct CApi {
    version: c_int,
    label_of_frame: LabelOfFrame,
    label_of_code: LabelOfCode,
    module: NonNull<ffi::PyObject>,
}

impl CApi {
    /// Returns the module object, which lives as long as this does.
    pub fn module(&self) -> *mut ffi::PyObject {
        self.module.as_ptr()
    }
}

/// Makes a capsule that C code takes the functions from; it keeps the module.
///
/// # Errors
///
/// When there is no memory.
pub fn capsule(
    module: &Bound<'_, PyAny>,
    label_of_frame: LabelOfFrame,
    label_of_code: LabelOfCode,
) -> PyResult<*mut ffi::PyObject> {
    let py = module.py();
    let kept = module.clone().into_ptr();
    let api = Box::into_raw(Box::new(CApi {
        version: VERSION,
        label_of_frame,
        label_of_code,
        // SAFETY: a `Bound` is never null.
        module: unsafe { NonNull::new_unchecked(kept) },
    }));
    // SAFETY: the name is static, and the destructor alone frees what the capsule points to.
    let capsule = unsafe { ffi::PyCapsule_New(api.cast(), NAME.as_ptr(), Some(free)) };
    if capsule.is_null() {
        let error = PyErr::fetch(py);
        // SAFETY: no capsule has taken it.
        unsafe { drop_api(api) };
        return Err(error);
    }
    Ok(capsule)
}

/// Frees what a capsule points to.
unsafe extern "C" fn free(capsule: *mut ffi::PyObject) {
    // SAFETY: CPython passes a capsule that was made above, once, attached to its interpreter.
    unsafe { drop_api(ffi::PyCapsule_GetPointer(capsule, NAME.as_ptr()).cast()) }
}

/// Frees an interface, with its reference to the module.
///
/// # Safety
///
/// It was boxed above, nothing uses it any more, and the thread is attached to its interpreter.
unsafe fn drop_api(api: *mut CApi) {
    // SAFETY: by contract.
    unsafe {
        let api = Box::from_raw(api);
        ffi::Py_DECREF(api.module());
    }
}
