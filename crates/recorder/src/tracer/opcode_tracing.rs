//! Programs that trace their own instructions, as debuggers do by `f_trace_opcodes` of frames. CPython would lose
//! these events in code that the recorder follows, unless it is got ready.

use std::cell::Cell;

use module_identity::cpython::{Object, named};
use pyo3::prelude::*;

use super::runtime::RuntimeTracer;
use crate::cpython::code::CodeRef;
use crate::cpython::frames;
use crate::cpython::instruction_tables::InstructionTables;
use crate::cpython::object::ObjectRef;
use crate::door::Guarded;

/// The tables for instructions, and whether they are needed yet.
pub struct OpcodeTracing {
    tables: InstructionTables,
    phase: Cell<Phase>,
    /// The attribute of frames.
    attribute: Object,
    /// The bodies that run, on any thread, where the journal has no table of code.
    bodies: Guarded<Vec<Object>>,
}

/// The use that the program makes of instructions.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Phase {
    /// No code is known that asks for them.
    Awaited,
    /// Code that asks for them is there. All code that starts gets its table.
    Begun,
    /// Tables are never made: CPython needs none, or no tool id was free.
    Over,
}

impl OpcodeTracing {
    /// Gets ready.
    ///
    /// # Errors
    ///
    /// When `sys.monitoring` is incomplete.
    pub fn new(py: Python<'_>) -> PyResult<Self> {
        let is_needed = py.version_info() >= (3, 13);
        Ok(Self {
            tables: InstructionTables::new(py)?,
            phase: Cell::new(if is_needed {
                Phase::Awaited
            } else {
                Phase::Over
            }),
            attribute: named(py, c"f_trace_opcodes"),
            bodies: Guarded::new(Vec::new()),
        })
    }

    /// Ends it.
    pub fn release(&self, py: Python<'_>) {
        self.phase.set(Phase::Over);
        self.tables.release(py);
        drop(self.bodies.with(py, std::mem::take));
    }

    /// Notes that a body runs, whose code is not in the journal's table.
    pub(super) fn begin_body(&self, code: CodeRef<'_>) {
        let kept = code.as_object().keep();
        self.bodies.with(code.py(), |bodies| bodies.push(kept));
    }

    /// Notes that a body is over.
    pub(super) fn end_body(&self, code: CodeRef<'_>) {
        let is_it = |it: &Object| it.as_ptr() == code.as_ptr();
        let ended = self.bodies.with(code.py(), |bodies| {
            let index = bodies.iter().rposition(is_it)?;
            Some(bodies.swap_remove(index))
        });
        drop(ended);
    }
}

impl RuntimeTracer {
    /// Returns whether this code is the first that may trace instructions.
    pub fn awaits_opcode_tracing(&self, code: CodeRef<'_>) -> bool {
        let tracing = self.opcode_tracing();
        tracing.phase.get() == Phase::Awaited && code.has_name(&tracing.attribute)
    }

    /// Notes code that was just made, or starts for the first time.
    pub fn await_opcode_tracing(&self, code: CodeRef<'_>) {
        if self.awaits_opcode_tracing(code) {
            self.begin_opcode_tracing(code.py());
        }
    }

    /// Gets code ready that starts, maybe not for the first time.
    pub fn prepare_opcode_tracing(&self, code: CodeRef<'_>) {
        let tracing = self.opcode_tracing();
        match tracing.phase.get() {
            Phase::Awaited => self.await_opcode_tracing(code),
            Phase::Begun => tracing.tables.make(code),
            Phase::Over => {}
        }
    }

    /// Gets all code ready that runs, or may start again without notice.
    #[cold]
    fn begin_opcode_tracing(&self, py: Python<'_>) {
        let tracing = self.opcode_tracing();
        if !tracing.tables.acquire(py) {
            return tracing.phase.set(Phase::Over);
        }
        tracing.phase.set(Phase::Begun);
        let bodies = tracing.bodies.with(py, |bodies| {
            let keep = |body| ObjectRef::of(py, body).keep();
            bodies.iter().map(keep).collect::<Vec<_>>()
        });
        let known = self.journal().known_codes(py);
        for code in frames::codes(py).into_iter().chain(bodies).chain(known) {
            let code = CodeRef::new(ObjectRef::of(py, &code));
            // What the recorder does not follow has no second tool.
            let is_followed = self.parts().watcher.is_none() || code.is_of_a_module();
            if is_followed {
                tracing.tables.make(code);
            }
        }
        for code in self.parts().import_system.followed() {
            tracing.tables.make(CodeRef::new(ObjectRef::of(py, code)));
        }
    }
}
