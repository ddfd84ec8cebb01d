//! What code is in the spool, in the namespace that it runs in, and what calls of it are.

use std::ptr;

use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::types::PyDict;
use spool::Detail;

use module_identity::NamespaceOwner;

use super::{Left, RuntimeTracer, lock_in_callback};
use crate::code::Code;
use crate::codes::Known;
use crate::journal::Owner;
use crate::running::{self, Call};
use crate::{frames, journal, stack, threads};

/// What the calling thread's frame is in the spool, which runs already; never [`Known::Shared`].
///
/// # Safety
///
/// `code` is the code object of the calling thread's frame.
pub unsafe fn known(py: Python<'_>, code: *mut ffi::PyObject) -> Known {
    match journal::known(py, code) {
        // SAFETY: by contract.
        Known::Shared => known_call(py, unsafe { call(py, code) }),
        known => known,
    }
}

/// The same of a frame on the calling thread's stack that runs shared code.
fn known_call(py: Python<'_>, call: Call) -> Known {
    running::find(call).unwrap_or_else(|| journal::before(py, call.code))
}

/// The call that runs in the calling thread's frame.
///
/// # Safety
///
/// As for [`known`].
unsafe fn call(py: Python<'_>, code: *mut ffi::PyObject) -> Call {
    Call {
        code,
        // SAFETY: the frame runs, and lends its frame object.
        frame: unsafe { ffi::PyEval_GetFrame() },
        spool: journal::generation(py),
    }
}

/// Notes what the spool was told of the calling thread's frame, which starts or goes on.
///
/// # Safety
///
/// As for [`known`].
pub unsafe fn begin_call(py: Python<'_>, code: *mut ffi::PyObject, known: Known) {
    if journal::known(py, code) == Known::Shared {
        // SAFETY: by contract.
        running::begin(unsafe { call(py, code) }, known);
    }
}

/// Notes that the calling thread's frame is left.
///
/// # Safety
///
/// As for [`known`].
pub unsafe fn end_call(py: Python<'_>, code: *mut ffi::PyObject, left: Left) {
    if journal::known(py, code) == Known::Shared {
        // SAFETY: by contract.
        running::end(unsafe { call(py, code) }, matches!(left, Left::Returned));
    }
}

/// Whether the end of the call that an exception leaves may have been told, where its code returned
/// last in some namespace.
///
/// # Safety
///
/// As for [`known`].
pub unsafe fn may_have_ended(py: Python<'_>, code: *mut ffi::PyObject) -> bool {
    if journal::known(py, code) != Known::Shared {
        return true;
    }
    // SAFETY: by contract.
    let call = unsafe { call(py, code) };
    if running::find(call).is_none() {
        running::open_again(call);
    }
    // (other threads may have been at work since)
    !threads::is_current()
        || matches!(known_call(py, call), Known::Number(number) if journal::returned_last(py, number))
}

/// What code that starts is in the spool, as far as that is decided in its namespace; never
/// [`Known::Shared`].
///
/// # Safety
///
/// As for [`known`].
pub unsafe fn known_here(py: Python<'_>, code: *mut ffi::PyObject) -> Known {
    match journal::known(py, code) {
        // SAFETY: by contract.
        Known::Shared => with(|tracer| unsafe { tracer.known(py, code) }).unwrap_or(Known::No),
        known => known,
    }
}

/// The same, and it gets a number there when it has none. `start` is the offset at which it starts,
/// where that is known.
///
/// # Safety
///
/// As for [`known`].
pub unsafe fn know(py: Python<'_>, code: *mut ffi::PyObject, start: Option<u32>) -> Known {
    // SAFETY: by contract.
    let described = unsafe { Code::new(py, code) };
    match journal::know(py, described, start) {
        Known::Shared => {
            // SAFETY: by contract.
            let decide = |tracer: &RuntimeTracer| unsafe { tracer.decide(py, described, start) };
            with(decide).unwrap_or(Known::No)
        }
        known => known,
    }
}

/// Whether a filter keeps the code of a function out, which starts and is not decided yet.
///
/// # Safety
///
/// As for [`known`].
pub unsafe fn is_kept_out(py: Python<'_>, code: *mut ffi::PyObject) -> bool {
    let is_kept_out = |tracer: &RuntimeTracer| {
        // SAFETY: by contract.
        let described = unsafe { Code::new(py, code) };
        let owner = || tracer.owner(py);
        if tracer.scopes.records_function(described, owner) {
            return false;
        }
        journal::skip(py, described);
        if journal::known(py, code) == Known::Shared {
            // SAFETY: by contract.
            unsafe { tracer.decide(py, described, None) };
        }
        true
    };
    with(is_kept_out).unwrap_or(false)
}

