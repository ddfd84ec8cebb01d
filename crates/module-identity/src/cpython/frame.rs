//! Frames of Python code.

use std::borrow::Cow;

use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyTuple};

use super::facts::InterpreterFacts;
use super::object::{Object, attribute, owned, text};
use super::variables::{CodeVariable, FrameVariables};

unsafe extern "C" {
    static mut PyFrame_Type: ffi::PyTypeObject;
}

/// `CO_OPTIMIZED`.
const OPTIMIZED: u32 = 0x1;

/// A frame that runs Python code.
#[derive(Clone)]
pub(super) struct Frame<'py>(Bound<'py, PyAny>);

impl<'py> Frame<'py> {
    /// Returns the frame that the calling thread runs.
    pub(super) fn current(py: Python<'py>) -> Option<Self> {
        // SAFETY: the thread lends its frame object, or has none.
        unsafe { Bound::from_borrowed_ptr_or_opt(py, ffi::PyEval_GetFrame().cast()) }.map(Self)
    }

    /// Takes a frame object that somebody has; `None` where the object is none.
    pub(super) fn of(object: Borrowed<'_, 'py, PyAny>) -> Option<Self> {
        // SAFETY: `object` is alive, and so is the type, which belongs to the interpreter itself.
        let is_frame = unsafe { ffi::Py_TYPE(object.as_ptr()) == &raw mut PyFrame_Type };
        is_frame.then(|| Self(object.to_owned()))
    }

    /// Returns its locals, of module code alone: there they are a mapping that exists already.
    pub(super) fn locals(&self, facts: &InterpreterFacts) -> Option<Bound<'py, PyAny>> {
        attribute(self.0.as_borrowed(), &facts.f_locals)
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
            .extract()
            .ok()
    }

    /// Returns the values of those `variables` that are set. `code` is the frame's.
    pub(super) fn values(
        &self,
        code: &CodeObject<'py>,
        facts: &InterpreterFacts,
        variables: &[CodeVariable],
    ) -> Vec<Bound<'py, PyAny>> {
        if !code.is_optimized(facts) {
            return Vec::new();
        }
        let py = self.0.py();
        // SAFETY: `self` is a frame, and its code is optimized.
        let read = unsafe { FrameVariables::read(py, self.0.as_ptr().cast(), code.0.as_ptr()) };
        let value = |variable| Some(read.as_ref()?.get(variable)?.bind(py).to_owned());
        variables.iter().filter_map(value).collect()
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

    /// Returns whether its variables are its own, as a function's are, and in no mapping.
    fn is_optimized(&self, facts: &InterpreterFacts) -> bool {
        let flags = attribute(self.0.as_borrowed(), &facts.co_flags);
        let flags = flags.and_then(|flags| flags.extract::<u32>().ok());
        flags.is_some_and(|flags| flags & OPTIMIZED != 0)
    }

    /// Returns its first positional arguments, at most `most`.
    pub(super) fn arguments(&self, facts: &InterpreterFacts, most: usize) -> Vec<CodeVariable> {
        let count = attribute(self.0.as_borrowed(), &facts.co_argcount);
        let count = count.and_then(|count| count.extract().ok()).unwrap_or(0);
        let mut variables = self.variables(facts);
        variables.truncate(most.min(count));
        variables
    }

    /// Returns its variables, arguments first, `co_varnames`.
    pub(super) fn variables(&self, facts: &InterpreterFacts) -> Vec<CodeVariable> {
        let names = self.names(&facts.co_varnames);
        let cells = self.names(&facts.co_cellvars);
        let variable = |(index, name): (usize, Bound<'py, PyAny>)| CodeVariable {
            is_cell: cells.iter().any(|cell| cell.is(&name)),
            name: name.into(),
            index,
        };
        names.into_iter().enumerate().map(variable).collect()
    }

    /// Returns the items of an attribute that is a tuple.
    fn names(&self, attribute_name: &Object) -> Vec<Bound<'py, PyAny>> {
        let names = attribute(self.0.as_borrowed(), attribute_name);
        let names = names.and_then(|names| names.extract::<Bound<'py, PyTuple>>().ok());
        names.map_or_else(Vec::new, |names| names.iter().collect())
    }

    /// Returns the object itself.
    pub(super) fn as_any(&self) -> &Bound<'py, PyAny> {
        &self.0
    }

    fn text(&self, name: &Object) -> Option<String> {
        let value = attribute(self.0.as_borrowed(), name)?;
        text(value.as_borrowed()).map(Cow::into_owned)
    }
}
