//! The resolver that recorders and filters share.

use std::collections::HashMap;
use std::path::PathBuf;

use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::types::{PyList, PyWeakrefMethods, PyWeakrefReference};

use super::frame::{Frame, Names};
use super::modules::Modules;
use super::object::text;
use crate::{
    Identity, ModuleName, NameSource, NamespaceOwner, Question, Rule, decide, infer,
    namespace_owner,
};

/// Answers the cache keeps before it drops those whose code is gone.
const SWEEP_AT: usize = 1024;

/// Decides which module's body a piece of code is, for one interpreter.
pub struct ModuleIdentityResolver {
    names: Names,
    roots: Vec<PathBuf>,
    /// Answers without a frame, by the address of the code object, each with a weak reference
    /// that tells whether the address still means the same code.
    inferred: HashMap<usize, Vec<Inferred>>,
}

struct Inferred {
    code: Py<PyWeakrefReference>,
    hint: Option<String>,
    identity: Identity,
}

impl ModuleIdentityResolver {
    /// A resolver that guesses, where it must, from the roots on `sys.path` as they are now.
    ///
    /// Entries that are no str (bytes, `Path`, int) are skipped, each alone. To be called on the
    /// interpreter's main thread.
    ///
    /// # Errors
    ///
    /// When there is no `sys` to ask.
    pub fn from_sys_path(py: Python<'_>) -> PyResult<Self> {
        let path = py.import("sys")?.getattr("path")?;
        let roots = path.cast::<PyList>().map(|list| {
            let entries = list.iter();
            // SAFETY: the entry outlives the text that it lends.
            entries
                .filter_map(|entry| unsafe {
                    text(py, entry.as_ptr()).map(|entry| PathBuf::from(entry.into_owned()))
                })
                .filter(|root| root.is_absolute())
                .collect()
        });
        Ok(Self {
            names: Names::new(py),
            roots: roots.unwrap_or_default(),
            inferred: HashMap::new(),
        })
    }

    /// Decides which module's body the frame is that the calling thread just entered.
    ///
    /// With a name that the caller knows already (a filter that has resolved this scope), nothing
    /// but the code's shape is asked. Nothing is cached: the same code can start again in the same
    /// namespace and be another thing, and who runs it is part of the evidence.
    ///
    /// # Safety
    ///
    /// `code` is the code object of the calling thread's current frame, as in a `PY_START`
    /// callback of `sys.monitoring`.
    pub unsafe fn resolve_start(
        &self,
        py: Python<'_>,
        code: *mut ffi::PyObject,
        known: Option<&str>,
    ) -> Identity {
        // SAFETY: by contract; a second look at the same frame answers the questions about it.
        let (asked, mut frame) = unsafe {
            (
                Frame::current(py, &self.names, code),
                Frame::current(py, &self.names, code),
            )
        };
        let evidence = asked.evidence();
        let known = known.and_then(|name| ModuleName::new(name).ok());
        match known.filter(|_| evidence.code.is_module_code() && evidence.locals_are_globals) {
            Some(name) => Identity {
                name: Some(name),
                rule: Rule::Known,
                grounds: crate::Grounds {
                    name: Some(NameSource::Known),
                    ..Default::default()
                },
                rivals: Vec::new(),
            },
            None => decide(&evidence, &mut frame),
        }
    }

    /// The module that a namespace says it is: for code in it that is no module's body.
    ///
    /// # Safety
    ///
    /// `code` is the code object of a frame on the calling thread's stack, and `globals` its globals.
    pub unsafe fn owner(
        &self,
        py: Python<'_>,
        code: *mut ffi::PyObject,
        globals: *mut ffi::PyObject,
    ) -> Option<NamespaceOwner> {
        // SAFETY: by contract.
        let frame = unsafe { Frame::without_its_file(py, &self.names, code, globals) };
        namespace_owner(&frame.names_of_the_namespace())
    }

    /// Infers whose body `code` is, for callers without a frame; the answer says so.
    ///
    /// `frame_globals_name` is a `__name__` that the caller has from somewhere. Answers are cached
    /// for as long as the code object lives, so that `sys.modules` is asked once for each.
    ///
    /// # Errors
    ///
    /// When `code` is no code object.
    pub fn resolve_for_code(
        &mut self,
        py: Python<'_>,
        code: &Bound<'_, PyAny>,
        frame_globals_name: Option<&str>,
    ) -> PyResult<Identity> {
        let file = code.getattr("co_filename")?;
        let address = code.as_ptr() as usize;
        self.sweep(py);
        let answers = self.inferred.entry(address).or_default();
        answers.retain(|answer| answer.code.bind(py).upgrade().is_some());
        let hint = frame_globals_name.map(str::to_owned);
        if let Some(answer) = answers.iter().find(|answer| answer.hint == hint) {
            return Ok(answer.identity.clone());
        }
        // SAFETY: `file` outlives the text that it lends.
        let file = unsafe { text(py, file.as_ptr()) }.unwrap_or_default();
        let question = Question {
            file: &file,
            known: None,
            hint: hint.as_deref(),
        };
        let identity = infer(question, &mut Modules::new(py), &self.roots);
        let code = PyWeakrefReference::new(code)?.unbind();
        answers.push(Inferred {
            code,
            hint,
            identity: identity.clone(),
        });
        Ok(identity)
    }

    fn sweep(&mut self, py: Python<'_>) {
        if self.inferred.len() >= SWEEP_AT && self.inferred.len().is_power_of_two() {
            self.inferred.retain(|_, answers| {
                answers
                    .iter()
                    .any(|answer| answer.code.bind(py).upgrade().is_some())
            });
        }
    }
}
