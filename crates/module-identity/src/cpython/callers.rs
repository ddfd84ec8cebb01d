//! The callers of a frame that starts: who runs its code.

use pyo3::ffi;
use pyo3::prelude::*;

use super::facts::InterpreterFacts;
use super::frame::{CodeObject, Frame};
use super::namespace::Namespace;
use crate::{BARE_LABEL, Runner};

/// The import system's own code, frozen into each CPython. Under `-X frozen_modules=off`, `runpy` is a
/// file.
const MACHINERY: [&str; 4] = [
    "<frozen runpy>",
    "<frozen importlib._bootstrap>",
    "<frozen importlib._bootstrap_external>",
    "<frozen zipimport>",
];

/// The functions of the import system and of `runpy` that run a module's code. Its others call the
/// program, too (finders, path hooks), and what they run is nobody's body.
const RUNS_BODIES: [&str; 9] = [
    "_call_with_frames_removed",
    "exec_module",
    "_load_unlocked",
    "_load",
    "_exec",
    "load_module",
    "_load_module_shim",
    "_load_backward_compatible",
    "_run_code",
];

/// The methods by which a loader runs a module's code, by the protocol of loaders.
const LOADS: [&str; 2] = ["exec_module", "load_module"];

/// More arguments than any function has that runs a module's code.
const ARGUMENTS: usize = 8;

/// The callers of code that starts in a namespace.
pub(super) struct Callers<'a, 'py> {
    pub(super) facts: &'a InterpreterFacts,
    pub(super) namespace: Namespace<'a, 'py>,
    /// The file name of the code that starts.
    pub(super) file: Option<&'a str>,
}

/// A caller, as far as it is evidence.
struct Caller<'py> {
    frame: Frame<'py>,
    code: CodeObject<'py>,
    globals: Bound<'py, pyo3::types::PyDict>,
    file: String,
    name: String,
}

impl<'py> Callers<'_, 'py> {
    /// Walks the callers from the inside out, to the first that says who runs the code.
    pub(super) fn runner(&self) -> Runner {
        let current = Frame::current(self.namespace.dict().py());
        let Some(mut frame) = current.and_then(|current| current.back(self.facts)) else {
            return Runner::Interpreter;
        };
        loop {
            let next = frame.back(self.facts);
            if let Some(caller) = self.caller(frame)
                && let Some(runner) = self.runner_in(&caller)
            {
                return runner;
            }
            match next {
                Some(next) => frame = next,
                None => return Runner::Other,
            }
        }
    }

    fn caller(&self, frame: Frame<'py>) -> Option<Caller<'py>> {
        let code = frame.code()?;
        Some(Caller {
            globals: frame.globals(self.facts)?,
            file: code.file(self.facts)?,
            name: code.name(self.facts)?,
            frame,
            code,
        })
    }

    /// Decides what a caller says of who runs the code; `None` when it says nothing.
    fn runner_in(&self, caller: &Caller<'py>) -> Option<Runner> {
        let same_file = self.file == Some(&caller.file);
        if self.is_of_the_module(caller) {
            return Some(if same_file {
                Runner::SameFile
            } else {
                Runner::Module
            });
        }
        let is_machinery = MACHINERY.contains(&caller.file.as_str())
            || self.facts.runpy.as_ref() == Some(&caller.file);
        let runs = is_machinery && RUNS_BODIES.contains(&caller.name.as_str());
        // A program in one file may be the loader of the modules that it carries with it.
        if runs || LOADS.contains(&caller.name.as_str()) {
            // A loader of another module proves nothing: its hooks may run anything meanwhile.
            let brings = self.brings_the_module(caller, is_machinery);
            return brings.then_some(Runner::Import);
        }
        if is_machinery {
            return Some(Runner::Other);
        }
        // A script's namespace has no spec by which a copy of it could be known.
        if same_file && !caller.file.starts_with('<') {
            return Some(Runner::SameFile);
        }
        // The body of another module: whatever it runs, it does not load.
        (caller.name.trim() == BARE_LABEL).then_some(Runner::Other)
    }

    /// Returns whether a caller is code of the module that the namespace is of: in it, or in a copy
    /// of it.
    fn is_of_the_module(&self, caller: &Caller<'py>) -> bool {
        let theirs = Namespace::new(self.facts, caller.globals.as_borrowed());
        if theirs.dict().is(self.namespace.dict()) {
            return true;
        }
        let (own, theirs) = (self.namespace.spec(), theirs.spec());
        own.is_some_and(|own| theirs.is_some_and(|theirs| theirs.is(&own)))
    }

    /// Returns whether the module that starts is what a loading function was called for: an argument
    /// is the module, its spec, or its name; for `runpy` its namespace.
    fn brings_the_module(&self, caller: &Caller<'py>, is_machinery: bool) -> bool {
        let py = self.namespace.dict().py();
        let arguments = caller.frame.arguments(&caller.code, self.facts, ARGUMENTS);
        arguments
            .iter()
            .any(|value| self.is_the_module(value.bind(py), is_machinery))
    }

    fn is_the_module(&self, value: Borrowed<'_, 'py, PyAny>, is_machinery: bool) -> bool {
        let namespace = self.namespace;
        // SAFETY: `value` is alive; a module lends its dictionary.
        unsafe {
            if ffi::PyModule_Check(value.as_ptr()) != 0 {
                return ffi::PyModule_GetDict(value.as_ptr()) == namespace.dict().as_ptr();
            }
        }
        let is_spec = namespace.spec().is_some_and(|spec| spec.is(value));
        let is_namespace = is_machinery && value.is(namespace.dict());
        is_spec || is_namespace || namespace.is_called(value)
    }
}
