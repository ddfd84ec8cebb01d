//! Weak references to objects that are known by their addresses.

use pyo3::prelude::*;
use pyo3::types::{PyWeakrefMethods, PyWeakrefReference};

use super::object::{Object, quiet};

/// A weak reference, with the address of the object.
pub(super) struct Weak {
    address: usize,
    reference: Object,
}

impl Weak {
    /// Refers to an object; `None` where it cannot be referred to weakly.
    pub(super) fn new(object: Borrowed<'_, '_, PyAny>) -> Option<Self> {
        let reference = quiet(object.py(), PyWeakrefReference::new(&object))?;
        Some(Self {
            address: object.as_ptr() as usize,
            reference: reference.into(),
        })
    }

    /// Returns whether the object is this one, which is the same as long as it lives.
    pub(super) fn is(&self, object: Borrowed<'_, '_, PyAny>) -> bool {
        self.address == object.as_ptr() as usize && self.is_alive(object.py())
    }

    /// Returns whether the object is still there.
    pub(super) fn is_alive(&self, py: Python<'_>) -> bool {
        let reference = self.reference.bind(py);
        let reference = reference.extract::<Bound<'_, PyWeakrefReference>>();
        reference.is_ok_and(|reference| reference.upgrade().is_some())
    }
}
