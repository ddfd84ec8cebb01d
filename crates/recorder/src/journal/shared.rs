//! Code that runs in several namespaces, of which filters say different things.
//!
//! A module's code may run as the body of several modules, and its functions' code is then shared by
//! them. Code that filters tell apart has a number for each thing that they say of it.

use std::rc::Rc;

use foldhash::HashMap;
use module_identity::NamespaceOwner;
use pyo3::ffi;
use pyo3::prelude::*;
use spool::Record;

use super::numbers::{describe, gone, start_of};
use super::{Journal, with};
use crate::code::Code;
use crate::codes::{Known, watch_end};
use crate::plan::Plan;
use crate::scopes::Decision;

/// The module that a namespace says it is.
pub type Owner = Option<NamespaceOwner>;

/// How many namespaces of the same code are remembered.
const REMEMBERED: usize = 64;

/// What is known of namespaces, by the addresses of code objects that are alive.
#[derive(Default)]
pub(super) struct Shared {
    /// Of a module's code, and of what is nested in it first: the first namespace that it ran in, and
    /// others that were compared with it.
    came: HashMap<usize, Vec<Owner>>,
    /// Code that is shared.
    codes: HashMap<usize, SharedCode>,
}

/// Code that filters tell apart.
struct SharedCode {
    /// What it was in the spool before, and what the calls are that began then.
    before: Known,
    variants: Vec<Variant>,
}

/// One of the things that filters say of code.
struct Variant {
    decision: Decision,
    /// What the code is in the spool where they say so.
    known: Known,
    owners: Vec<Owner>,
}

/// Notes that a module's code, with what is nested in it, runs in the namespace of `owner`. Gives the first
/// one that it ran in, unless it ran in this one before.
pub fn came_before(py: Python<'_>, code: Code<'_>, owner: &Owner) -> Option<Owner> {
    // SAFETY: the code object is alive.
    unsafe { watch_end(py, code.as_ptr(), gone) };
    with(py, |journal| {
        let shared = journal.shared.get_or_insert_default();
        let owners = shared.came.entry(code.as_ptr() as usize).or_default();
        if owners.contains(owner) {
            return None;
        }
        let first = owners.first().cloned();
        if owners.len() == REMEMBERED {
            owners.truncate(1);
        }
        owners.push(owner.clone());
        first
    })
}

/// Has each namespace be asked about for `code` from now on. Until now it was decided for `owner`.
/// `false` where that is so already.
pub fn share(py: Python<'_>, code: Code<'_>, owner: Owner, decision: Decision) -> bool {
    let address = code.as_ptr();
    // SAFETY: the code object is alive.
    unsafe { watch_end(py, address, gone) };
    with(py, |journal| {
        let known = journal.find(address);
        if known == Known::Shared {
            return false;
        }
        let mut variants = Vec::new();
        // (a function that somebody made may have been decided for another namespace)
        let is_recorded = !matches!(known, Known::No | Known::Skipped);
        if known != Known::No && is_recorded == decision.is_recorded {
            variants.push(Variant {
                decision,
                known,
                owners: vec![owner],
            });
        }
        let code = SharedCode {
            before: known,
            variants,
        };
        let shared = journal.shared.get_or_insert_default();
        shared.codes.insert(address as usize, code);
        if let Some(codes) = &mut journal.codes {
            codes.share(address);
        }
        journal.line_code = std::ptr::null_mut();
        true
    })
}

/// What the calls of shared code are in the spool that began before it was shared.
pub fn before(py: Python<'_>, code: *mut ffi::PyObject) -> Known {
    with(py, |journal| {
        let shared = journal.shared.as_ref();
        let code = shared.and_then(|shared| shared.codes.get(&(code as usize)));
        code.map_or(Known::No, |code| code.before)
    })
}

/// What shared code is in the spool, in the namespace of `owner`; [`Known::No`] until that is decided.
pub fn variant(py: Python<'_>, code: *mut ffi::PyObject, owner: &Owner) -> Known {
    with(py, |journal| {
        let variants = journal.variants(code).into_iter().flatten();
        let mut known = variants.filter(|it| it.owners.contains(owner));
        known.next().map_or(Known::No, |variant| variant.known)
    })
}

/// What shared code is in the spool, in the namespace of `owner`, for which it is decided now.
/// `start` is the offset at which it starts, where that is known.
pub fn know_variant(
    py: Python<'_>,
    code: Code<'_>,
    owner: Owner,
    decision: Decision,
    start: Option<u32>,
) -> Known {
    let is_of_a_module = code.is_of_a_module();
    let start = start_of(code, start);
    let described = describe(code);
    with(py, |journal| {
        if let (Some(codes), Some(start)) = (&mut journal.codes, start) {
            codes.note_start(code.as_ptr(), start);
        }
        if let Some(variants) = journal.variants(code.as_ptr())
            && let Some(variant) = variants.iter_mut().find(|it| it.decision == decision)
        {
            if variant.owners.len() == REMEMBERED {
                variant.owners.clear();
            }
            variant.owners.push(owner);
            return variant.known;
        }
        let known = if !decision.is_recorded {
            // (an error shows at the next event)
            let _ = journal.append(&Record::Skip);
            Known::Skipped
        } else {
            match journal.number(described) {
                Some(number) if is_of_a_module => Known::Module(number),
                Some(number) => Known::Number(number),
                None => return Known::No,
            }
        };
        if let Some(variants) = journal.variants(code.as_ptr()) {
            variants.push(Variant {
                decision,
                known,
                owners: vec![owner],
            });
        }
        known
    })
}

impl Journal {
    fn variants(&mut self, code: *mut ffi::PyObject) -> Option<&mut Vec<Variant>> {
        let shared = self.shared.as_mut()?;
        let code = shared.codes.get_mut(&(code as usize))?;
        Some(&mut code.variants)
    }

    /// Forgets the namespaces of code that goes away; gives what was told of its values.
    pub(super) fn forget_namespaces(&mut self, code: *mut ffi::PyObject) -> Vec<Rc<Plan>> {
        let Some(shared) = &mut self.shared else {
            return Vec::new();
        };
        shared.came.remove(&(code as usize));
        let Some(code) = shared.codes.remove(&(code as usize)) else {
            return Vec::new();
        };
        let plans = code
            .variants
            .iter()
            .map(|variant| self.take_plan(variant.known));
        plans.flatten().collect()
    }
}

impl Shared {
    /// The code that is shared.
    pub(super) fn codes(&self) -> impl Iterator<Item = *mut ffi::PyObject> {
        self.codes.keys().map(|code| *code as *mut ffi::PyObject)
    }

    /// Forgets the numbers of a spool that is left.
    pub(super) fn forget_numbers(&mut self) {
        for code in self.codes.values_mut() {
            code.before = Known::No;
            code.variants.clear();
        }
    }
}
