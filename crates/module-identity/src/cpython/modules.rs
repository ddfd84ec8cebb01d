//! `sys.modules`, read as the raw dictionary that it is.

use pyo3::ffi;
use pyo3::prelude::*;

use super::object::{Object, dictionary, entries, item, named, text};
use crate::registry::{Registry, RegistryEntry};

/// `sys.modules`.
pub(super) struct Modules<'py> {
    py: Python<'py>,
    /// The interpreter's own, and the one that the program put in its place, if it did.
    dicts: Vec<Object>,
}

impl<'py> Modules<'py> {
    pub(super) fn new(py: Python<'py>) -> Self {
        // SAFETY: both calls lend a reference to an object that the interpreter keeps.
        let (own, shown) = unsafe {
            let own = Object::keep(py, ffi::PyImport_GetModuleDict());
            (
                own,
                Object::keep(py, ffi::PySys_GetObject(c"modules".as_ptr())),
            )
        };
        let mut dicts: Vec<Object> = own.into_iter().chain(shown).collect();
        dicts.dedup_by_key(|dict| dict.as_ptr());
        // SAFETY: the objects are alive.
        dicts.retain(|dict| unsafe { ffi::PyDict_Check(dict.as_ptr()) } != 0);
        Self { py, dicts }
    }

    /// Whether the entry under `name` has `namespace` as its dictionary.
    ///
    /// The entries are gone through one by one: to look a key up could run the `__eq__` of another.
    pub(super) fn holds(&self, name: &str, namespace: *mut ffi::PyObject) -> bool {
        let mut holds = false;
        self.each(&mut |key, module| {
            // SAFETY: `module` is alive while the dictionary is visited.
            holds |= key == name && unsafe { self.is_of(module, namespace) };
        });
        holds
    }

    /// The address of the dictionary of the entry under `name`.
    pub(super) fn address_of(&self, name: &str) -> Option<usize> {
        let mut found = None;
        self.each(&mut |key, module| {
            if found.is_none() && key == name {
                // SAFETY: `module` is alive while the dictionary is visited.
                let dictionary = unsafe { dictionary(self.py, module) };
                found = dictionary.map(|it| it.as_ptr() as usize);
            }
        });
        found
    }

    /// The first key, a str, whose entry has `namespace` as its dictionary.
    pub(super) fn key_of(&self, namespace: *mut ffi::PyObject) -> Option<String> {
        let mut found = None;
        self.each(&mut |key, module| {
            // SAFETY: `module` is alive while the dictionary is visited.
            if found.is_none() && unsafe { self.is_of(module, namespace) } {
                found = Some(key.to_owned());
            }
        });
        found
    }

    /// Calls `visit` with each key that is a str, and its module.
    pub(super) fn each(&self, visit: &mut dyn FnMut(&str, *mut ffi::PyObject)) {
        for dict in &self.dicts {
            // SAFETY: `dict` is a dict, and nothing runs that could change it meanwhile.
            for (key, value) in unsafe { entries(dict.as_ptr()) } {
                // SAFETY: the dictionary lends live objects.
                if let Some(key) = unsafe { text(self.py, key) } {
                    visit(&key, value);
                }
            }
        }
    }

    /// # Safety
    ///
    /// `module` is null or a live object.
    unsafe fn is_of(&self, module: *mut ffi::PyObject, namespace: *mut ffi::PyObject) -> bool {
        // SAFETY: `module` is alive, by contract.
        !module.is_null()
            && unsafe { dictionary(self.py, module) }.is_some_and(|dict| dict.as_ptr() == namespace)
    }
}

impl Registry for Modules<'_> {
    fn visit(&mut self, visit: &mut dyn FnMut(&RegistryEntry<'_>)) {
        let py = self.py;
        let [file, cached, spec, origin] =
            [c"__file__", c"__cached__", c"__spec__", c"origin"].map(|name| named(py, name));
        self.each(&mut |name, module| {
            // SAFETY: the objects are alive while the dictionary is visited, and so are the texts
            // that they lend.
            unsafe {
                let Some(dict) = dictionary(py, module) else {
                    return;
                };
                let dict = dict.as_ptr();
                let spec = item(dict, &spec);
                let spec = if spec.is_null() {
                    None
                } else {
                    dictionary(py, spec)
                };
                let origin = spec
                    .as_ref()
                    .and_then(|spec| text(py, item(spec.as_ptr(), &origin)));
                let (file, cached) = (text(py, item(dict, &file)), text(py, item(dict, &cached)));
                visit(&RegistryEntry {
                    name,
                    file: file.as_deref(),
                    cached: cached.as_deref(),
                    origin: origin.as_deref(),
                });
            }
        });
    }
}
