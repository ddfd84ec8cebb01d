//! The evidence of a frame that starts.

use std::borrow::Cow;
use std::ptr;
use std::thread::{self, ThreadId};

use pyo3::ffi;
use pyo3::prelude::*;

use super::callers::Callers;
use super::modules::Modules;
use super::object::{Object, attribute, dictionary, entries, item, named, text, type_name};
use crate::evidence::{CodeEvidence, FRESH_NAMES, FrameEvidence, NamespaceEvidence, SpecEvidence};
use crate::{ModuleName, Runner};

/// The names of a namespace that count as evidence.
const KNOWN_NAMES: [&str; 4] = ["__name__", "__file__", "__spec__", "__loader__"];

/// Entries of a namespace that are looked at one by one. The import system sets its names first,
/// so that a module's namespace tells all within these; a larger one is asked by key for the rest.
const SCANNED: usize = 32;

/// The interned names by which Python's own objects are asked.
pub(super) struct Names {
    pub(super) co_name: Object,
    co_qualname: Object,
    pub(super) co_filename: Object,
    co_flags: Object,
    pub(super) co_argcount: Object,
    pub(super) co_varnames: Object,
    pub(super) f_back: Object,
    pub(super) f_globals: Object,
    name: Object,
    origin: Object,
    initializing: Object,
    known: [Object; 4],
    main: ThreadId,
    /// The address of the namespace that the interpreter itself made for `__main__`. No reference: one
    /// would keep all that the program's globals hold from being finalized when it ends.
    first_main: Option<usize>,
    /// `runpy`'s file, where it is not frozen.
    pub(super) runpy: Option<String>,
    /// `importlib._bootstrap.ModuleSpec`: asking an instance of it runs no code of the program's.
    spec_type: Option<Object>,
}

impl Names {
    pub(super) fn new(py: Python<'_>) -> Self {
        Self {
            co_name: named(py, c"co_name"),
            co_qualname: named(py, c"co_qualname"),
            co_filename: named(py, c"co_filename"),
            co_flags: named(py, c"co_flags"),
            co_argcount: named(py, c"co_argcount"),
            co_varnames: named(py, c"co_varnames"),
            f_back: named(py, c"f_back"),
            f_globals: named(py, c"f_globals"),
            name: named(py, c"name"),
            origin: named(py, c"origin"),
            initializing: named(py, c"_initializing"),
            known: [c"__name__", c"__file__", c"__spec__", c"__loader__"]
                .map(|name| named(py, name)),
            main: thread::current().id(),
            first_main: Modules::new(py).address_of("__main__"),
            runpy: stdlib(py).map(|folder| folder + "/runpy.py"),
            spec_type: spec_type(py),
        }
    }
}

/// `sys._stdlib_dir`.
fn stdlib(py: Python<'_>) -> Option<String> {
    // SAFETY: the call lends a reference, or gives null without an error.
    unsafe { text(py, ffi::PySys_GetObject(c"_stdlib_dir".as_ptr())) }.map(Cow::into_owned)
}

/// The type of `sys.__spec__`.
fn spec_type(py: Python<'_>) -> Option<Object> {
    let sys = py.import("sys").ok()?;
    let spec = sys.getattr("__spec__").ok()?;
    // SAFETY: the type of a live object is alive.
    unsafe { Object::keep(py, ffi::Py_TYPE(spec.as_ptr()).cast()) }
}

/// A frame that starts, with what it lends to its evidence.
pub(super) struct Frame<'a, 'py> {
    pub(super) py: Python<'py>,
    pub(super) names: &'a Names,
    code: *mut ffi::PyObject,
    pub(super) globals: *mut ffi::PyObject,
    pub(super) file: Option<Object>,
}

impl<'a, 'py> Frame<'a, 'py> {
    /// The frame that the calling thread runs, which executes `code`.
    ///
    /// # Safety
    ///
    /// `code` is the code object of the calling thread's frame, as in a `sys.monitoring` callback.
    pub(super) unsafe fn current(
        py: Python<'py>,
        names: &'a Names,
        code: *mut ffi::PyObject,
    ) -> Self {
        // SAFETY: `code` is a code object, by contract.
        unsafe {
            Self {
                file: attribute(py, code, &names.co_filename),
                ..Self::without_its_file(py, names, code, ffi::PyEval_GetGlobals())
            }
        }
    }

