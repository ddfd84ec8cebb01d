//! Labels for code objects without a frame.

use module_identity::cpython::ModuleIdentityResolver;
use pyo3::prelude::*;

use crate::door::Guarded;

/// Infers labels, and keeps the answers.
pub struct Inference {
    /// The resolver with its answers, when it is not at work.
    resolver: Guarded<Option<ModuleIdentityResolver>>,
}

impl Inference {
    pub fn new() -> Self {
        Self {
            resolver: Guarded::new(None),
        }
    }

    /// Returns the label of `code`'s body, and why.
    ///
    /// # Errors
    ///
    /// When `code` is no code object.
    pub fn resolve(
        &self,
        code: &Bound<'_, PyAny>,
        name: Option<&str>,
    ) -> PyResult<(String, &'static str)> {
        let py = code.py();
        let mut resolver = match self.resolver.with(py, Option::take) {
            Some(resolver) => resolver,
            None => ModuleIdentityResolver::from_sys_path(py)?,
        };
        let identity = resolver.resolve_for_code(py, code, name);
        let other = self.resolver.with(py, |kept| kept.replace(resolver));
        drop(other);
        let identity = identity?;
        Ok((identity.label(), identity.rule.reason()))
    }

    /// Forgets all answers, and what `sys.path` was.
    pub fn forget(&self, py: Python<'_>) {
        let resolver = self.resolver.with(py, Option::take);
        drop(resolver);
    }
}
