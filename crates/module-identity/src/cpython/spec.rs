//! A module's spec, as the import system found it.

use std::borrow::Cow;

use pyo3::ffi;
use pyo3::prelude::*;

use super::object::{dictionary, item, named, text, type_name};

/// A spec, as far as it says what kind of module it describes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SpecSummary {
    /// The name of its loader's type, or of the loader where that is a class; `None` without a loader.
    pub loader: Option<String>,
    /// Its origin: a file, or a word such as `built-in`.
    pub origin: Option<String>,
    /// True if its origin is a file.
    pub has_location: bool,
}

impl SpecSummary {
    /// Reads a spec from its raw dictionary, so that none of the program's code runs.
    pub fn read(spec: Borrowed<'_, '_, PyAny>) -> Self {
        let Some(dict) = dictionary(spec) else {
            return Self::default();
        };
        let py = spec.py();
        let value = |name| item(dict.as_borrowed(), &named(py, name));
        let loader = value(c"loader").filter(|loader| !loader.is_none());
        let origin = value(c"origin");
        let origin = origin.and_then(|it| text(it.as_borrowed()).map(Cow::into_owned));
        let location = value(c"_set_fileattr");
        Self {
            loader: loader.and_then(|loader| loader_name(loader.as_borrowed())),
            origin,
            // SAFETY: `True` is immortal.
            has_location: location.is_some_and(|it| it.as_ptr() == unsafe { ffi::Py_True() }),
        }
    }
}

/// Returns the name of a loader: built-in and frozen modules have a class for one.
fn loader_name(loader: Borrowed<'_, '_, PyAny>) -> Option<String> {
    // SAFETY: the loader is alive; a class gives a new reference to its name, without asking its metaclass.
    unsafe {
        if ffi::PyType_Check(loader.as_ptr()) == 0 {
            return type_name(loader);
        }
        let name = super::object::owned(loader.py(), ffi::PyType_GetName(loader.as_ptr().cast()))?;
        text(name.as_borrowed()).map(Cow::into_owned)
    }
}
