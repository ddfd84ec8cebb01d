//! The callers of a frame that starts: who runs its code.

use std::iter;

use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyTuple};

use super::facts::InterpreterFacts;
use super::frame::{CodeObject, Frame};
use super::namespace::Namespace;
use super::object::Object;
use crate::{BARE_LABEL, Runner};

/// The import system's own code, frozen into each CPython. Under `-X frozen_modules=off`, `runpy` is a
/// file.
const MACHINERY: [&str; 4] = [
    "<frozen runpy>",
    "<frozen importlib._bootstrap>",
    "<frozen importlib._bootstrap_external>",
    "<frozen zipimport>",
];

/// The function by which the import system calls what is not its own: `exec` with a module's code, or
/// the initialisation of an extension module.
const CALLS_OUT: &str = "_call_with_frames_removed";

/// The other functions of the import system and of `runpy` below which a module's code runs. What those
/// that are not here call (finders, path hooks) runs nobody's body.
const RUNS_BODIES: [&str; 8] = [
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
    /// The code that starts.
    pub(super) code: Borrowed<'a, 'py, PyAny>,
    /// Its file name.
    pub(super) file: Option<&'a str>,
    /// The frame of that code.
    pub(super) frame: Option<Frame<'py>>,
}

/// A caller, as far as it is evidence.
struct Caller<'py> {
    frame: Frame<'py>,
    code: CodeObject<'py>,
    globals: Bound<'py, PyDict>,
    file: String,
    name: String,
}

/// The callers between the code that starts and one that loads modules.
#[derive(Default)]
struct Between<'py> {
    count: usize,
    /// The globals that all of them have.
    globals: Option<Bound<'py, PyDict>>,
    are_of_several_modules: bool,
}

