//! The bodies of modules, which begin and end.

use module_identity::{BARE_LABEL, Identity};
use spool::{Begin, Detail, End, Outcome, Record, ValueDetail};
use trace_filter::ValueKind;

use super::children;
use super::runtime::{FrameExit, RuntimeTracer};
use crate::capture::CaptureLimits;
use crate::clock;
use crate::cpython::code::CodeRef;
use crate::cpython::frames;
use crate::cpython::object::ObjectRef;
use crate::state::code_table::CodeState;
use crate::state::frame_stack::{FrameId, FrameStack};

impl RuntimeTracer {
    /// Records that module code starts. `code` is that of the calling thread's frame.
    pub fn begin(&self, code: CodeRef<'_>) {
        self.prepare_opcode_tracing(code);
        self.begin_body(code);
        children::watch(code.py());
    }

    /// Appends the beginning of a body, if it is recorded; `None` where there is no more to do.
    fn begin_body(&self, code: CodeRef<'_>) -> Option<()> {
        let (py, journal, parts) = (code.py(), self.journal(), self.parts());
        self.with_frames(FrameStack::forget_returned_body);
        let thread = journal.prepare_write(py)?;
        let identity: Identity = self.resolver.resolve_start(&code.as_object().as_borrowed());
        let is_starter = |name: &str| name == children::STARTER;
        if identity
            .name
            .as_ref()
            .is_some_and(|it| is_starter(it.as_str()))
        {
            children::expect();
        }
        self.compare_namespaces(code);
        if !parts.scopes.records_body(code, &identity) {
            journal.append_skip(py);
            // The last lines may be those of another run of this code.
            journal.interrupt_lines(py);
            return None;
        }
        let (file, line) = (code.filename(), code.first_line());
        let frame = frames::current_address(py);
        // All that was asked of Python may have let other threads write meanwhile.
        let thread = journal.prepare_write(py).filter(|now| *now == thread)?;
        let body = journal.next_body(py);
        let begin = Begin {
            body,
            thread: thread.number().into(),
            time: clock::now(),
            identity,
            file: file.into(),
            line,
        };
        // The lines that come next are those of this body.
        if parts.detail >= Detail::Lines
            && let state @ CodeState::Module(number) = self.state_here(code)
        {
            journal.begin_lines(code, number);
            self.begin_call(code, state);
        }
        if !journal.append(py, &Record::Begin(begin)) {
            return None;
        }
        let id = FrameId {
            code: code.address(),
            frame,
        };
        let generation = journal.generation(py);
        self.with_frames(|stack| stack.begin_body(id, generation, body));
        if parts.detail == Detail::Modules {
            self.opcode_tracing().begin_body(code);
        }
        match parts.detail {
            Detail::Modules if parts.watcher.is_some() => {}
            Detail::Modules => self.watch_end(code),
            Detail::Calls | Detail::Lines => self.watch_calls(code),
        }
        Some(())
    }

    /// Records that code is left, if it is a body whose beginning is recorded. `code` is that of the calling
    /// thread's frame.
    pub fn end(&self, code: CodeRef<'_>, exit: FrameExit<'_>) {
        let (py, journal) = (code.py(), self.journal());
        journal.leave_parent(py);
        let Some(body) = self.take_body(code, exit) else {
            return;
        };
        if self.parts().detail == Detail::Modules {
            self.opcode_tracing().end_body(code);
        }
        // The next lines may be those of another run of this code.
        journal.interrupt_lines(py);
        let (outcome, exception) = match exit {
            FrameExit::Returned => (Outcome::Returned, None),
            FrameExit::Suspended => (Outcome::Suspended, None),
            FrameExit::Raised(exception) => {
                let exception = exception.type_name().unwrap_or_default();
                (Outcome::Raised, Some(exception.into()))
            }
        };
        let raised = match exit {
            FrameExit::Raised(exception) => self.encoded_error(code, exception),
            FrameExit::Returned | FrameExit::Suspended => Vec::new(),
        };
        if journal.prepare_write(py).is_none() {
            return;
        }
        let time = clock::now();
        journal.append(
            py,
            &Record::End(End {
                body,
                time,
                outcome,
                exception,
                raised,
            }),
        );
    }

    /// Returns an exception that leaves a body as a value, where values are recorded.
    fn encoded_error(&self, code: CodeRef<'_>, exception: ObjectRef<'_>) -> Vec<u8> {
        let py = code.py();
        if self.parts().values == ValueDetail::None {
            return Vec::new();
        }
        let policy = self.parts().scopes.values(code, self.owner(py).as_ref());
        let mut encoder = self.encoder(py, CaptureLimits::CALL);
        encoder.encode_exception(exception, policy.action(ValueKind::Ret, BARE_LABEL));
        let encoded = encoder.bytes.clone();
        self.return_encoder(py, encoder);
        encoded
    }

    /// Takes the number of the body that is left.
    fn take_body(&self, code: CodeRef<'_>, exit: FrameExit<'_>) -> Option<u64> {
        let py = code.py();
        let generation = self.journal().generation(py);
        let frame = || frames::current_address(py);
        let returns = matches!(exit, FrameExit::Returned);
        let body =
            self.with_frames(|stack| stack.end_body(code.address(), generation, frame, returns));
        let is_raised = matches!(exit, FrameExit::Raised(_));
        body.flatten().or_else(|| {
            let returned = self.with_frames(|stack| {
                let stack = is_raised.then_some(stack)?;
                stack.take_returned_body(code.address(), generation, frame)
            });
            returned.flatten().filter(|_| code.is_of_a_module())
        })
    }
}
