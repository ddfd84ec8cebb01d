//! The frames on the calling thread's stack.

use std::ptr::{self, NonNull};

use module_identity::cpython::{FrameVariables, Object};
use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::types::PyDict;

use super::code::{CodeRef, OptimizedCode};

unsafe extern "C" {
    /// Returns the caller's frame, a new reference; null where there is none. Since CPython 3.9.
    fn PyFrame_GetBack(frame: *mut ffi::PyFrameObject) -> *mut ffi::PyFrameObject;
    /// Returns the globals of a frame, a new reference. Since CPython 3.11.
    fn PyFrame_GetGlobals(frame: *mut ffi::PyFrameObject) -> *mut ffi::PyObject;
    /// Returns the variables of a frame as a mapping, a new reference; the namespace itself where they are
    /// in one. Since CPython 3.11.
    fn PyFrame_GetLocals(frame: *mut ffi::PyFrameObject) -> *mut ffi::PyObject;
}

/// A frame on the calling thread's stack, where it stays as long as a callback runs.
#[derive(Clone, Copy)]
pub struct FrameRef<'py> {
    py: Python<'py>,
    pointer: NonNull<ffi::PyFrameObject>,
}

impl<'py> FrameRef<'py> {
    /// Returns the frame that runs.
    #[inline]
    pub fn current(py: Python<'py>) -> Option<Self> {
        // SAFETY: the caller is attached to the interpreter, and a frame that runs lends its frame object.
        let pointer = NonNull::new(unsafe { ffi::PyEval_GetFrame() })?;
        Some(Self { py, pointer })
    }

    /// Returns the address of the frame object, which is its own as long as the frame runs.
    pub fn address(self) -> usize {
        self.pointer.as_ptr() as usize
    }

    /// Reads the variables of the frame, which runs this code: a function's.
    #[inline]
    pub fn variables(self, code: OptimizedCode) -> Option<FrameVariables<'py>> {
        // SAFETY: the frame object is alive, and is on the stack as long as a callback runs.
        unsafe { FrameVariables::read_running(self.py, self.pointer.as_ptr(), code.0 as *mut _) }
    }

    /// Returns the frame's variables as a mapping: of a function a view of them since CPython 3.13, a dict
    /// before; of other code the namespace that it runs in.
    pub fn locals(self) -> Option<Object> {
        // SAFETY: the frame object is alive; the call gives a new reference or an error.
        unsafe { Object::own(self.py, PyFrame_GetLocals(self.pointer.as_ptr())) }
    }

    /// Returns whether the frame runs `code`.
    fn runs(self, code: CodeRef<'_>) -> bool {
        self.code()
            .is_some_and(|found| ptr::eq(found.as_ptr(), code.as_ptr()))
    }

    pub fn py(self) -> Python<'py> {
        self.py
    }

    /// Returns the code that the frame runs.
    pub fn code(self) -> Option<Object> {
        // SAFETY: the frame object is alive, and gives a new reference to its code.
        unsafe { Object::own(self.py, ffi::PyFrame_GetCode(self.pointer.as_ptr()).cast()) }
    }

    /// Returns the globals of the frame.
    pub fn globals(self) -> Option<Bound<'py, PyDict>> {
        // SAFETY: the frame object is alive, and gives a new reference to its globals, which are a dict.
        unsafe {
            let globals = PyFrame_GetGlobals(self.pointer.as_ptr());
            let globals = Bound::from_owned_ptr_or_opt(self.py, globals)?;
            Some(globals.cast_into_unchecked())
        }
    }

    /// Returns the line that the frame is at; 0 where it is at none.
    pub fn line(self) -> u32 {
        // SAFETY: the frame object is alive.
        let line = unsafe { ffi::PyFrame_GetLineNumber(self.pointer.as_ptr()) };
        line.try_into().unwrap_or_default()
    }

    /// Returns the frames that called this one, from the inside out.
    pub fn callers(self) -> impl Iterator<Item = Self> {
        std::iter::successors(self.caller(), |frame| frame.caller())
    }

    fn caller(self) -> Option<Self> {
        // SAFETY: the caller's frame is on the stack, too, so that it keeps its frame object when the new
        // reference is given back.
        let pointer = unsafe {
            let back = PyFrame_GetBack(self.pointer.as_ptr());
            drop(Object::own(self.py, back.cast()));
            NonNull::new(back)
        };
        pointer.map(|pointer| Self { pointer, ..self })
    }
}

/// Returns the globals of the frame that runs.
pub fn globals(py: Python<'_>) -> Option<Borrowed<'_, '_, PyDict>> {
    // SAFETY: attached to the interpreter; a frame that runs lends its globals, which are a dict.
    unsafe {
        let globals = Borrowed::from_ptr_or_opt(py, ffi::PyEval_GetGlobals())?;
        Some(globals.cast_unchecked::<PyDict>())
    }
}

/// Returns the address of the frame object that runs; 0 where there is no frame.
pub fn current_address(py: Python<'_>) -> usize {
    FrameRef::current(py).map_or(0, FrameRef::address)
}

/// Returns the code of the frames on the calling thread's stack.
pub fn codes(py: Python<'_>) -> Vec<Object> {
    frames(py).filter_map(FrameRef::code).collect()
}

/// Counts the frames on the calling thread's stack that run `code`.
pub fn count(code: CodeRef<'_>) -> u32 {
    count_where(code, |_| true)
}

/// Counts the frames on the calling thread's stack that run `code` and are to be counted.
pub fn count_where(code: CodeRef<'_>, is_counted: impl Fn(FrameRef<'_>) -> bool) -> u32 {
    let runs = frames(code.py()).filter(|frame| frame.runs(code));
    let counted = runs.filter(|frame| is_counted(*frame));
    counted.fold(0, |count, _| count + 1)
}

/// Returns whether the caller of the frame that runs is another run of its own code, which is `code`.
pub fn calls_itself(code: CodeRef<'_>) -> bool {
    frames(code.py())
        .nth(1)
        .is_some_and(|frame| frame.runs(code))
}

/// Returns the frames from the inside out.
fn frames(py: Python<'_>) -> impl Iterator<Item = FrameRef<'_>> {
    std::iter::successors(FrameRef::current(py), |frame| frame.caller())
}
