//! The names by which values are asked.

use module_identity::cpython::{Object, named};
use pyo3::prelude::*;

/// The names by which values are asked, interned in the interpreter that has the values.
pub(super) struct AskedNames {
    pub bit_length: Object,
    pub name: Object,
    pub qualname: Object,
    pub encoding: Object,
    pub errno: Object,
    pub filename: Object,
    pub filename2: Object,
    pub msg: Object,
    pub object: Object,
    pub reason: Object,
    pub strerror: Object,
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
            encoding: named(py, c"encoding"),
            errno: named(py, c"errno"),
            filename: named(py, c"filename"),
            filename2: named(py, c"filename2"),
            msg: named(py, c"msg"),
            object: named(py, c"object"),
            reason: named(py, c"reason"),
            strerror: named(py, c"strerror"),
            start: named(py, c"start"),
            stop: named(py, c"stop"),
            step: named(py, c"step"),
        }
    }
}
