//! The names by which values are asked.

use std::sync::OnceLock;

use module_identity::cpython::{Object, named};
use pyo3::prelude::*;

/// The names that the encoder needs, made once.
pub(super) struct InternedNames {
    pub bit_length: Object,
    pub name: Object,
    pub qualname: Object,
    pub start: Object,
    pub stop: Object,
    pub step: Object,
}

// SAFETY: references are only used by code that is attached to the interpreter.
unsafe impl Sync for InternedNames {}

pub(super) fn names(py: Python<'_>) -> &'static InternedNames {
    static NAMES: OnceLock<InternedNames> = OnceLock::new();
    NAMES.get_or_init(|| InternedNames {
        bit_length: named(py, c"bit_length"),
        name: named(py, c"__name__"),
        qualname: named(py, c"__qualname__"),
        start: named(py, c"start"),
        stop: named(py, c"stop"),
        step: named(py, c"step"),
    })
}
