//! Code that a debugger of the program traces, instruction by instruction.

use pyo3::prelude::*;

use super::opcode_tracing::Phase;
use super::runtime::RuntimeTracer;
use crate::cpython::code::CodeRef;
use crate::cpython::frames;
use crate::cpython::object::ObjectRef;

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