impl<'py> Callers<'_, 'py> {
    /// Walks the callers from the inside out, to the first that says who runs the code.
    pub(super) fn runner(&self) -> Runner {
        let mut between = Between::default();
        for frame in self.frames() {
            let Some(caller) = self.caller(frame) else {
                continue;
            };
            if let Some(runner) = self.runner_in(&caller, &between) {
                return runner;
            }
            between.add(caller.globals);
        }
        match between.count {
            0 => Runner::Interpreter,
            _ => Runner::Other,
        }
    }

    /// Returns the code of the function that runs the code itself, if it is one of Python's.
    pub(super) fn function(&self) -> Option<CodeObject<'py>> {
        self.frames().next()?.code()
    }

    /// Returns whether the function that runs the code was handed it, or the namespace for it, by
    /// another module than the namespace's.
    pub(super) fn is_handed_over(&self) -> bool {
        let caller = self.frames().next().and_then(|frame| self.caller(frame));
        caller.is_some_and(|caller| {
            !self.is_of_the_module(&caller)
                && caller.variables(self.facts).iter().any(|value| {
                    value.is(self.code)
                        || value.is(self.namespace.dict())
                        || self.is_module_object(value.as_borrowed())
                })
        })
    }

    fn frames(&self) -> impl Iterator<Item = Frame<'py>> {
        let back = |frame: &Frame<'py>| frame.back(self.facts);
        let first = self.frame.as_ref().and_then(back);
        iter::successors(first, back)
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
    fn runner_in(&self, caller: &Caller<'py>, between: &Between<'py>) -> Option<Runner> {
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
        if is_machinery && caller.name == CALLS_OUT {
            return self.runner_out_of(caller);
        }
        let runs = is_machinery && RUNS_BODIES.contains(&caller.name.as_str());
        // A program in one file may be the loader of the modules that it carries with it.
        if runs || LOADS.contains(&caller.name.as_str()) {
            // A loader of another module proves nothing: its hooks may run anything meanwhile.
            let brings = self.brings_the_module(caller, is_machinery);
            return brings.then(|| self.runner_below(caller, between, is_machinery));
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

    /// Decides who runs code below a call of the import system's to what is not its own. It runs a body
    /// by handing its code to `exec`, which may be a function of a profiler's. All else that it calls for
    /// the module is no body: what starts below the initialisation of an extension module is code of others.
    fn runner_out_of(&self, caller: &Caller<'py>) -> Option<Runner> {
        let arguments = caller.variable(&self.facts.args, self.facts)?;
        let arguments = arguments.extract::<Bound<'py, PyTuple>>().ok()?;
        let first = arguments.iter().next()?;
        if first.is(self.code) {
            return Some(Runner::Import);
        }
        self.is_the_module(first.as_borrowed(), false)
            .then_some(Runner::Other)
    }

    /// Decides who runs code below a function that was called to load the module.
    ///
    /// A load has one body: the code that the loader itself runs. So the function runs the code, or
    /// holds the very code that others run for it. Otherwise only functions of the loader's own module
    /// may stand between the two.
    fn runner_below(
        &self,
        caller: &Caller<'py>,
        between: &Between<'py>,
        is_machinery: bool,
    ) -> Runner {
        let by_itself = if is_machinery {
            Runner::Import
        } else {
            Runner::Loader
        };
        if between.count == 0 {
            return by_itself;
        }
        if caller
            .variables(self.facts)
            .iter()
            .any(|value| value.is(self.code))
        {
            return by_itself;
        }
        match &between.globals {
            // The import system calls the loader's method, whatever that is called.
            Some(_) if is_machinery && !between.are_of_several_modules => match between.count {
                1 => Runner::Loader,
                _ => Runner::LoaderHelper,
            },
            Some(globals) if !between.are_of_several_modules && globals.is(&caller.globals) => {
                Runner::LoaderHelper
            }
            _ => Runner::Other,
        }
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
        let arguments = caller.arguments(self.facts);
        arguments
            .iter()
            .any(|value| self.is_the_module(value.as_borrowed(), is_machinery))
    }

    fn is_the_module(&self, value: Borrowed<'_, 'py, PyAny>, is_machinery: bool) -> bool {
        let namespace = self.namespace;
        // SAFETY: `value` is alive.
        if unsafe { ffi::PyModule_Check(value.as_ptr()) } != 0 {
            return self.is_module_object(value);
        }
        let is_spec = namespace.spec().is_some_and(|spec| spec.is(value));
        let is_namespace = is_machinery && value.is(namespace.dict());
        is_spec || is_namespace || namespace.is_called(value)
    }

    fn is_module_object(&self, value: Borrowed<'_, 'py, PyAny>) -> bool {
        // SAFETY: `value` is alive; a module lends its dictionary.
        unsafe {
            ffi::PyModule_Check(value.as_ptr()) != 0
                && ffi::PyModule_GetDict(value.as_ptr()) == self.namespace.dict().as_ptr()
        }
    }
}

impl<'py> Caller<'py> {
    /// Returns the values of its first arguments.
    fn arguments(&self, facts: &InterpreterFacts) -> Vec<Bound<'py, PyAny>> {
        let arguments = self.code.arguments(facts, ARGUMENTS);
        self.frame.values(&self.code, facts, &arguments)
    }

    /// Returns the values of its arguments and other variables, less those that inner functions share.
    fn variables(&self, facts: &InterpreterFacts) -> Vec<Bound<'py, PyAny>> {
        let variables = self.code.variables(facts);
        self.frame.values(&self.code, facts, &variables)
    }

    /// Returns the value of the variable of this name, an interned str as the names in code are.
    fn variable(&self, name: &Object, facts: &InterpreterFacts) -> Option<Bound<'py, PyAny>> {
        let mut variables = self.code.variables(facts);
        variables.retain(|variable| variable.name.as_ptr() == name.as_ptr());
        self.frame.values(&self.code, facts, &variables).pop()
    }
}

impl<'py> Between<'py> {
    fn add(&mut self, globals: Bound<'py, PyDict>) {
        self.count += 1;
        let first = self.globals.get_or_insert_with(|| globals.clone());
        self.are_of_several_modules |= !first.is(&globals);
    }
}
