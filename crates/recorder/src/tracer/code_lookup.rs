//! The states of code in the namespace that it runs in, and of calls of it.
//!
//! Each function is asked about the code of the calling thread's frame.

use std::ptr;

use pyo3::prelude::*;
use spool::Detail;

use super::runtime::{FrameExit, RuntimeTracer};
use super::shared_code::Owner;
use crate::cpython::code::CodeRef;
use crate::cpython::frames;
use crate::cpython::object::ObjectRef;
use crate::journal::DescribedCode;
use crate::state::code_table::CodeState;
use crate::state::frame_stack::FrameId;

impl RuntimeTracer {
    /// Returns what the calling thread's frame is in the spool, which runs already; never
    /// [`CodeState::Shared`].
    pub fn state_of_frame(&self, code: CodeRef<'_>) -> CodeState {
        match self.journal().code_state(code) {
            CodeState::Shared => self.state_of_call(code.py(), frame_id(code)),
            state => state,
        }
    }

    /// Returns the same of a frame on the calling thread's stack that runs shared code.
    fn state_of_call(&self, py: Python<'_>, id: FrameId) -> CodeState {
        let generation = self.journal().generation(py);
        let state = self
            .with_frames(|stack| stack.find_call(id, generation))
            .flatten();
        state.unwrap_or_else(|| {
            self.shared
                .with(py, |shared| shared.before(generation, id.code))
        })
    }

    /// Notes what the spool has of the calling thread's frame, which starts or goes on.
    pub fn begin_call(&self, code: CodeRef<'_>, state: CodeState) {
        if self.journal().code_state(code) == CodeState::Shared {
            let generation = self.journal().generation(code.py());
            let id = frame_id(code);
            self.with_frames(|stack| stack.begin_call(id, generation, state));
        }
    }

    /// Notes that the calling thread's frame is left.
    pub fn end_call(&self, code: CodeRef<'_>, exit: FrameExit<'_>) {
        if self.journal().code_state(code) == CodeState::Shared {
            let returns = matches!(exit, FrameExit::Returned);
            let id = frame_id(code);
            self.with_frames(|stack| stack.end_call(id, returns));
        }
    }

    /// Returns whether the end of the call that an exception leaves may be recorded, where its code returned
    /// last in some namespace.
    pub fn may_have_ended(&self, code: CodeRef<'_>) -> bool {
        if self.journal().code_state(code) != CodeState::Shared {
            return true;
        }
        let py = code.py();
        let id = frame_id(code);
        let generation = self.journal().generation(py);
        self.with_frames(|stack| {
            if stack.find_call(id, generation).is_none() {
                stack.reopen_call(id);
            }
        });
        // Other threads may have been at work since.
        !self.journal().is_current_thread(py)
            || matches!(
                self.state_of_call(py, id),
                CodeState::Number(number) if self.journal().returned_last(py, number)
            )
    }

    /// Returns what code that starts is in the spool, as far as that is decided in its namespace; never
    /// [`CodeState::Shared`].
    pub fn state_here(&self, code: CodeRef<'_>) -> CodeState {
        match self.journal().code_state(code) {
            CodeState::Shared => self.variant(code, &self.owner(code.py())),
            state => state,
        }
    }

    /// Returns the same, and the code gets a number when it has none. `start` is the offset at which it
    /// starts, where that is known.
    pub fn number_here(&self, code: CodeRef<'_>, start: Option<u32>) -> CodeState {
        match self.journal().number_code(code, start) {
            CodeState::Shared => self.decide_variant(code, start),
            state => state,
        }
    }

    /// Decides whether a filter keeps the code of a function out, which starts and is not decided yet.
    pub fn is_kept_out(&self, code: CodeRef<'_>) -> bool {
        let owner = || self.owner(code.py());
        if self.parts().scopes.records_function(code, owner) {
            return false;
        }
        self.journal().skip(code);
        if self.journal().code_state(code) == CodeState::Shared {
            self.decide_variant(code, None);
        }
        true
    }

    /// Returns the number of the code whose line runs, if lines of this frame are recorded. Those of a
    /// module's code are recorded of recorded bodies alone, and not of other runs of it.
    pub fn number_of_lines(&self, code: CodeRef<'_>) -> Option<u32> {
        match self.state_of_frame(code) {
            CodeState::Number(number) => Some(number),
            CodeState::Module(number) => {
                let py = code.py();
                let generation = self.journal().generation(py);
                let frame = || frames::current_address(py);
                let is_open =
                    self.with_frames(|stack| stack.has_body(code.address(), generation, frame));
                if is_open != Some(true) {
                    self.journal().interrupt_lines(py);
                    return None;
                }
                Some(number)
            }
            CodeState::Unknown | CodeState::Skipped | CodeState::Shared => None,
        }
    }

