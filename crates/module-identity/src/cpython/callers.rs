//! The callers of a frame that starts: who runs its code.

use std::ffi::c_int;

use pyo3::ffi;

use super::frame::Frame;
use super::object::{Object, attribute, text, variable};
use crate::{BARE_LABEL, Runner};

/// The import system's own code, frozen into each CPython. (`-X frozen_modules=off` has `runpy` as a
/// file.)
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

/// The callers of a frame that starts.
pub(super) struct Callers<'f, 'a, 'py> {
    frame: &'f Frame<'a, 'py>,
}

/// A caller, as far as it tells something.
struct Caller {
    frame: *mut ffi::PyObject,
    code: Object,
    globals: Object,
    file: String,
    name: String,
}

impl<'f, 'a, 'py> Callers<'f, 'a, 'py> {
    pub(super) fn of(frame: &'f Frame<'a, 'py>) -> Self {
        Self { frame }
    }

    /// Walks the callers from the inside out, to the first that tells something.
    pub(super) fn runner(&self) -> Runner {
        // SAFETY: the thread runs Python code, so that it has a frame, which it lends.
        let Some(mut caller) = self.back(unsafe { ffi::PyEval_GetFrame() }.cast()) else {
            return Runner::Interpreter;
        };
        loop {
            // SAFETY: `caller` is a frame object, held here.
            let told = unsafe { self.caller(caller.as_ptr()) };
            if let Some(runner) = told.and_then(|told| self.runner_in(&told)) {
                return runner;
            }
            match self.back(caller.as_ptr()) {
                Some(next) => caller = next,
                None => return Runner::Other,
            }
        }
    }

    fn back(&self, frame: *mut ffi::PyObject) -> Option<Object> {
        // SAFETY: `frame` is alive: the running one, or one that the caller holds.
        let back = unsafe { attribute(self.frame.py, frame, &self.frame.names.f_back) };
        // SAFETY: `None` is immortal.
        back.filter(|back| back.as_ptr() != unsafe { ffi::Py_None() })
    }

    /// # Safety
    ///
    /// `frame` is a live frame object.
    unsafe fn caller(&self, frame: *mut ffi::PyObject) -> Option<Caller> {
        let (py, names) = (self.frame.py, self.frame.names);
        // SAFETY: frames and code objects are the interpreter's own, and `frame` is alive.
        unsafe {
            // (to ask for `f_code` would call the program's audit hooks)
            let code = Object::own(py, ffi::PyFrame_GetCode(frame.cast()).cast())?;
            let file = attribute(py, code.as_ptr(), &names.co_filename)?;
            let name = attribute(py, code.as_ptr(), &names.co_name)?;
            Some(Caller {
                frame,
                globals: attribute(py, frame, &names.f_globals)?,
                file: text(py, file.as_ptr())?.into_owned(),
                name: text(py, name.as_ptr())?.into_owned(),
                code,
            })
        }
    }

    /// What a caller tells; `None` when it tells nothing.
    fn runner_in(&self, caller: &Caller) -> Option<Runner> {
        let same_file = self.is_of_the_file(caller);
        if self.is_of_the_module(caller) {
            return Some(if same_file {
                Runner::SameFile
            } else {
                Runner::Module
            });
        }
        let is_machinery = MACHINERY.contains(&caller.file.as_str())
            || self.frame.names.runpy.as_ref() == Some(&caller.file);
        let runs = is_machinery && RUNS_BODIES.contains(&caller.name.as_str());
        // A program in one file may be the loader of the modules that it carries with it.
        if runs || LOADS.contains(&caller.name.as_str()) {
            // (one that loads another module tells nothing: a hook may run anything meanwhile)
            let brings = self.brings_the_module(caller, is_machinery);
            return brings.then_some(Runner::Import);
        }
        if is_machinery {
            return Some(Runner::Other);
        }
        // A script's namespace has no spec that would tell a copy of it.
        if same_file && !caller.file.starts_with('<') {
            return Some(Runner::SameFile);
        }
        // The body of another module: whatever it runs, it does not load.
        (caller.name.trim() == BARE_LABEL).then_some(Runner::Other)
    }

    fn is_of_the_file(&self, caller: &Caller) -> bool {
        // SAFETY: the file name outlives the text.
        let file = self
            .frame
            .file
            .as_ref()
            .and_then(|file| unsafe { text(self.frame.py, file.as_ptr()) });
        file.is_some_and(|file| file == caller.file)
    }

    /// Whether a caller is code of the module that the namespace is of: in it, or in a copy of it.
    fn is_of_the_module(&self, caller: &Caller) -> bool {
        // SAFETY: both namespaces are live dicts.
        let (own, theirs) = unsafe {
            let own = self.frame.spec_in(self.frame.globals);
            (own, self.frame.spec_in(caller.globals.as_ptr()))
        };
        caller.globals.as_ptr() == self.frame.globals || (!own.is_null() && own == theirs)
    }

    /// Whether the module that starts is what a loading function was called for: an argument is the
    /// module, its spec, or its name; for `runpy` its namespace.
    fn brings_the_module(&self, caller: &Caller, is_machinery: bool) -> bool {
        let (py, names) = (self.frame.py, self.frame.names);
        // SAFETY: the code object is alive; its `co_varnames` is a tuple of str, its `co_argcount` a
        // small int.
        let (variables, count) = unsafe {
            let variables = attribute(py, caller.code.as_ptr(), &names.co_varnames);
            let count = attribute(py, caller.code.as_ptr(), &names.co_argcount);
            let count = count.map_or(0, |it| ffi::PyLong_AsLong(it.as_ptr()));
            (variables, usize::try_from(count).unwrap_or(0))
        };
        let Some(variables) = variables else {
            return false;
        };
        (0..count.min(ARGUMENTS)).any(|index| {
            // SAFETY: the tuple lends its items, and has one for each argument; the frame is held by
            // whoever walks the callers.
            let value = unsafe {
                let name = ffi::PyTuple_GetItem(variables.as_ptr(), index.cast_signed());
                variable(py, caller.frame.cast(), name)
            };
            value.is_some_and(|value| self.is_the_module(&value, is_machinery))
        })
    }

    fn is_the_module(&self, value: &Object, is_machinery: bool) -> bool {
        let (frame, value) = (self.frame, value.as_ptr());
        // SAFETY: the value is alive, and the namespace a live dict, which keeps what it lends.
        unsafe {
            let is_module: c_int = ffi::PyModule_Check(value);
            if is_module != 0 {
                return ffi::PyModule_GetDict(value) == frame.globals;
            }
            let spec = frame.spec_in(frame.globals);
            let is_spec = !spec.is_null() && value == spec;
            let is_namespace = is_machinery && value == frame.globals;
            is_spec || is_namespace || frame.is_called(value)
        }
    }
}
