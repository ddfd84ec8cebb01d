//! Labels for code objects without a frame.

use std::sync::{Mutex, MutexGuard, PoisonError};

use module_identity::cpython::ModuleIdentityResolver;
use pyo3::prelude::*;

static RESOLVER: Mutex<Option<ModuleIdentityResolver>> = Mutex::new(None);

/// The label of `code`'s body, and why.
///
/// # Errors
///
/// When `code` is no code object.
pub fn resolve(code: &Bound<'_, PyAny>, name: Option<&str>) -> PyResult<(String, &'static str)> {
    let py = code.py();
    let mut resolver = lock();
    let resolver = match &mut *resolver {
        Some(resolver) => resolver,
        none => none.insert(ModuleIdentityResolver::from_sys_path(py)?),
    };
    let identity = resolver.resolve_for_code(py, code, name)?;
    Ok((identity.label(), identity.rule.reason()))
}

/// Forgets all answers, and what `sys.path` was.
pub fn forget() {
    *lock() = None;
}

fn lock() -> MutexGuard<'static, Option<ModuleIdentityResolver>> {
    RESOLVER.lock().unwrap_or_else(PoisonError::into_inner)
}
