//! Frames of Python code.

use std::borrow::Cow;

use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::types::PyDict;

use super::facts::InterpreterFacts;
use super::object::{Object, attribute, owned, text, variable};

/// A frame that runs Python code.
pub(super) struct Frame<'py>(Bound<'py, PyAny>);

impl<'py> Frame<'py> {
    /// Returns the frame that the calling thread runs.
    pub(super) fn current(py: Python<'py>) -> Option<Self> {
        // SAFETY: the thread lends its frame object, or has none.
        unsafe { Bound::from_borrowed_ptr_or_opt(py, ffi::PyEval_GetFrame().cast()) }.map(Self)
    }

    /// Returns the frame that called this one, if it is of Python code.
    pub(super) fn back(&self, facts: &InterpreterFacts) -> Option<Self> {
        let back = attribute(self.0.as_borrowed(), &facts.f_back)?;
        (!back.is_none()).then_some(Self(back))
    }

    /// Returns the code that it runs. To ask for `f_code` would call the program's audit hooks.
    pub(super) fn code(&self) -> Option<CodeObject<'py>> {
        // SAFETY: `self` is a frame; the call gives a new reference.
        let code = unsafe {
            let frame: *mut ffi::PyFrameObject = self.0.as_ptr().cast();
            owned(self.0.py(), ffi::PyFrame_GetCode(frame).cast())
        };
        code.map(CodeObject)
    }

    /// Returns its globals.
    pub(super) fn globals(&self, facts: &InterpreterFacts) -> Option<Bound<'py, PyDict>> {
        attribute(self.0.as_borrowed(), &facts.f_globals)?
            .cast_into()
            .ok()
    }

    /// Returns the value of a variable, if it is set.
    pub(super) fn variable(&self, name: Borrowed<'_, 'py, PyAny>) -> Option<Object> {
        // SAFETY: `self` is a frame, and `name` is alive. A name that is no str is an error.
        unsafe { variable(self.0.py(), self.0.as_ptr().cast(), name.as_ptr()) }
    }
}

/// A code object.
pub(super) struct CodeObject<'py>(Bound<'py, PyAny>);

impl<'py> CodeObject<'py> {
    /// Returns its file name, `co_filename`.
    pub(super) fn file(&self, facts: &InterpreterFacts) -> Option<String> {
        self.text(&facts.co_filename)
    }

    /// Returns its name, `co_name`.
    pub(super) fn name(&self, facts: &InterpreterFacts) -> Option<String> {
        self.text(&facts.co_name)
    }

    /// Returns the names of its first positional arguments, at most `most`.
    pub(super) fn arguments(
        &self,
        facts: &InterpreterFacts,
        most: usize,
    ) -> Vec<Bound<'py, PyAny>> {
        let count = attribute(self.0.as_borrowed(), &facts.co_argcount);
        let count = count.and_then(|count| count.extract().ok()).unwrap_or(0);
        let Some(names) = attribute(self.0.as_borrowed(), &facts.co_varnames) else {
            return Vec::new();
        };
        let Ok(names) = names.cast::<pyo3::types::PyTuple>() else {
            return Vec::new();
        };
        names.iter().take(most.min(count)).collect()
    }

    fn text(&self, name: &Object) -> Option<String> {
        let value = attribute(self.0.as_borrowed(), name)?;
        text(value.as_borrowed()).map(Cow::into_owned)
    }
}
