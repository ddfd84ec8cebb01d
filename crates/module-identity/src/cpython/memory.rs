//! The bodies that no loader ran, as far as later decisions depend on them.

use std::collections::{HashMap, HashSet};
use std::hash::{BuildHasher, RandomState};

use pyo3::prelude::*;
use pyo3::types::PyDict;

use super::weak::Weak;

/// The number of entries that are kept before those are dropped whose object is gone.
const SWEEP_AT: usize = 64;

/// The bodies that were named before.
///
/// A namespace that is fresh, or whose file agrees, has one body. Nothing is kept alive for it: a
/// namespace is known by its address, together with an object that lives as long and can be referred to
/// weakly.
#[derive(Default)]
pub(super) struct Memory {
    /// By the address of the namespace: its spec or its module, and the code of the body.
    bodies: HashMap<usize, (Weak, Option<Weak>)>,
    /// True if the namespace that the interpreter made for `__main__` has had its body.
    pub(super) builtin_main: bool,
    /// The files that have run as the main program: the address of the namespace and a hash.
    files: HashSet<(usize, u64)>,
    hasher: RandomState,
    /// The namespace of the prompt or the notebook, and the code of the function that runs its
    /// statements or cells.
    kernel: Option<(usize, Weak)>,
}

impl Memory {
    /// Remembers that a namespace has had its body.
    pub(super) fn add_body(
        &mut self,
        namespace: Borrowed<'_, '_, PyDict>,
        anchor: Borrowed<'_, '_, PyAny>,
        code: Borrowed<'_, '_, PyAny>,
    ) {
        if self.bodies.len() >= SWEEP_AT && self.bodies.len().is_power_of_two() {
            let py = namespace.py();
            self.bodies.retain(|_, (anchor, _)| anchor.is_alive(py));
        }
        if let Some(weak) = Weak::new(anchor) {
            let body = (weak, Weak::new(code));
            self.bodies.insert(namespace.as_ptr() as usize, body);
        }
    }

    /// Returns whether a namespace has had its body.
    pub(super) fn has_body(
        &self,
        namespace: Borrowed<'_, '_, PyDict>,
        anchor: Borrowed<'_, '_, PyAny>,
    ) -> bool {
        let known = self.bodies.get(&(namespace.as_ptr() as usize));
        known.is_some_and(|(known, _)| known.is(anchor))
    }

    /// Returns whether a namespace has had a body that was not this code.
    pub(super) fn has_body_of_other_code(
        &self,
        namespace: Borrowed<'_, '_, PyDict>,
        anchor: Borrowed<'_, '_, PyAny>,
        code: Borrowed<'_, '_, PyAny>,
    ) -> bool {
        let known = self.bodies.get(&(namespace.as_ptr() as usize));
        known.is_some_and(|(known, body)| {
            known.is(anchor) && !body.as_ref().is_some_and(|body| body.is(code))
        })
    }

    /// Remembers that a file has run as the main program.
    pub(super) fn add_file(&mut self, namespace: Borrowed<'_, '_, PyDict>, file: &str) {
        let file = self.hasher.hash_one(file);
        self.files.insert((namespace.as_ptr() as usize, file));
    }

    /// Returns whether a file has run as the main program.
    pub(super) fn has_file(&self, namespace: Borrowed<'_, '_, PyDict>, file: &str) -> bool {
        let file = self.hasher.hash_one(file);
        self.files.contains(&(namespace.as_ptr() as usize, file))
    }

    /// Remembers the function that runs the statements or cells of a namespace.
    pub(super) fn set_kernel(
        &mut self,
        namespace: Borrowed<'_, '_, PyDict>,
        function: Borrowed<'_, '_, PyAny>,
    ) {
        let function = Weak::new(function);
        self.kernel = function.map(|function| (namespace.as_ptr() as usize, function));
    }

    /// Returns whether a function runs the statements or cells of a namespace. Before the first of them,
    /// any may be the one that does.
    pub(super) fn is_kernel(
        &self,
        namespace: Borrowed<'_, '_, PyDict>,
        function: Borrowed<'_, '_, PyAny>,
    ) -> bool {
        match &self.kernel {
            Some((known, kernel)) if *known == namespace.as_ptr() as usize => kernel.is(function),
            _ => true,
        }
    }
}
