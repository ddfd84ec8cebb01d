//! The evidence of a frame that starts.

use std::thread;

use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::types::PyDict;

use super::callers::Callers;
use super::facts::{InterpreterFacts, instructions};
use super::memory::Memory;
use super::modules::Modules;
use super::namespace::{Namespace, NamespaceValues, payload};
use super::object::{Object, attribute};
use crate::evidence::{CodeEvidence, FrameEvidence, PythonState};
use crate::name::MAIN;
use crate::{Identity, ModuleName, Rule, Runner};

/// A frame that starts, with the objects that its evidence borrows from.
pub(super) struct StartingFrame<'py> {
    code: Bound<'py, PyAny>,
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
            code: code.to_owned(),
            globals: globals?.cast_into().ok()?,
            file: get(&facts.co_filename),
            name: get(&facts.co_name),
            qualname: get(&facts.co_qualname),
            flags: flags.unwrap_or(0),
            locals_are_globals: false,
            values: NamespaceValues::default(),
        };
        frame.locals_are_globals =
            frame.code_evidence().is_module_code() && frame.has_globals_as_locals();
        if frame.locals_are_globals {
            frame.values = Namespace::new(facts, frame.globals.as_borrowed()).values();
        }
        Some(frame)
    }

    /// Says what the code object and the namespace say.
    pub(super) fn evidence(&self) -> FrameEvidence<'_> {
        FrameEvidence {
            code: self.code_evidence(),
            locals_are_globals: self.locals_are_globals,
            namespace: self.values.evidence(),
        }
    }

    /// Returns what only the running interpreter knows of the frame.
    pub(super) fn state<'a>(
        &'a self,
        facts: &'a InterpreterFacts,
        memory: &'a Memory,
    ) -> RunningState<'a, 'py> {
        RunningState {
            facts,
            memory,
            frame: self,
        }
    }

    /// Remembers what later decisions depend on.
    pub(super) fn remember(
        &self,
        identity: &Identity,
        facts: &InterpreterFacts,
        memory: &mut Memory,
    ) {
        let namespace = self.globals.as_borrowed();
        let evidence = self.values.evidence();
        let runner = identity.grounds.runner;
        if evidence.name.as_deref() == Some(MAIN)
            && let Some(file) = &evidence.file
            && identity.rule == Rule::File
        {
            memory.add_file(namespace, file);
        }
        if identity.rule == Rule::Cell
            || (identity.rule == Rule::Interactive && runner != Some(Runner::Interpreter))
        {
            if let Some(function) = self.state(facts, memory).callers(None).function() {
                memory.set_kernel(namespace, function.as_any().as_borrowed());
            }
        } else if !matches!(runner, Some(Runner::Import | Runner::Loader)) {
            if facts.is_builtin_main(namespace) {
                memory.builtin_main = true;
            } else if let Some(anchor) = self.anchor() {
                memory.add_body(namespace, anchor.as_borrowed());
            }
        }
    }

    /// Returns an object that lives as long as the namespace is that of one module: the spec, or else
    /// the module.
    fn anchor(&self) -> Option<Bound<'py, PyAny>> {
        self.values
            .spec()
            .cloned()
            .or_else(|| Modules::new(self.globals.py()).module_of(self.globals.as_borrowed()))
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

    fn code_evidence(&self) -> CodeEvidence<'_> {
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
    memory: &'a Memory,
    frame: &'a StartingFrame<'py>,
}

impl<'a, 'py> RunningState<'a, 'py> {
    fn namespace(&self) -> Borrowed<'a, 'py, PyDict> {
        self.frame.globals.as_borrowed()
    }

    fn modules(&self) -> Modules<'py> {
        Modules::new(self.frame.globals.py())
    }

    fn callers<'f>(&self, file: Option<&'f str>) -> Callers<'f, 'py>
    where
        'a: 'f,
    {
        Callers {
            facts: self.facts,
            namespace: Namespace::new(self.facts, self.namespace()),
            code: self.frame.code.as_borrowed(),
            file,
        }
    }
}

impl PythonState for RunningState<'_, '_> {
    fn runner(&mut self) -> Runner {
        self.callers(payload(&self.frame.file).as_deref()).runner()
    }

    fn is_registered_as(&mut self, name: &ModuleName) -> bool {
        self.modules().holds(name.as_str(), self.namespace())
    }

    fn registered_name(&mut self) -> Option<String> {
        self.modules().key_of(self.namespace())
    }

    fn on_main_thread(&mut self) -> bool {
        thread::current().id() == self.facts.main_thread
    }

    fn in_main_interpreter(&mut self) -> bool {
        self.facts.is_main_interpreter
    }

    fn is_builtin_main_namespace(&mut self) -> bool {
        self.facts.is_builtin_main(self.namespace())
    }

    fn is_handed_over(&mut self) -> bool {
        self.callers(None).is_handed_over()
    }

    fn is_kernel(&mut self) -> bool {
        let function = self.callers(None).function();
        function.is_some_and(|function| {
            let function = function.as_any().as_borrowed();
            self.memory.is_kernel(self.namespace(), function)
        })
    }

    fn has_prompt(&mut self) -> bool {
        // SAFETY: the call lends a reference, or gives null without an error.
        !unsafe { ffi::PySys_GetObject(c"ps1".as_ptr()) }.is_null()
    }

    fn binds_names(&mut self) -> bool {
        let Some(store_name) = self.facts.store_name else {
            return false;
        };
        let mut opcodes = instructions(&self.frame.code)
            .into_iter()
            .flatten()
            .step_by(2);
        opcodes.any(|opcode| opcode == store_name)
    }

    fn has_had_a_body(&mut self) -> bool {
        if self.facts.is_builtin_main(self.namespace()) {
            return self.memory.builtin_main;
        }
        let anchor = self.frame.anchor();
        anchor.is_some_and(|anchor| self.memory.has_body(self.namespace(), anchor.as_borrowed()))
    }

    fn has_run_its_file(&mut self) -> bool {
        let evidence = self.frame.values.evidence();
        let file = evidence.file;
        file.is_some_and(|file| self.memory.has_file(self.namespace(), &file))
    }
}
