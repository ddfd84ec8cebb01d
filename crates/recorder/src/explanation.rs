//! Identities as Python has them.

use module_identity::{Grounds, Identity, ModuleName, Rival};
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList};
use serde_variant::to_variant_name;

/// Makes a dict of an identity, with the keys that it has in `trace_modules.json`.
///
/// # Errors
///
/// When there is no memory.
pub fn dict<'py>(py: Python<'py>, identity: &Identity) -> PyResult<Bound<'py, PyDict>> {
    let dict = PyDict::new(py);
    dict.set_item("label", identity.label())?;
    dict.set_item("name", identity.name.as_ref().map(ModuleName::as_str))?;
    dict.set_item("rule", to_variant_name(&identity.rule).ok())?;
    dict.set_item("why", identity.rule.reason())?;
    dict.set_item("grounds", grounds(py, &identity.grounds)?)?;
    let rivals = identity.rivals.iter().map(|it| rival(py, it));
    let rivals = rivals.collect::<PyResult<Vec<_>>>()?;
    dict.set_item("rivals", PyList::new(py, rivals)?)?;
    Ok(dict)
}

fn grounds<'py>(py: Python<'py>, grounds: &Grounds) -> PyResult<Bound<'py, PyDict>> {
    let dict = PyDict::new(py);
    let name = grounds.name.and_then(|it| to_variant_name(&it).ok());
    let file = grounds.file.and_then(|it| to_variant_name(&it).ok());
    let runner = grounds.runner.and_then(|it| to_variant_name(&it).ok());
    dict.set_item("name", name)?;
    dict.set_item("file", file)?;
    dict.set_item("fresh", grounds.fresh)?;
    dict.set_item("runner", runner)?;
    Ok(dict)
}

fn rival<'py>(py: Python<'py>, rival: &Rival) -> PyResult<Bound<'py, PyDict>> {
    let dict = PyDict::new(py);
    dict.set_item("name", rival.name.as_str())?;
    dict.set_item("source", to_variant_name(&rival.source).ok())?;
    Ok(dict)
}
