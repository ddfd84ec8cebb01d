//! `sys.modules`, read as the raw dictionary that it is.

use std::ops::ControlFlow;

use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::types::PyDict;

use super::object::{dictionary, entries, item, named, text};
use crate::registry::{Registry, RegistryEntry};

/// `sys.modules`.
pub(super) struct Modules<'py> {
    py: Python<'py>,
    /// The interpreter's own, and the one that the program put in its place, if it did.
    dicts: Vec<Bound<'py, PyDict>>,
}

impl<'py> Modules<'py> {
    pub(super) fn new(py: Python<'py>) -> Self {
        // SAFETY: both calls lend a reference to an object that the interpreter keeps, or give null.
        let (own, shown) = unsafe {
            (
                Bound::from_borrowed_ptr_or_opt(py, ffi::PyImport_GetModuleDict()),
                Bound::from_borrowed_ptr_or_opt(py, ffi::PySys_GetObject(c"modules".as_ptr())),
            )
        };
        let shown = shown.filter(|shown| !own.as_ref().is_some_and(|own| own.is(shown)));
        let dicts = own.into_iter().chain(shown);
        let dicts = dicts.filter_map(|dict| dict.extract().ok()).collect();
        Self { py, dicts }
    }

    /// Returns whether the entry under `name` has `namespace` as its dictionary.
    ///
    /// The entries are gone through one by one: to look a key up could run the `__eq__` of another.
    pub(super) fn holds(&self, name: &str, namespace: Borrowed<'_, 'py, PyDict>) -> bool {
        self.find(|key, module| (key == name && is_of(module, namespace)).then_some(()))
            .is_some()
    }

    /// Returns the dictionary of the entry under `name`.
    pub(super) fn namespace_of(&self, name: &str) -> Option<Bound<'py, PyDict>> {
        self.find(|key, module| (key == name).then(|| dictionary(module))?)
    }

    /// Returns the first key, a str, whose entry has `namespace` as its dictionary.
    pub(super) fn key_of(&self, namespace: Borrowed<'_, 'py, PyDict>) -> Option<String> {
        self.find(|key, module| is_of(module, namespace).then(|| key.to_owned()))
    }

    /// Returns the module of the first entry that has `namespace` as its dictionary.
    pub(super) fn module_of(
        &self,
        namespace: Borrowed<'_, 'py, PyDict>,
    ) -> Option<Bound<'py, PyAny>> {
        self.find(|_, module| is_of(module, namespace).then(|| module.to_owned()))
    }

    /// Returns the first answer of `ask`, which is asked of each key that is a str, and its module.
    fn find<T>(
        &self,
        mut ask: impl FnMut(&str, Borrowed<'_, 'py, PyAny>) -> Option<T>,
    ) -> Option<T> {
        let found = self.dicts.iter().try_for_each(|dict| {
            // SAFETY: no caller's question runs code that could change the dictionary.
            for (key, module) in unsafe { entries(dict.as_borrowed()) } {
                if let Some(answer) = text(key).and_then(|key| ask(&key, module)) {
                    return ControlFlow::Break(answer);
                }
            }
            ControlFlow::Continue(())
        });
        found.break_value()
    }
}

fn is_of(module: Borrowed<'_, '_, PyAny>, namespace: Borrowed<'_, '_, PyDict>) -> bool {
    dictionary(module).is_some_and(|dict| dict.is(namespace))
}

impl Registry for Modules<'_> {
    fn visit(&mut self, visit: &mut dyn FnMut(&RegistryEntry<'_>)) {
        let py = self.py;
        let [file, cached, spec, origin] =
            [c"__file__", c"__cached__", c"__spec__", c"origin"].map(|name| named(py, name));
        self.find(|name, module| -> Option<()> {
            let dict = dictionary(module)?;
            let value = |key| item(dict.as_borrowed(), key);
            let (file, cached, spec) = (value(&file), value(&cached), value(&spec));
            let spec = spec.and_then(|spec| dictionary(spec.as_borrowed()));
            let origin = spec.and_then(|spec| item(spec.as_borrowed(), &origin));
            let [file, cached, origin] = [&file, &cached, &origin]
                .map(|it| it.as_ref().and_then(|it| text(it.as_borrowed())));
            visit(&RegistryEntry {
                name,
                file: file.as_deref(),
                cached: cached.as_deref(),
                origin: origin.as_deref(),
            });
            None
        });
    }
}
