//! A module's namespace, read as the raw dictionary that it is.

use std::borrow::Cow;

use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::types::PyDict;

use super::facts::{DUNDERS, InterpreterFacts};
use super::object::{dictionary, entries, is_plain_str, item, text, type_name};
use crate::evidence::{FRESH_NAMES, NamespaceEvidence, SpecEvidence};

/// The number of entries that are looked at one by one. The import system sets its names first, so
/// that these say all of a module's namespace; a larger one is asked by key for the rest.
const SCANNED: usize = 32;

const NAME: usize = 0;
const FILE: usize = 1;
const SPEC: usize = 2;
const LOADER: usize = 3;

/// The globals of a frame.
#[derive(Clone, Copy)]
pub(super) struct Namespace<'a, 'py> {
    facts: &'a InterpreterFacts,
    dict: Borrowed<'a, 'py, PyDict>,
}

/// The values of a namespace that count as evidence, which borrows from them.
#[derive(Default)]
pub(super) struct NamespaceValues<'py> {
    dunders: [Option<Bound<'py, PyAny>>; 4],
    spec_name: Option<Bound<'py, PyAny>>,
    spec_origin: Option<Bound<'py, PyAny>>,
    initializing: bool,
    fresh: bool,
    only_dunders: bool,
    has_module_dunders: bool,
}

impl<'a, 'py> Namespace<'a, 'py> {
    pub(super) fn new(facts: &'a InterpreterFacts, dict: Borrowed<'a, 'py, PyDict>) -> Self {
        Self { facts, dict }
    }

    pub(super) fn dict(self) -> Borrowed<'a, 'py, PyDict> {
        self.dict
    }

    /// Reads all that counts as evidence.
    pub(super) fn values(self) -> NamespaceValues<'py> {
        let mut values = self.scan();
        values.dunders[SPEC].take_if(|spec| spec.is_none());
        if let Some(spec) = &values.dunders[SPEC] {
            let attributes = dictionary(spec.as_borrowed());
            let attribute = |name| item(attributes.as_ref()?.as_borrowed(), name);
            values.spec_name = attribute(&self.facts.name);
            values.spec_origin = attribute(&self.facts.origin);
            let initializing = attribute(&self.facts.initializing);
            // SAFETY: `True` is immortal.
            let is_true = |it: Bound<'_, PyAny>| it.as_ptr() == unsafe { ffi::Py_True() };
            values.initializing = initializing.is_some_and(is_true);
        }
        values
    }

    /// Reads as much as says which module it is. Each function asks.
    pub(super) fn names(self) -> NamespaceValues<'py> {
        let [name, _, _, _] = &self.facts.dunders;
        let spec = self.spec();
        let attributes = spec
            .as_ref()
            .and_then(|spec| dictionary(spec.as_borrowed()));
        let spec_name =
            attributes.and_then(|attributes| item(attributes.as_borrowed(), &self.facts.name));
        NamespaceValues {
            dunders: [item(self.dict, name), None, spec, None],
            spec_name,
            ..NamespaceValues::default()
        }
    }

    /// Returns the spec object, which is not `None`.
    pub(super) fn spec(self) -> Option<Bound<'py, PyAny>> {
        item(self.dict, &self.facts.dunders[SPEC]).filter(|spec| !spec.is_none())
    }

    /// Returns whether an object is the name that the namespace has, by its spec or its `__name__`.
    pub(super) fn is_called(self, object: Borrowed<'_, 'py, PyAny>) -> bool {
        let Some(object) = text(object) else {
            return false;
        };
        let values = self.names();
        let names = values.evidence();
        let spec_name = names.spec.as_ref().and_then(|spec| spec.name.as_ref());
        [names.name.as_ref(), spec_name].contains(&Some(&object))
    }

    /// Reads the [`DUNDERS`], and looks whether the namespace is fresh and has a name that only modules
    /// are born with.
    fn scan(self) -> NamespaceValues<'py> {
        let mut values = NamespaceValues {
            fresh: true,
            only_dunders: true,
            ..NamespaceValues::default()
        };
        // SAFETY: nothing in this loop runs code that could change the dictionary.
        for (key, value) in unsafe { entries(self.dict) }.take(SCANNED) {
            let name = text(key);
            let Some(name) = name.as_deref().filter(|name| FRESH_NAMES.contains(name)) else {
                values.fresh = false;
                values.only_dunders &= name.as_deref().is_some_and(is_dunder);
                continue;
            };
            values.has_module_dunders |= !matches!(name, "__builtins__" | "__annotations__");
            // Python finds a plain str under that name, and maybe no other key with its text.
            if let Some(known) = DUNDERS.iter().position(|known| *known == name)
                && (is_plain_str(key) || values.dunders[known].is_none())
            {
                values.dunders[known] = Some(value.to_owned());
            }
        }
        if self.dict.len() > SCANNED {
            values.fresh = false;
            values.only_dunders = false;
            for (value, name) in values.dunders.iter_mut().zip(&self.facts.dunders) {
                if value.is_none() {
                    *value = item(self.dict, name);
                    values.has_module_dunders |= value.is_some();
                }
            }
        }
        values
    }
}

impl<'py> NamespaceValues<'py> {
    /// Returns the spec, which is not `None`.
    pub(super) fn spec(&self) -> Option<&Bound<'py, PyAny>> {
        self.dunders[SPEC].as_ref()
    }

    /// Says what the values say.
    pub(super) fn evidence(&self) -> NamespaceEvidence<'_> {
        let spec = self.dunders[SPEC].as_ref().map(|_| SpecEvidence {
            name: payload(&self.spec_name),
            origin: payload(&self.spec_origin),
            initializing: self.initializing,
        });
        let loader = self.dunders[LOADER].as_ref();
        let loader = loader.and_then(|loader| type_name(loader.as_borrowed()));
        NamespaceEvidence {
            name: payload(&self.dunders[NAME]),
            file: payload(&self.dunders[FILE]),
            spec,
            fresh: self.fresh,
            only_dunders: self.only_dunders,
            zipped: loader.is_some_and(|name| name == "zipimporter"),
            has_module_dunders: self.has_module_dunders,
        }
    }
}

/// Returns whether a name is one of those that Python keeps for itself.
fn is_dunder(name: &str) -> bool {
    name.len() > 4 && name.starts_with("__") && name.ends_with("__")
}

/// Returns the text of a value, if it is a str.
pub(super) fn payload<'a>(value: &'a Option<Bound<'_, PyAny>>) -> Option<Cow<'a, str>> {
    text(value.as_ref()?.as_borrowed())
}
