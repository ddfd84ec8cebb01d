//! The names by which values are asked.

use module_identity::cpython::{Object, named};
use pyo3::prelude::*;

/// The names by which values are asked, interned in the interpreter that has the values.
pub(super) struct AskedNames {
    pub bit_length: Object,
    pub name: Object,
    pub qualname: Object,
    pub start: Object,
    pub stop: Object,
    pub step: Object,
}

impl AskedNames {
    pub(super) fn new(py: Python<'_>) -> Self {
        Self {
            bit_length: named(py, c"bit_length"),
            name: named(py, c"__name__"),
            qualname: named(py, c"__qualname__"),
            start: named(py, c"start"),
            stop: named(py, c"stop"),
            step: named(py, c"step"),
        }
    }
}
