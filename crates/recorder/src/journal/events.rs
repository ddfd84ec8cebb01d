//! Events of code: a word each.

use pyo3::prelude::*;
use spool::{Event, NUMBERS};

use super::writer::Journal;
use crate::cpython::code::CodeRef;
use crate::cpython::frames::FrameRef;
use crate::state::code_table::CodeState;

impl Journal {
    /// Appends an event of code, when nothing has to be looked at first; returns whether it did.
    ///
    /// This is what runs at each event.
    #[inline(always)]
    pub fn push(&self, code: CodeRef<'_>, event: impl FnOnce(u32) -> Event) -> bool {
        self.with(code.py(), |state| {
            if !state.gate.is_open() {
                return false;
            }
            let (Some(codes), Some(spool)) = (&state.codes, &mut state.spool) else {
                return false;
            };
            let CodeState::Number(number) = codes.find(code.address()) else {
                return false;
            };
            if let Err(error) = spool.push(event(number)) {
                state.lose_spool(error);
            }
            true
        })
    }

    /// Appends a line, when it is of the same code as the last one and nothing has to be looked at first;
    /// returns whether it did.
    ///
    /// This is what runs at most lines.
    #[inline(always)]
    pub fn push_line(&self, code: CodeRef<'_>, line: u32) -> bool {
        self.with(code.py(), |state| {
            if !state.gate.is_open() || state.line_code != code.address() {
                return false;
            }
            let Some(spool) = &mut state.spool else {
                return false;
            };
            if let Err(error) = spool.push(Event::Line(line % NUMBERS)) {
                state.lose_spool(error);
            }
            true
        })
    }

    /// Makes the next line one of this code, which has this number.
    #[inline]
    pub fn begin_lines(&self, code: CodeRef<'_>, number: u32) {
        let py = code.py();
        if self.with(py, |state| state.line_code == code.address()) {
            return;
        }
        self.append_event(py, Event::In(number));
        self.with(py, |state| {
            // The next line of shared code may be another namespace's.
            state.line_code = match state.find(code.address()) {
                CodeState::Shared => 0,
                _ => code.address(),
            };
        });
    }

    /// Forgets whose lines came last: the next one is looked at.
    pub fn interrupt_lines(&self, py: Python<'_>) {
        self.with(py, |state| state.line_code = 0);
    }

    /// Appends an event of code that has a number.
    pub fn append_event(&self, py: Python<'_>, event: Event) {
        self.append_valued(py, event, &[]);
    }

    /// Appends a line of a frame, with its variables, each of which ends at one of `ends`.
    #[inline]
    pub fn append_line(&self, frame: FrameRef<'_>, line: u32, variables: &[u8], ends: &[u32]) {
        let py = frame.py();
        if variables.is_empty() {
            return self.append_event(py, Event::Line(line));
        }
        self.with(py, |state| {
            let Some(spool) = &mut state.spool else {
                return;
            };
            let values = &mut state.line_values;
            values.clear();
            state
                .snapshots
                .write(frame.address(), variables, ends, values);
            if let Err(error) = spool.push_valued(Event::Line(line), values) {
                state.lose_spool(error);
            }
        });
    }

    /// Appends an event of code that has a number, with values that are encoded.
    #[inline]
    pub fn append_valued(&self, py: Python<'_>, event: Event, values: &[u8]) {
        self.with(py, |state| {
            let Some(spool) = &mut state.spool else {
                return;
            };
            let pushed = if values.is_empty() {
                spool.push(event)
            } else {
                spool.push_valued(event, values)
            };
            if let Err(error) = pushed {
                state.lose_spool(error);
            }
        });
    }
}
