//! The code objects that are part of the interpreter's own executable.

use module_identity::cpython::quiet;
use pyo3::prelude::*;

/// Returns the module code that CPython 3.12 has ready-made in its executable, so that no
/// [`Watcher`](super::watcher::Watcher) sees it come. Later versions make it at import.
///
/// # Errors
///
/// When the interpreter does not give the names of its frozen modules.
pub fn ready_made(py: Python<'_>) -> PyResult<Vec<Bound<'_, PyAny>>> {
    if py.version_info() >= (3, 13) {
        return Ok(Vec::new());
    }
    let imp = py.import("_imp")?;
    let names = imp.call_method0("_frozen_module_names")?;
    // A name may be an alias that has no code of its own.
    let code = |name| quiet(py, imp.call_method1("get_frozen_object", (name,)));
    let names: Vec<Bound<'_, PyAny>> = names.extract()?;
    Ok(names.into_iter().filter_map(code).collect())
}
