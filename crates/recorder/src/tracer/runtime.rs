//! The one state of a recording.

use std::cell::Cell;
use std::sync::atomic::{AtomicU32, Ordering};

use module_identity::cpython::{self as python, ModuleIdentityResolver, Object};
use pyo3::prelude::*;
use spool::{Detail, ValueDetail};

use super::opcode_tracing::OpcodeTracing;
use super::scopes::Scopes;
use super::shared_code::{Owner, SharedCodes};
use crate::capture::{CaptureLimits, NumberedPlan, Plan, Plans, ValueEncoder};
use crate::cpython::callable::{CallbackResult, Receiver};
use crate::cpython::code::CodeRef;
use crate::cpython::frames;
use crate::cpython::import_system::ImportSystem;
use crate::cpython::monitoring::{Reach, Revoked, Tool};
use crate::cpython::object::ObjectRef;
use crate::cpython::per_interpreter::Installation;
use crate::cpython::tool_guard::{ToolGuard, has_lost_monitoring};
use crate::cpython::watcher::Watcher;
use crate::door::Guarded;
use crate::journal::Journal;
use crate::state::code_table::CodeState;
use crate::state::frame_stack::{self, FrameStack};
use crate::state::open_imports::{self, OpenImports};

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

/// Why a recording ends without its tool id.
const REVOKED: &str = "the program freed or took over the tool id of sys.monitoring by which it was \
                       recorded";

/// Counts the tracers of this process.
static RECORDINGS: AtomicU32 = AtomicU32::new(0);

/// Records the modules, calls, lines and values of an interpreter.
///
/// Each interpreter has one at a time. The objects that CPython calls have it, so that an event finds it without a
/// look at anything else. What changes is behind the door of [`Guarded`]; all else is fixed. It is dropped with the
/// last of those objects, while its interpreter still lives. Dropping it forgets everything, so that a second
/// recording in the same interpreter starts clean.
pub struct RuntimeTracer {
    /// The first to go: whoever looks for the tracer meanwhile does not find it.
    pub(super) installation: Cell<Option<Installation<RuntimeTracer>>>,
    /// Keeps the frames of recordings apart that are on one thread.
    recording: u32,
    guard: ToolGuard,
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

impl Receiver for RuntimeTracer {
    fn on_callback_freed(&self, py: Python<'_>) {
        if self.guard.is_broken(py) {
            self.end_if_revoked(py, Err(Revoked));
        }
    }
}

impl RuntimeTracer {
    pub fn new(
        resolver: ModuleIdentityResolver,
        journal: Journal,
        opcode_tracing: OpcodeTracing,
        parts: TracerParts,
    ) -> Self {
        Self {
            installation: Cell::new(None),
            recording: RECORDINGS.fetch_add(1, Ordering::Relaxed),
            guard: ToolGuard::new(journal.settings().interpreter.is_main()),
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

    /// Runs `task` with the calling thread's frames that are in this recording, if it has any storage left.
    pub(super) fn with_frames<T>(&self, task: impl FnOnce(&mut FrameStack) -> T) -> Option<T> {
        frame_stack::with(self.recording, task)
    }

    /// Runs `task` with the calling thread's imports that are in this recording, if it has any storage left.
    pub(super) fn with_imports<T>(&self, task: impl FnOnce(&mut OpenImports) -> T) -> Option<T> {
        open_imports::with(self.recording, task)
    }

    /// Asks for an event when the code of a module starts, returns and is suspended.
    pub fn watch_module(&self, code: CodeRef<'_>) {
        self.end_if_revoked(code.py(), self.parts.tool.watch_module(code));
    }

    /// Asks for an event when `code` returns and is suspended.
    pub(super) fn watch_end(&self, code: CodeRef<'_>) {
        self.end_if_revoked(code.py(), self.parts.tool.watch_end(code));
    }

    /// Asks for the events of `code` that do not come from all code, where calls are recorded.
    pub fn watch_calls(&self, code: CodeRef<'_>) {
        let with_lines = self.parts.detail >= Detail::Lines;
        let watched = self.parts.tool.watch_calls(code, with_lines);
        self.end_if_revoked(code.py(), watched);
    }

    /// Brings the events of code back that was disabled, and those of its lines if that is wanted.
    pub(super) fn ask_again(&self, py: Python<'_>, codes: &[Object], with_lines: bool) {
        self.end_if_revoked(py, self.parts.tool.ask_again(py, codes, with_lines));
    }

    /// Ends the recording where its tool id is gone.
    pub(super) fn end_if_revoked(&self, py: Python<'_>, asked: Result<(), Revoked>) {
        if let Err(Revoked) = asked {
            self.guard.end();
            self.journal.give_up(py, REVOKED);
        }
    }

    /// Follows the events: from now on nobody may take them away without a word in the spool.
    ///
    /// # Errors
    ///
    /// When `sys.monitoring` refuses.
    pub fn follow(&self, py: Python<'_>, reach: Reach) -> PyResult<()> {
        self.guard.begin();
        self.parts.tool.follow(py, reach)
    }

    /// Closes the spool and lets go of all that CPython calls.
    pub fn close(&self, py: Python<'_>) {
        self.guard.end();
        self.journal.close(py);
        if let Some(watcher) = &self.parts.watcher {
            watcher.remove(py);
        }
        self.opcode_tracing.release(py);
        // There is nobody to report an error to, and nothing to do about it.
        python::quiet(py, self.parts.tool.release(py));
    }

    /// Notes that a code object is freed.
    pub fn on_code_freed(&self, py: Python<'_>) {
        // `sys` is emptied last.
        if self.guard.is_due() && !has_lost_monitoring(py) && !self.parts.tool.has_events(py) {
            self.end_if_revoked(py, Err(Revoked));
        }
    }

    /// Returns the module that the namespace of the calling thread's frame says it is.
    pub(super) fn owner(&self, py: Python<'_>) -> Owner {
        self.resolver.namespace_owner(&*frames::globals(py)?)
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
        let actions = self.plans.with(py, |plans| plans.actions(&policy));
        let plan = Plan::new(code, &actions, with_lines, &self.interner(py));
        self.plans
            .with(py, |plans| plans.keep(generation, number, plan));
        // To ask for its names may have let other threads write meanwhile.
        self.journal.prepare_write(py)?;
        self.known_plan(py, number)
    }

    #[inline(always)]
    fn known_plan(&self, py: Python<'_>, number: u32) -> Option<NumberedPlan> {
        if !self.journal.is_current_thread(py) {
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
        let encoder = self.plans.with(py, Plans::take_encoder);
        let mut encoder = encoder.unwrap_or_else(|| Box::new(ValueEncoder::new(py)));
        encoder.begin(limits);
        encoder
    }

    /// Gives the encoder back.
    #[inline]
    pub fn return_encoder(&self, py: Python<'_>, encoder: Box<ValueEncoder>) {
        let other = self.plans.with(py, |plans| plans.return_encoder(encoder));
        drop(other);
    }
}