    /// Counts the calls of the code on the calling thread's stack that are recorded as its innermost one is.
    pub fn count_calls(&self, code: CodeRef<'_>) -> u32 {
        if self.journal().code_state(code) != CodeState::Shared {
            return frames::count(code);
        }
        let py = code.py();
        let innermost = frame_id(code);
        let state = self.state_of_call(py, innermost);
        frames::count_where(code, |frame| {
            let id = FrameId {
                frame: frame.address(),
                ..innermost
            };
            self.state_of_call(py, id) == state
        })
    }

    /// Notes the namespace in which a module's code starts, maybe not for the first time. Where filters say
    /// other things of the code in it than they did in the namespace that it ran in first, each namespace is
    /// asked about from now on.
    pub(super) fn compare_namespaces(&self, code: CodeRef<'_>) {
        let parts = self.parts();
        if parts.detail == Detail::Modules || !parts.scopes.depend_on_namespaces() {
            return;
        }
        let py = code.py();
        let owner = self.owner(code.py());
        let first = self.first_owner_if_new(code, &owner);
        // `CODE.replace(…)` is other code, with the same code nested in it.
        let first_of_nested = code.nested().next().and_then(|nested| {
            let nested = CodeRef::new(ObjectRef::of(py, &nested));
            self.first_owner_if_new(nested, &owner)
        });
        if first.is_some() || first_of_nested.is_some() {
            self.share(code, [first, first_of_nested], &owner);
        }
        if self.journal().code_state(code) == CodeState::Shared {
            self.decide_variant(code, None);
        }
    }

    fn first_owner_if_new(&self, code: CodeRef<'_>, owner: &Owner) -> Option<Owner> {
        self.journal().watch_destruction(code);
        self.shared.with(code.py(), |shared| {
            shared.first_owner_if_new(code.address(), owner)
        })
    }

    /// Shares a module's code, and what is nested in it, of which filters say other things in the namespace
    /// of `owner` than in those that the code and what is nested ran in first.
    fn share(
        &self,
        code: CodeRef<'_>,
        [first, first_of_nested]: [Option<Owner>; 2],
        owner: &Owner,
    ) {
        let py = code.py();
        let scopes = &self.parts().scopes;
        let mut shared = code.with_nested();
        shared.retain(|it| {
            let first = match ptr::eq(it.as_ptr(), code.as_ptr()) {
                true => &first,
                false => &first_of_nested,
            };
            let Some(first) = first else { return false };
            let it = CodeRef::new(ObjectRef::of(py, it));
            let [then, now] = [first, owner].map(|owner| scopes.decide(it, owner.as_ref()));
            if then == now {
                return false;
            }
            let before = self.journal().share(it);
            if before == CodeState::Shared {
                return false;
            }
            let generation = self.journal().generation(py);
            self.shared.with(py, |shared| {
                shared.share(generation, it.address(), before, first.clone(), then);
            });
            true
        });
        // A frame that has its object keeps it: none that comes later is taken for it.
        if !shared.is_empty() {
            frames::count(code);
        }
        // The events of what was kept out are disabled.
        if scopes.skips() && !shared.is_empty() {
            let with_lines = self.parts().detail >= Detail::Lines;
            self.ask_again(py, &shared, with_lines);
        }
    }

    fn variant(&self, code: CodeRef<'_>, owner: &Owner) -> CodeState {
        let generation = self.journal().generation(code.py());
        self.shared.with(code.py(), |shared| {
            shared.variant(generation, code.address(), owner)
        })
    }

    /// Decides about shared code, in the namespace of the calling thread's frame.
    fn decide_variant(&self, code: CodeRef<'_>, start: Option<u32>) -> CodeState {
        let (py, journal, address) = (code.py(), self.journal(), code.address());
        let owner = self.owner(code.py());
        let known = self.variant(code, &owner);
        if known != CodeState::Unknown {
            return known;
        }
        let decision = self.parts().scopes.decide(code, owner.as_ref());
        let described = DescribedCode::new(code, start);
        journal.note_start(code, &described);
        let generation = journal.generation(py);
        let joined = self.shared.with(py, |shared| {
            shared.join_variant(generation, address, &owner, &decision)
        });
        if let Some(state) = joined {
            return state;
        }
        let state = if decision.is_recorded {
            journal.number_variant(code, described)
        } else {
            journal.append_skip(py);
            CodeState::Skipped
        };
        if state != CodeState::Unknown {
            self.shared.with(py, |shared| {
                shared.add_variant(generation, address, owner, decision, state);
            });
        }
        state
    }
}

/// Returns the calling thread's frame, which runs `code`.
fn frame_id(code: CodeRef<'_>) -> FrameId {
    FrameId {
        code: code.address(),
        frame: frames::current_address(code.py()),
    }
}
