//! The frames on the calling thread's stack.

use std::ptr::{self, NonNull};

use module_identity::cpython::Object;
use pyo3::ffi;
use pyo3::prelude::*;

unsafe extern "C" {
    /// The caller's frame, a new reference; null where there is none. Since CPython 3.9.
    fn PyFrame_GetBack(frame: *mut ffi::PyFrameObject) -> *mut ffi::PyFrameObject;
}

/// How many of the frames on the calling thread's stack run `code`.
pub fn count(py: Python<'_>, code: *mut ffi::PyObject) -> u32 {
    count_where(py, code, |_| true)
}

/// How many of the frames on the calling thread's stack run `code` and are counted.
pub fn count_where(
    py: Python<'_>,
    code: *mut ffi::PyObject,
    is_counted: impl Fn(*mut ffi::PyFrameObject) -> bool,
) -> u32 {
    let runs = frames(py).filter(|frame| runs(py, *frame, code));
    let counted = runs.filter(|frame| is_counted(frame.as_ptr()));
    counted.fold(0, |count, _| count + 1)
}

/// Whether the caller of the frame that runs is another run of its own code, which is `code`.
pub fn calls_itself(py: Python<'_>, code: *mut ffi::PyObject) -> bool {
    frames(py).nth(1).is_some_and(|frame| runs(py, frame, code))
}

/// From the inside out, each alive for as long as its thread does nothing else.
fn frames(py: Python<'_>) -> impl Iterator<Item = NonNull<ffi::PyFrameObject>> {
    // SAFETY: the caller is attached to the interpreter; a frame that runs is lent.
    let first = NonNull::new(unsafe { ffi::PyEval_GetFrame() });
    std::iter::successors(first, move |frame| {
        // SAFETY: the frame is on the stack, and so is its caller, if there is one, which keeps its
        // frame object when the reference is given back.
        unsafe {
            let back = PyFrame_GetBack(frame.as_ptr());
            drop(Object::own(py, back.cast()));
            NonNull::new(back)
        }
    })
}

/// Whether a frame on the stack runs `code`.
fn runs(py: Python<'_>, frame: NonNull<ffi::PyFrameObject>, code: *mut ffi::PyObject) -> bool {
    // SAFETY: the frame is alive, and gives a new reference to its code.
    let found = unsafe { Object::own(py, ffi::PyFrame_GetCode(frame.as_ptr()).cast()) };
    found.is_some_and(|found| ptr::eq(found.as_ptr(), code))
}
