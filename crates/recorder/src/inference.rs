//! Labels for those who ask, at any time.

use module_identity::Identity;
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

    /// Returns whose body `code` is.
    ///
    /// # Errors
    ///
    /// When `code` is no code object.
    pub fn resolve_for_code(
        &self,
        code: &Bound<'_, PyAny>,
        name: Option<&str>,
    ) -> PyResult<Identity> {
        let py = code.py();
        self.with_resolver(py, |resolver| resolver.resolve_for_code(code, name))?
    }

    /// Returns whose body a frame is; `None` where the object is no frame.
    ///
    /// # Errors
    ///
    /// When there is no `sys` to ask.
    pub fn resolve_frame(&self, frame: Borrowed<'_, '_, PyAny>) -> PyResult<Option<Identity>> {
        self.with_resolver(frame.py(), |resolver| resolver.resolve_frame(&frame))
    }

    /// Forgets all answers, and what `sys.path` was.
    pub fn forget(&self, py: Python<'_>) {
        let resolver = self.resolver.with(py, Option::take);
        drop(resolver);
    }

    /// Asks the resolver. Another thread that asks meanwhile has one of its own, which then goes.
    fn with_resolver<T>(
        &self,
        py: Python<'_>,
        ask: impl FnOnce(&ModuleIdentityResolver) -> T,
    ) -> PyResult<T> {
        let resolver = match self.resolver.with(py, Option::take) {
            Some(resolver) => resolver,
            None => ModuleIdentityResolver::from_sys_path(py)?,
        };
        let answer = ask(&resolver);
        let other = self.resolver.with(py, |kept| kept.replace(resolver));
        drop(other);
        Ok(answer)
    }
}