    /// A frame that executes `code` in `globals`, for questions about the namespace alone.
    ///
    /// # Safety
    ///
    /// Both are those of a frame on the calling thread's stack, which outlives the callback.
    pub(super) unsafe fn without_its_file(
        py: Python<'py>,
        names: &'a Names,
        code: *mut ffi::PyObject,
        globals: *mut ffi::PyObject,
    ) -> Self {
        Self {
            py,
            names,
            code,
            globals,
            file: None,
        }
    }

    /// What the code object and the namespace say.
    pub(super) fn evidence(&self) -> FrameEvidence<'_> {
        let code = self.code_evidence();
        let locals_are_globals = code.is_module_code() && self.locals_are_globals();
        let namespace = if locals_are_globals {
            self.namespace()
        } else {
            NamespaceEvidence::default()
        };
        FrameEvidence {
            code,
            locals_are_globals,
            namespace,
        }
    }

    /// To be asked of module code only, whose locals are a mapping that exists already.
    fn locals_are_globals(&self) -> bool {
        // SAFETY: attached to the interpreter; the frame lends its locals.
        unsafe {
            let locals = ffi::PyEval_GetLocals();
            if locals.is_null() {
                ffi::PyErr_Clear();
            }
            !locals.is_null() && locals == self.globals
        }
    }

    fn code_evidence(&self) -> CodeEvidence<'_> {
        let owned = |name: &Object| {
            // SAFETY: `code` is a code object, whose attributes the interpreter answers.
            unsafe {
                let value = attribute(self.py, self.code, name)?;
                text(self.py, value.as_ptr()).map(|text| Cow::Owned(text.into_owned()))
            }
        };
        // SAFETY: the file name lives as long as `self`; `co_flags` is an int.
        unsafe {
            let file = self
                .file
                .as_ref()
                .and_then(|file| text(self.py, file.as_ptr()));
            let flags = attribute(self.py, self.code, &self.names.co_flags);
            CodeEvidence {
                name: owned(&self.names.co_name).unwrap_or_default(),
                qualname: owned(&self.names.co_qualname).unwrap_or_default(),
                file: file.unwrap_or_default(),
                flags: flags.map_or(0, |flags| {
                    ffi::PyLong_AsUnsignedLongMask(flags.as_ptr()) as u32
                }),
            }
        }
    }

    pub(super) fn namespace<'n>(&self) -> NamespaceEvidence<'n> {
        let (values, fresh, has_module_dunders) = self.scan();
        let [name, file, spec, loader] = values;
        // SAFETY: the namespace keeps its values alive, since nothing runs that could change it.
        unsafe {
            let zipped = !loader.is_null()
                && type_name(self.py, loader).is_some_and(|name| name == "zipimporter");
            NamespaceEvidence {
                name: text(self.py, name),
                file: text(self.py, file),
                spec: (!spec.is_null() && spec != ffi::Py_None()).then(|| self.spec(spec)),
                fresh,
                zipped,
                has_module_dunders,
            }
        }
    }

    /// As much of the [namespace](Self::namespace) as says which module it is. Each function asks.
    pub(super) fn names_of_the_namespace<'n>(&self) -> NamespaceEvidence<'n> {
        // SAFETY: the globals of a frame are a live dict; for its values as for the whole namespace.
        unsafe {
            let spec = self.spec_in(self.globals);
            NamespaceEvidence {
                name: text(self.py, item(self.globals, &self.names.known[0])),
                spec: (!spec.is_null()).then(|| SpecEvidence {
                    name: self.text_of_spec(spec, &self.names.name),
                    ..SpecEvidence::default()
                }),
                ..NamespaceEvidence::default()
            }
        }
    }

    /// The values of [`KNOWN_NAMES`], whether the namespace is fresh, and whether it holds a name
    /// that only modules are born with.
    fn scan(&self) -> ([*mut ffi::PyObject; 4], bool, bool) {
        let mut found: [*mut ffi::PyObject; 4] = [ptr::null_mut(); 4];
        let (mut fresh, mut has_module_dunders) = (true, false);
        for (key, value) in self.entries() {
            // SAFETY: the dict lends live objects.
            let name = unsafe { text(self.py, key) };
            let Some(name) = name.as_deref().filter(|name| FRESH_NAMES.contains(name)) else {
                fresh = false;
                continue;
            };
            has_module_dunders |= !matches!(name, "__builtins__" | "__annotations__");
            // (Python finds a plain str under that name, and maybe no other key with its text)
            // SAFETY: as above.
            let is_plain = unsafe { ffi::PyUnicode_CheckExact(key) } != 0;
            if let Some(known) = KNOWN_NAMES.iter().position(|known| *known == name)
                && (is_plain || found[known].is_null())
            {
                found[known] = value;
            }
        }
        if self.size() > SCANNED {
            fresh = false;
            for (value, name) in found.iter_mut().zip(&self.names.known) {
                if value.is_null() {
                    // SAFETY: the globals are a dict.
                    *value = unsafe { item(self.globals, name) };
                    has_module_dunders |= !value.is_null();
                }
            }
        }
        (found, fresh, has_module_dunders)
    }

    /// The first [`SCANNED`] names of the namespace with their values, borrowed.
    fn entries(&self) -> impl Iterator<Item = (*mut ffi::PyObject, *mut ffi::PyObject)> {
        // SAFETY: the globals of a frame are a dict, and nothing runs that could change it.
        unsafe { entries(self.globals) }.take(SCANNED)
    }

    fn size(&self) -> usize {
        // SAFETY: the globals of a frame are a dict.
        unsafe { ffi::PyDict_Size(self.globals) }.unsigned_abs()
    }

    /// # Safety
    ///
    /// `spec` is a live object that outlives the evidence.
    unsafe fn spec<'n>(&self, spec: *mut ffi::PyObject) -> SpecEvidence<'n> {
        // SAFETY: `spec` is alive, by contract.
        let initializing = unsafe { self.spec_attribute(spec, &self.names.initializing) }
            // SAFETY: `True` is immortal.
            .is_some_and(|value| value.as_ptr() == unsafe { ffi::Py_True() });
        // SAFETY: by contract.
        unsafe {
            SpecEvidence {
                name: self.text_of_spec(spec, &self.names.name),
                origin: self.text_of_spec(spec, &self.names.origin),
                initializing,
            }
        }
    }

    /// # Safety
    ///
    /// `spec` is a live object.
    unsafe fn text_of_spec<'n>(
        &self,
        spec: *mut ffi::PyObject,
        name: &Object,
    ) -> Option<Cow<'n, str>> {
        // SAFETY: by contract; the value outlives the text that it lends.
        unsafe {
            let value = self.spec_attribute(spec, name)?;
            text(self.py, value.as_ptr()).map(|text| Cow::Owned(text.into_owned()))
        }
    }

    /// # Safety
    ///
    /// `spec` is a live object.
    unsafe fn spec_attribute(&self, spec: *mut ffi::PyObject, name: &Object) -> Option<Object> {
        // SAFETY: `spec` is alive, by contract.
        unsafe {
            let exact = self.names.spec_type.as_ref();
            if exact.is_some_and(|exact| exact.as_ptr() == ffi::Py_TYPE(spec).cast()) {
                return attribute(self.py, spec, name);
            }
            let dict = dictionary(self.py, spec)?;
            Object::keep(self.py, item(dict.as_ptr(), name))
        }
    }

    /// Whether an object is the name that the namespace has, by its spec or its `__name__`.
    ///
    /// # Safety
    ///
    /// `object` is a live object.
    pub(super) unsafe fn is_called(&self, object: *mut ffi::PyObject) -> bool {
        // SAFETY: by contract; the namespace is a live dict, which keeps what it lends.
        unsafe {
            let Some(object) = text(self.py, object) else {
                return false;
            };
            let name = text(self.py, item(self.globals, &self.names.known[0]));
            let spec = self.spec_in(self.globals);
            let spec = (!spec.is_null()).then(|| self.spec(spec));
            name.is_some_and(|name| name == object)
                || spec
                    .and_then(|spec| spec.name)
                    .is_some_and(|name| name == object)
        }
    }

    /// The spec object in a namespace, borrowed; null when there is none.
    ///
    /// # Safety
    ///
    /// `globals` is a live dict.
    pub(super) unsafe fn spec_in(&self, globals: *mut ffi::PyObject) -> *mut ffi::PyObject {
        // SAFETY: by contract.
        let spec = unsafe { item(globals, &self.names.known[2]) };
        // SAFETY: `None` is immortal.
        if spec == unsafe { ffi::Py_None() } {
            ptr::null_mut()
        } else {
            spec
        }
    }
}

impl crate::PythonState for Frame<'_, '_> {
    fn runner(&mut self) -> Runner {
        Callers::of(self).runner()
    }

    fn is_registered_as(&mut self, name: &ModuleName) -> bool {
        Modules::new(self.py).holds(name.as_str(), self.globals)
    }

    fn registered_name(&mut self) -> Option<String> {
        Modules::new(self.py).key_of(self.globals)
    }

    fn on_main_thread(&mut self) -> bool {
        thread::current().id() == self.names.main
    }

    fn is_builtin_main_namespace(&mut self) -> bool {
        self.names.first_main == Some(self.globals as usize)
    }
}
