//! The evidence of a frame that starts.

use std::thread;

use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::types::PyDict;

use super::callers::Callers;
use super::facts::InterpreterFacts;
use super::modules::Modules;
use super::namespace::{Namespace, NamespaceValues, payload};
use super::object::{Object, attribute};
use crate::evidence::{CodeEvidence, FrameEvidence, PythonState};
use crate::{ModuleName, Runner};

/// A frame that starts, with the objects that its evidence borrows from.
pub(super) struct StartingFrame<'py> {
    globals: Bound<'py, PyDict>,
    file: Option<Bound<'py, PyAny>>,
    name: Option<Bound<'py, PyAny>>,
    qualname: Option<Bound<'py, PyAny>>,
    flags: u32,
    locals_are_globals: bool,
    values: NamespaceValues<'py>,
}

impl<'py> StartingFrame<'py> {
    /// Reads the frame that the calling thread runs, which executes `code`. `None` where it runs none.
    pub(super) fn read(facts: &InterpreterFacts, code: Borrowed<'_, 'py, PyAny>) -> Option<Self> {
        // SAFETY: the frame lends its globals, or there is none.
        let globals =
            unsafe { Bound::from_borrowed_ptr_or_opt(code.py(), ffi::PyEval_GetGlobals()) };
        let get = |name: &Object| attribute(code, name);
        let flags = get(&facts.co_flags).and_then(|flags| flags.extract().ok());
        let mut frame = Self {
            globals: globals?.cast_into().ok()?,
            file: get(&facts.co_filename),
            name: get(&facts.co_name),
            qualname: get(&facts.co_qualname),
            flags: flags.unwrap_or(0),
            locals_are_globals: false,
            values: NamespaceValues::default(),
        };
        frame.locals_are_globals = frame.code().is_module_code() && frame.has_globals_as_locals();
        if frame.locals_are_globals {
            frame.values = Namespace::new(facts, frame.globals.as_borrowed()).values();
        }
        Some(frame)
    }

    /// Says what the code object and the namespace say.
    pub(super) fn evidence(&self) -> FrameEvidence<'_> {
        FrameEvidence {
            code: self.code(),
            locals_are_globals: self.locals_are_globals,
            namespace: self.values.evidence(),
        }
    }

    /// Returns what only the running interpreter knows of the frame.
    pub(super) fn state<'a>(&'a self, facts: &'a InterpreterFacts) -> RunningState<'a, 'py> {
        RunningState { facts, frame: self }
    }

    /// To be asked of module code only, whose locals are a mapping that exists already.
    fn has_globals_as_locals(&self) -> bool {
        // SAFETY: attached to the interpreter; the frame lends its locals.
        let locals = unsafe { ffi::PyEval_GetLocals() };
        if locals.is_null() {
            // SAFETY: as above.
            unsafe { ffi::PyErr_Clear() };
        }
        locals == self.globals.as_ptr()
    }

    fn code(&self) -> CodeEvidence<'_> {
        CodeEvidence {
            name: payload(&self.name).unwrap_or_default(),
            qualname: payload(&self.qualname).unwrap_or_default(),
            file: payload(&self.file).unwrap_or_default(),
            flags: self.flags,
        }
    }
}

/// A running interpreter, asked about a frame that starts.
pub(super) struct RunningState<'a, 'py> {
    facts: &'a InterpreterFacts,
    frame: &'a StartingFrame<'py>,
}

impl RunningState<'_, '_> {
    fn modules(&self) -> Modules<'_> {
        Modules::new(self.frame.globals.py())
    }
}

impl PythonState for RunningState<'_, '_> {
    fn runner(&mut self) -> Runner {
        let file = payload(&self.frame.file);
        let callers = Callers {
            facts: self.facts,
            namespace: Namespace::new(self.facts, self.frame.globals.as_borrowed()),
            file: file.as_deref(),
        };
        callers.runner()
    }

    fn is_registered_as(&mut self, name: &ModuleName) -> bool {
        self.modules()
            .holds(name.as_str(), self.frame.globals.as_borrowed())
    }

    fn registered_name(&mut self) -> Option<String> {
        self.modules().key_of(self.frame.globals.as_borrowed())
    }

    fn on_main_thread(&mut self) -> bool {
        thread::current().id() == self.facts.main_thread
    }

    fn is_builtin_main_namespace(&mut self) -> bool {
        self.facts.builtin_main == Some(self.frame.globals.as_ptr() as usize)
    }
}
