//! The numbers of code, and of variables.

use std::io;

use module_identity::cpython::Object;
use pyo3::ffi;
use pyo3::prelude::*;
use spool::{NUMBERS, Record, Variable};

use super::writer::{Journal, JournalState, SUSPENDS};
use crate::cpython::code::CodeRef;
use crate::state::code_table::{Addresses, CodeState};

/// A description of code for the spool, and of its start. To make it is to call Python.
pub struct DescribedCode {
    is_of_a_module: bool,
    /// The offset at which the code starts, if it is known; [`SUSPENDS`] of code that can be suspended.
    start: Option<u32>,
    /// The record, with no number yet.
    record: spool::Code<'static>,
}

impl Journal {
    /// Returns what a code object is in the spool.
    #[inline(always)]
    pub fn code_state(&self, code: CodeRef<'_>) -> CodeState {
        self.with(code.py(), |state| state.find(code.address()))
    }

    /// Returns the code objects that are not new to the spool.
    pub fn known_codes(&self, py: Python<'_>) -> Vec<Object> {
        self.with(py, |state| {
            let addresses = state.codes.iter_mut().flat_map(Addresses::keys);
            // SAFETY: code is alive as long as it is in the table: it is taken out when it is destroyed.
            let keep = |address| unsafe { Object::keep(py, address as *mut ffi::PyObject) };
            addresses.filter_map(keep).collect()
        })
    }

    /// Keeps a code object out of the spool from now on; a record says so once.
    pub fn skip(&self, code: CodeRef<'_>) {
        let py = code.py();
        self.ensure_spool(py);
        if self.code_state(code) != CodeState::Unknown {
            return;
        }
        self.watch_destruction(code);
        self.with(py, |state| {
            if state.append(&Record::Skip).is_ok()
                && let Some(codes) = &mut state.codes
            {
                codes.insert(code.address(), CodeState::Skipped, None);
            }
        });
    }

    /// Returns what a code object is in the spool. It gets a number there when it has none.
    /// `start` is the offset at which it starts, where that is known.
    pub fn number_code(&self, code: CodeRef<'_>, start: Option<u32>) -> CodeState {
        let state = self.code_state(code);
        if state != CodeState::Unknown {
            return state;
        }
        let described = DescribedCode::new(code, start);
        self.watch_destruction(code);
        // To describe it was to call Python: another thread may have been here.
        let state = self.code_state(code);
        if state != CodeState::Unknown {
            return state;
        }
        self.with(code.py(), |state| {
            let start = described.start;
            let numbered = state.number(described);
            if let (Some(numbered), Some(codes)) = (numbered, &mut state.codes) {
                codes.insert(code.address(), numbered, start);
            }
            numbered.unwrap_or(CodeState::Unknown)
        })
    }

    /// Gives shared code one more number, which the caller keeps; [`CodeState::Unknown`] when there is none.
    pub fn number_variant(&self, code: CodeRef<'_>, described: DescribedCode) -> CodeState {
        self.with(code.py(), |state| {
            state.number(described).unwrap_or(CodeState::Unknown)
        })
    }

    /// Notes the offset at which code starts that is known already.
    pub fn note_start(&self, code: CodeRef<'_>, described: &DescribedCode) {
        self.with(code.py(), |state| {
            if let (Some(codes), Some(start)) = (&mut state.codes, described.start) {
                codes.note_start(code.address(), start);
            }
        });
    }

    /// Marks code as shared, in this spool and those to come. Returns what it was before.
    pub fn share(&self, code: CodeRef<'_>) -> CodeState {
        self.watch_destruction(code);
        self.with(code.py(), |state| {
            let before = state.find(code.address());
            state.shared.insert(code.address());
            if let Some(codes) = &mut state.codes {
                codes.share(code.address());
            }
            state.line_code = 0;
            before
        })
    }

    /// Forgets a code object that CPython is about to free. Returns what it was.
    pub fn forget_code(&self, py: Python<'_>, address: usize) -> CodeState {
        self.with(py, |state| {
            let was = state.find(address);
            if let Some(codes) = &mut state.codes {
                codes.remove(address);
            }
            if state.line_code == address {
                state.line_code = 0;
            }
            state.shared.remove(&address);
            was
        })
    }

    /// Returns the number of a variable, by its name.
    pub fn variable(&self, py: Python<'_>, name: &str) -> u32 {
        self.with(py, |state| {
            if let Some(number) = state.variables.get(name) {
                return *number;
            }
            let number = state.variables.len() as u32;
            state.variables.insert(name.to_owned(), number);
            // An error shows at the next event.
            let _ = state.append(&Record::Variable(Variable {
                number,
                name: name.into(),
            }));
            number
        })
    }
}

impl DescribedCode {
    /// Describes code. `start` is the offset at which it starts, where that is known.
    pub fn new(code: CodeRef<'_>, start: Option<u32>) -> Self {
        Self {
            is_of_a_module: code.is_of_a_module(),
            start: if code.suspends() {
                Some(SUSPENDS)
            } else {
                start
            },
            record: spool::Code {
                number: 0,
                name: code.qualname().into(),
                file: code.filename().into(),
                line: code.first_line(),
            },
        }
    }
}

impl JournalState {
    /// Gives code the next number; `None` when the spool cannot have it.
    fn number(&mut self, described: DescribedCode) -> Option<CodeState> {
        let number = self.next_code;
        if number >= NUMBERS {
            self.lose(&io::Error::other("there is too much code"));
            return None;
        }
        self.next_code += 1;
        let record = spool::Code {
            number,
            ..described.record
        };
        self.append(&Record::Code(record)).ok()?;
        Some(if described.is_of_a_module {
            CodeState::Module(number)
        } else {
            CodeState::Number(number)
        })
    }
}
