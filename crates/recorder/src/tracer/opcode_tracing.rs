//! Programs that trace their own instructions, as debuggers do by `f_trace_opcodes` of frames. CPython would lose
//! these events in code that the recorder follows, unless it is got ready.

use std::cell::Cell;

use module_identity::cpython::{Object, named};
use pyo3::prelude::*;

use crate::cpython::code::CodeRef;
use crate::cpython::instruction_tables::InstructionTables;
use crate::door::Guarded;

/// The tables for instructions, and whether they are needed yet.
pub struct OpcodeTracing {
    pub(super) tables: InstructionTables,
    pub(super) phase: Cell<Phase>,
    /// The attribute of frames.
    pub(super) attribute: Object,
    /// The bodies that run, on any thread, where the journal has no table of code.
    pub(super) bodies: Guarded<Vec<Object>>,
}

/// The use that the program makes of instructions.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Phase {
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
