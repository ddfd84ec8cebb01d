//! The resolver that recorders and filters share.

use std::cell::RefCell;
use std::collections::HashMap;
use std::path::PathBuf;

use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList};

use super::facts::InterpreterFacts;
use super::memory::Memory;
use super::module_frame::ModuleFrame;
use super::modules::Modules;
use super::namespace::Namespace;
use super::object::text;
use super::weak::Weak;
use crate::name::MAIN;
use crate::{
    FramelessEvidence, Identity, NamespaceOwner, Rule, Runner, decide, infer, namespace_owner,
};

/// The number of answers that the cache keeps before it drops those whose code is gone.
const SWEEP_AT: usize = 1024;

/// Decides which module's body a piece of code is, for one interpreter.
pub struct ModuleIdentityResolver {
    facts: InterpreterFacts,
    memory: RefCell<Memory>,
    roots: Vec<PathBuf>,
    /// Answers without a frame, by the address of the code object, each with a weak reference
    /// that says whether the address still means the same code.
    inferred: RefCell<HashMap<usize, Vec<Inferred>>>,
}

struct Inferred {
    code: Weak,
    hint: Option<String>,
    identity: Identity,
}

impl ModuleIdentityResolver {
    /// Makes a resolver that guesses, where it must, from the roots on `sys.path` as they are now.
    ///
    /// Entries that are no str (bytes, `Path`, int) are skipped, each alone. To be called on the
    /// interpreter's main thread.
    ///
    /// # Errors
    ///
    /// When there is no `sys` to ask.
    pub fn from_sys_path(py: Python<'_>) -> PyResult<Self> {
        let path = py.import("sys")?.getattr("path")?;
        let roots = path.extract::<Bound<'_, PyList>>().map(|list| {
            let path = |entry: Bound<'_, PyAny>| {
                text(entry.as_borrowed()).map(|entry| PathBuf::from(entry.into_owned()))
            };
            let paths = list.iter().filter_map(path);
            paths.filter(|root| root.is_absolute()).collect()
        });
        let facts = InterpreterFacts::new(py);
        let mut memory = Memory::default();
        // A recording that begins late finds the main program running.
        if let Some(main) = Modules::new(py).namespace_of(MAIN) {
            let values = Namespace::new(&facts, main.as_borrowed()).values();
            if let Some(file) = values.evidence().file {
                memory.add_file(main.as_borrowed(), &file);
            }
        }
        Ok(Self {
            facts,
            memory: RefCell::new(memory),
            roots: roots.unwrap_or_default(),
            inferred: RefCell::default(),
        })
    }

    /// Decides which module's body the frame is that the calling thread just entered, as in a
    /// `PY_START` callback of `sys.monitoring` for `code`.
    ///
    /// No answer is cached: the same code can start again in the same namespace and be another thing,
    /// and who runs it is part of the evidence. But a body that no loader ran is remembered, since its
    /// namespace has no second one.
    pub fn resolve_start(&self, code: &Bound<'_, PyAny>) -> Identity {
        let Some(frame) = ModuleFrame::starting(&self.facts, code.as_borrowed()) else {
            return Identity::new(None, Rule::NotModuleCode);
        };
        let identity = {
            let memory = self.memory.borrow();
            decide(&frame.evidence(), &mut frame.state(&self.facts, &memory))
        };
        if identity.name.is_some() {
            frame.remember(&identity, &self.facts, &mut self.memory.borrow_mut());
        }
        identity
    }

    /// Decides which module's body a frame is that starts, runs or has ended, on whatever thread: for those who
    /// look at frames when they please. `None` where the object is no frame.
    ///
    /// Of a body that the import system or a loader runs, the answer is the same at any time. Other code is named
    /// with less evidence than at its start, as its namespace is in use by now, and is more often a bare
    /// `<module>`. To ask twice about the same code gives the same answer.
    pub fn resolve_frame(&self, frame: &Bound<'_, PyAny>) -> Option<Identity> {
        let frame = ModuleFrame::at_any_time(&self.facts, frame.as_borrowed())?;
        let identity = {
            let memory = self.memory.borrow();
            decide(&frame.evidence(), &mut frame.state(&self.facts, &memory))
        };
        let runner = identity.grounds.runner;
        if identity.name.is_some() && !matches!(runner, Some(Runner::Import | Runner::Loader)) {
            frame.remember_body(&mut self.memory.borrow_mut());
        }
        Some(identity)
    }

    /// Returns the module that a namespace says it is: for code in it that is no module's body.
    pub fn namespace_owner(&self, globals: &Bound<'_, PyDict>) -> Option<NamespaceOwner> {
        let names = Namespace::new(&self.facts, globals.as_borrowed()).names();
        namespace_owner(&names.evidence())
    }

    /// Infers whose body `code` is, for callers without a frame; the answer says so.
    ///
    /// `hint` is a `__name__` that the caller has from somewhere. Answers from
    /// `sys.modules` are cached for as long as the code object lives, so that it is searched once for each.
    /// Others are not: a module from that file may still come.
    ///
    /// # Errors
    ///
    /// When `code` is no code object.
    pub fn resolve_for_code(
        &self,
        code: &Bound<'_, PyAny>,
        hint: Option<&str>,
    ) -> PyResult<Identity> {
        let py = code.py();
        let file = code.getattr("co_filename")?;
        let address = code.as_ptr() as usize;
        let mut inferred = self.inferred.borrow_mut();
        sweep(py, &mut inferred);
        if let Some(answers) = inferred.get_mut(&address) {
            answers.retain(|answer| answer.code.is_alive(py));
            if let Some(answer) = answers.iter().find(|answer| answer.hint.as_deref() == hint) {
                return Ok(answer.identity.clone());
            }
        }
        let file = text(file.as_borrowed()).unwrap_or_default();
        let evidence = FramelessEvidence { file: &file, hint };
        let identity = infer(evidence, &mut Modules::new(py), &self.roots);
        if identity.rule == Rule::Registry
            && let Some(weak) = Weak::new(code.as_borrowed())
        {
            let answers = inferred.entry(address).or_default();
            answers.push(Inferred {
                code: weak,
                hint: hint.map(str::to_owned),
                identity: identity.clone(),
            });
        }
        Ok(identity)
    }
}

/// Drops the answers about code that is gone, when they have become many.
fn sweep(py: Python<'_>, inferred: &mut HashMap<usize, Vec<Inferred>>) {
    if inferred.len() >= SWEEP_AT && inferred.len().is_power_of_two() {
        inferred.retain(|_, answers| answers.iter().any(|answer| answer.code.is_alive(py)));
    }
}
