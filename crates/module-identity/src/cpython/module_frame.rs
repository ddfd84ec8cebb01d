//! The evidence of a frame: of one that starts, or of one that somebody asks about later.

use std::thread;

use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::types::PyDict;

use super::callers::Callers;
use super::facts::{InterpreterFacts, instructions};
use super::frame::Frame;
use super::memory::Memory;
use super::modules::Modules;
use super::namespace::{Namespace, NamespaceValues, payload};
use super::object::{Object, attribute};
use crate::evidence::{CodeEvidence, FrameEvidence, PythonState};
use crate::name::MAIN;
use crate::{Identity, ModuleName, Rule, Runner};

/// The time at which somebody asks about a frame.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Moment {
    /// The calling thread has just entered it.
    Start,
    /// It starts, runs or has ended, on any thread, and somebody may have asked about it before.
    Any,
}

/// A frame of module code, with the objects that its evidence borrows from.
pub(super) struct ModuleFrame<'py> {
    moment: Moment,
    frame: Option<Frame<'py>>,
    code: Bound<'py, PyAny>,
    globals: Bound<'py, PyDict>,
    file: Option<Bound<'py, PyAny>>,
    name: Option<Bound<'py, PyAny>>,
    qualname: Option<Bound<'py, PyAny>>,
    flags: u32,
    locals_are_globals: bool,
    values: NamespaceValues<'py>,
}

impl<'py> ModuleFrame<'py> {
    /// Reads the frame that the calling thread has just entered, which executes `code`. `None` where it runs none.
    pub(super) fn starting(
        facts: &InterpreterFacts,
        code: Borrowed<'_, 'py, PyAny>,
    ) -> Option<Self> {
        // SAFETY: the frame lends its globals, or there is none.
        let globals =
            unsafe { Bound::from_borrowed_ptr_or_opt(code.py(), ffi::PyEval_GetGlobals()) };
        Some(Self::read(
            facts,
            Moment::Start,
            Frame::current(code.py()),
            code,
            globals?.extract().ok()?,
        ))
    }

    /// Reads a frame at any time; `None` where the object is none.
    pub(super) fn at_any_time(
        facts: &InterpreterFacts,
        frame: Borrowed<'_, 'py, PyAny>,
    ) -> Option<Self> {
        let frame = Frame::of(frame)?;
        let code = frame.code()?;
        let globals = frame.globals(facts)?;
        let code = code.as_any().as_borrowed();
        Some(Self::read(facts, Moment::Any, Some(frame), code, globals))
    }

    fn read(
        facts: &InterpreterFacts,
        moment: Moment,
        frame: Option<Frame<'py>>,
        code: Borrowed<'_, 'py, PyAny>,
        globals: Bound<'py, PyDict>,
    ) -> Self {
        let get = |name: &Object| attribute(code, name);
        let flags = get(&facts.co_flags).and_then(|flags| flags.extract().ok());
        let mut read = Self {
            moment,
            frame,
            code: code.to_owned(),
            globals,
            file: get(&facts.co_filename),
            name: get(&facts.co_name),
            qualname: get(&facts.co_qualname),
            flags: flags.unwrap_or(0),
            locals_are_globals: false,
            values: NamespaceValues::default(),
        };
        read.locals_are_globals =
            read.code_evidence().is_module_code() && read.has_globals_as_locals(facts);
        if read.locals_are_globals {
            read.values = Namespace::new(facts, read.globals.as_borrowed()).values();
        }
        read
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
            } else {
                self.remember_body(memory);
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

    /// Remembers that the namespace has had its body, for later questions about other code in it.
    pub(super) fn remember_body(&self, memory: &mut Memory) {
        if let Some(anchor) = self.anchor() {
            let (namespace, code) = (self.globals.as_borrowed(), self.code.as_borrowed());
            memory.add_body(namespace, anchor.as_borrowed(), code);
        }
    }

    /// To be asked of module code only, whose locals are a mapping that exists already.
    fn has_globals_as_locals(&self, facts: &InterpreterFacts) -> bool {
        if self.moment == Moment::Any {
            let frame = self.frame.as_ref();
            let locals = frame.and_then(|frame| frame.locals(facts));
            return locals.is_some_and(|locals| locals.is(&self.globals));
        }
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

/// A running interpreter, asked about a frame.
pub(super) struct RunningState<'a, 'py> {
    facts: &'a InterpreterFacts,
    memory: &'a Memory,
    frame: &'a ModuleFrame<'py>,
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
            frame: self.frame.frame.clone(),
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
        // A profiler asks from a thread of its own, and code that a thread runs without a caller is never typed.
        self.frame.moment == Moment::Any || thread::current().id() == self.facts.main_thread
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
        if self.frame.moment == Moment::Any {
            let code = self.frame.code.as_borrowed();
            let anchor = self.frame.anchor();
            return anchor.is_some_and(|anchor| {
                let anchor = anchor.as_borrowed();
                self.memory
                    .has_body_of_other_code(self.namespace(), anchor, code)
            });
        }
        if self.facts.is_builtin_main(self.namespace()) {
            return self.memory.builtin_main;
        }
        let anchor = self.frame.anchor();
        anchor.is_some_and(|anchor| self.memory.has_body(self.namespace(), anchor.as_borrowed()))
    }

    fn has_run_its_file(&mut self) -> bool {
        // The frame that is asked about is the run, if its file is this one.
        if self.frame.moment == Moment::Any {
            return false;
        }
        let evidence = self.frame.values.evidence();
        let file = evidence.file;
        file.is_some_and(|file| self.memory.has_file(self.namespace(), &file))
    }
}
