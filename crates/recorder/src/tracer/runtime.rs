//! The one state of a recording.

use std::rc::Rc;

use module_identity::cpython::ModuleIdentityResolver;
use pyo3::prelude::*;
use spool::{Detail, ValueDetail};

use super::opcode_tracing::OpcodeTracing;
use super::scopes::Scopes;
use super::shared_code::{Owner, SharedCodes};
use crate::capture::{CaptureLimits, NumberedPlan, Plan, Plans, ValueEncoder};
use crate::cpython::callable::CallbackResult;
use crate::cpython::code::CodeRef;
use crate::cpython::frames;
use crate::cpython::import_system::ImportSystem;
use crate::cpython::monitoring::Tool;
use crate::cpython::object::ObjectRef;
use crate::cpython::watcher::Watcher;
use crate::door::Guarded;
use crate::journal::Journal;
use crate::state::code_table::CodeState;
use crate::state::threads;

/// The way in which code was left.
#[derive(Clone, Copy)]
pub enum FrameExit<'py> {
    /// It returned.
    Returned,
    /// It was suspended.
    Suspended,
    /// The exception left it.
    Raised(ObjectRef<'py>),
}

/// Records the modules, calls, lines and values of this process.
///
/// There is one at a time. The objects that CPython calls have it, so that an event finds it without a look
/// at anything else. What changes is behind the door of [`Guarded`]; all else is fixed. Dropping it forgets
/// everything, so that a second recording in the same process starts clean.
pub struct RuntimeTracer {
    journal: Journal,
    pub(super) resolver: ModuleIdentityResolver,
    pub(super) shared: Guarded<SharedCodes>,
    plans: Guarded<Plans>,
    opcode_tracing: OpcodeTracing,
    parts: TracerParts,
}

/// The parts of a tracer that are fixed.
pub struct TracerParts {
    pub detail: Detail,
    pub values: ValueDetail,
    pub scopes: Scopes,
    pub tool: Tool,
    pub import_system: ImportSystem,
    /// The file of truename's own that began the recording: it asks for what the interpreter asked it for.
    pub starter: Option<String>,
    /// Sees module code come, where nothing else is followed.
    pub watcher: Option<Watcher>,
}

static CURRENT: Guarded<Option<Rc<RuntimeTracer>>> = Guarded::new(None);

/// Returns the tracer that is at work.
pub fn current(py: Python<'_>) -> Option<Rc<RuntimeTracer>> {
    CURRENT.with(py, |current| current.clone())
}

/// Makes this the tracer that is at work. There is none.
pub fn install(py: Python<'_>, tracer: Rc<RuntimeTracer>) {
    CURRENT.with(py, |current| *current = Some(tracer));
}

/// Takes the tracer that is at work.
pub fn take(py: Python<'_>) -> Option<Rc<RuntimeTracer>> {
    CURRENT.with(py, Option::take)
}

impl RuntimeTracer {
    pub fn new(
        resolver: ModuleIdentityResolver,
        journal: Journal,
        opcode_tracing: OpcodeTracing,
        parts: TracerParts,
    ) -> Self {
        Self {
            journal,
            resolver,
            shared: Guarded::new(SharedCodes::default()),
            plans: Guarded::new(Plans::new()),
            opcode_tracing,
            parts,
        }
    }

    #[inline(always)]
    pub fn journal(&self) -> &Journal {
        &self.journal
    }

    pub fn opcode_tracing(&self) -> &OpcodeTracing {
        &self.opcode_tracing
    }

    pub fn parts(&self) -> &TracerParts {
        &self.parts
    }

    /// Returns what ends the events of the code that a callback was called for, where it is.
    pub fn disable(&self, py: Python<'_>) -> CallbackResult {
        CallbackResult::disable(self.parts.tool.disable(py))
    }

    /// Asks for the events of `code` that do not come from all code, where calls are recorded.
    pub fn watch_calls(&self, code: CodeRef<'_>) {
        let with_lines = self.parts.detail >= Detail::Lines;
        self.parts.tool.watch_calls(code, with_lines);
    }

    /// Returns the module that the namespace of the calling thread's frame says it is.
    pub(super) fn owner(&self, py: Python<'_>) -> Owner {
        self.resolver.owner(frames::globals(py)?)
    }

    /// Forgets a code object that CPython is about to free.
    pub fn forget_code(&self, py: Python<'_>, address: usize) {
        let generation = self.journal.generation(py);
        let own = self.journal.forget_code(py, address);
        let variants = self
            .shared
            .with(py, |shared| shared.forget(generation, address));
        for state in variants.into_iter().chain([own]) {
            if let CodeState::Number(number) | CodeState::Module(number) = state {
                let plan = self.plans.with(py, |plans| plans.take(generation, number));
                drop(plan);
            }
        }
    }

    /// Returns the number of a code object that is called, as the body of a module is not, and the plan for its
    /// values, when nothing has to be looked at first.
    #[inline(always)]
    pub fn called(&self, code: CodeRef<'_>) -> Option<NumberedPlan> {
        match self.journal.code_state(code) {
            CodeState::Number(number) => self.known_plan(code.py(), number),
            _ => None,
        }
    }

    /// Returns the plan for the values in code that has this number, and the number. It is decided now, where
    /// it is not yet. `code` is that of the calling thread's frame.
    pub fn plan(&self, code: CodeRef<'_>, number: u32) -> Option<NumberedPlan> {
        let py = code.py();
        let known = self.known_plan(py, number);
        if known.is_some() {
            return known;
        }
        let owner = self.owner(py);
        let policy = self.parts.scopes.values(code, owner.as_ref());
        let with_lines = self.parts.values == ValueDetail::Full;
        let generation = self.journal.generation(py);
        let plan = Plan::new(code, &policy, with_lines, &self.interner(py));
        self.plans
            .with(py, |plans| plans.keep(generation, number, plan));
        // To ask for its names may have let other threads write meanwhile.
        self.journal.prepare_write(py)?;
        self.known_plan(py, number)
    }

    #[inline(always)]
    fn known_plan(&self, py: Python<'_>, number: u32) -> Option<NumberedPlan> {
        if !threads::is_current() {
            return None;
        }
        let generation = self.journal.generation(py);
        self.plans.with(py, |plans| plans.find(generation, number))
    }

    /// Returns the numbers of variables' names.
    #[inline]
    pub fn interner(&self, py: Python<'_>) -> impl Fn(&str) -> u32 {
        move |name| self.journal.variable(py, name)
    }

    /// Takes the encoder, with nothing encoded.
    #[inline]
    pub fn encoder(&self, py: Python<'_>, limits: CaptureLimits) -> Box<ValueEncoder> {
        self.plans.with(py, |plans| plans.take_encoder(limits))
    }

    /// Gives the encoder back.
    #[inline]
    pub fn return_encoder(&self, py: Python<'_>, encoder: Box<ValueEncoder>) {
        let other = self.plans.with(py, |plans| plans.return_encoder(encoder));
        drop(other);
    }
}