/// The number of the code whose line runs, if lines of this frame are told. Those of a module's code are
/// told of recorded bodies alone, and not of other runs of it.
///
/// # Safety
///
/// As for [`known`].
pub unsafe fn number_of_lines(py: Python<'_>, code: *mut ffi::PyObject) -> Option<u32> {
    // SAFETY: by contract.
    match unsafe { known(py, code) } {
        Known::Number(number) => Some(number),
        Known::Module(number) => {
            // SAFETY: the frame runs, and lends its frame object.
            let frame = || unsafe { ffi::PyEval_GetFrame() };
            let is_open = stack::is_open(code, journal::generation(py), frame);
            if !is_open {
                journal::interrupt_lines(py);
            }
            is_open.then_some(number)
        }
        Known::No | Known::Skipped | Known::Shared => None,
    }
}

/// How many calls of the code are on the calling thread's stack, of those that are told as its innermost
/// one is.
///
/// # Safety
///
/// As for [`known`].
pub unsafe fn count_calls(py: Python<'_>, code: *mut ffi::PyObject) -> u32 {
    if journal::known(py, code) != Known::Shared {
        return frames::count(py, code);
    }
    // SAFETY: by contract.
    let innermost = unsafe { call(py, code) };
    let known = known_call(py, innermost);
    let is_counted = |frame| known_call(py, Call { frame, ..innermost }) == known;
    frames::count_where(py, code, is_counted)
}

fn with<T>(ask: impl FnOnce(&RuntimeTracer) -> T) -> Option<T> {
    lock_in_callback()?.as_ref().map(ask)
}

impl RuntimeTracer {
    /// The module that the namespace of the calling thread's frame says it is.
    pub(super) fn owner(&self, py: Python<'_>) -> Option<NamespaceOwner> {
        // SAFETY: a frame that runs lends its globals, which are a dict.
        let globals = unsafe {
            Borrowed::from_ptr_or_opt(py, ffi::PyEval_GetGlobals())?.cast_unchecked::<PyDict>()
        };
        self.resolver.owner(globals)
    }

    /// What code that starts is in the spool, as far as that is decided in its namespace.
    ///
    /// # Safety
    ///
    /// As for [`known`].
    pub(super) unsafe fn known(&self, py: Python<'_>, code: *mut ffi::PyObject) -> Known {
        match journal::known(py, code) {
            Known::Shared => journal::variant(py, code, &self.owner(py)),
            known => known,
        }
    }

    /// Decides about shared code, in the namespace of the calling thread's frame.
    ///
    /// # Safety
    ///
    /// `code` is that of the calling thread's frame.
    unsafe fn decide(&self, py: Python<'_>, code: Code<'_>, start: Option<u32>) -> Known {
        let owner = self.owner(py);
        let known = journal::variant(py, code.as_ptr(), &owner);
        if known != Known::No {
            return known;
        }
        let decision = self.scopes.decide(code, owner.as_ref());
        journal::know_variant(py, code, owner, decision, start)
    }

    /// A module's code starts, maybe not for the first time. Where filters say other things of the code in
    /// it than they did in the namespace that it ran in first, each namespace is asked about from now on.
    ///
    /// # Safety
    ///
    /// `code` is that of the calling thread's frame.
    pub(super) unsafe fn compare_namespaces(&self, py: Python<'_>, code: Code<'_>) {
        if self.detail == Detail::Modules || !self.scopes.depend_on_namespaces() {
            return;
        }
        let owner = self.owner(py);
        let first = journal::came_before(py, code, &owner);
        // (`CODE.replace(…)` is other code, with the same code nested in it)
        let first_of_nested = code.nested().next().and_then(|nested| {
            // SAFETY: the object is kept.
            journal::came_before(py, unsafe { Code::new(py, nested.as_ptr()) }, &owner)
        });
        if first.is_some() || first_of_nested.is_some() {
            // SAFETY: by contract.
            unsafe { self.share(py, code, [first, first_of_nested], &owner) };
        }
        if journal::known(py, code.as_ptr()) == Known::Shared {
            // SAFETY: by contract.
            unsafe { self.decide(py, code, None) };
        }
    }

    /// Has each namespace be asked about for a module's code, and what is nested in it, of which filters
    /// say other things in that of `owner` than in those that the code and what is nested ran in first.
    ///
    /// # Safety
    ///
    /// `code` is that of the calling thread's frame.
    unsafe fn share(
        &self,
        py: Python<'_>,
        code: Code<'_>,
        [first, first_of_nested]: [Option<Owner>; 2],
        owner: &Owner,
    ) {
        let mut shared = code.with_nested();
        shared.retain(|it| {
            let first = match ptr::eq(it.as_ptr(), code.as_ptr()) {
                true => &first,
                false => &first_of_nested,
            };
            let Some(first) = first else { return false };
            // SAFETY: the object is kept.
            let it = unsafe { Code::new(py, it.as_ptr()) };
            let [then, now] = [first, owner].map(|owner| self.scopes.decide(it, owner.as_ref()));
            then != now && journal::share(py, it, first.clone(), then)
        });
        // (a frame that has its object keeps it: none that comes later is taken for it)
        if !shared.is_empty() {
            frames::count(py, code.as_ptr());
        }
        // What was kept out is not told of any more.
        if self.scopes.skips() && !shared.is_empty() {
            self.tool
                .ask_again(py, &shared, self.detail >= Detail::Lines);
        }
    }
}
