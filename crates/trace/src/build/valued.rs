//! Events that have values.

use std::io;

use runtime_tracing::TraceLowLevelEvent as TraceEvent;
use spool::{Event, Values};

use super::builder::{EventBuilder, Sink, return_of, write_all};
use super::filtered::FilteredCounts;
use super::open_calls::Callee;
use crate::encode::{ByteSpan, encode};

impl EventBuilder {
    /// Takes an event that has values.
    #[inline]
    pub(super) fn valued(
        &mut self,
        event: Event,
        values: Values<'_>,
        sink: &mut Sink,
    ) -> io::Result<()> {
        match event {
            Event::Start(code) | Event::Throw(code) => {
                if (code as usize) < self.codes.len() {
                    let span = self.recall(event, values, sink)?;
                    sink.encoded(self.memo.text(span))?;
                    self.open(Callee::Code(code), code);
                }
                Ok(())
            }
            // A returned value is encoded alike for all code, and so is one that a suspension gives out.
            Event::Return(code) | Event::Yield(code) => {
                let span = self.recall(Event::Return(0), values, sink)?;
                self.leave_with(Callee::Code(code), span, sink)
            }
            Event::Unwind(code) => {
                let span = self.recall(Event::Unwind(0), values, sink)?;
                match self.frames_in_doubt.take() {
                    Some(frames) if !self.has_frames(code, frames) => Ok(()),
                    _ => self.leave_with(Callee::Code(code), span, sink),
                }
            }
            Event::Line(line) => {
                if !self.step(line, sink)? {
                    return Ok(());
                }
                let mut rest = values;
                while let Some(variable) = rest.variable() {
                    let span = self.recall(Event::Line(0), variable, sink)?;
                    sink.encoded(self.memo.text(span))?;
                }
                Ok(())
            }
            // The recorder gives values to no others.
            other => self.event(other, sink),
        }
    }

    /// Returns the encoded events of an event with values, from the memo where they were encoded before.
    #[inline]
    fn recall(
        &mut self,
        event: Event,
        values: Values<'_>,
        sink: &mut Sink,
    ) -> io::Result<ByteSpan> {
        let span = match self.memo.get(event.word(), values.rest()) {
            Some(span) => span,
            None => self.encode(event, values, sink)?,
        };
        if span.note() != 0 {
            self.filtered.add(self.filtered_notes.counts(span.note()));
        }
        Ok(span)
    }

    /// Encodes the events of an event with values.
    #[inline(never)]
    fn encode(
        &mut self,
        event: Event,
        values: Values<'_>,
        sink: &mut Sink,
    ) -> io::Result<ByteSpan> {
        self.encoded.clear();
        let mut filtered = FilteredCounts::default();
        for event in self.read(event, values, &mut filtered, sink)? {
            // A value that was read can be encoded.
            let encoded = encode(sink.format(), &event, &mut self.encoded);
            debug_assert!(encoded.is_ok());
        }
        let note = self.filtered_notes.note(filtered);
        let (word, key) = (event.word(), values.rest());
        Ok(self.memo.insert(word, key, &self.encoded, note))
    }

    /// Reads the events of an event with values, and writes the definitions that they need.
    fn read(
        &mut self,
        event: Event,
        mut values: Values<'_>,
        filtered: &mut FilteredCounts,
        sink: &mut Sink,
    ) -> io::Result<Vec<TraceEvent>> {
        let mut needed = Vec::new();
        let events = match event {
            Event::Start(code) | Event::Throw(code) => {
                let code = code as usize;
                let function = match self.codes[code].start {
                    Some((function, _)) => function,
                    None => self.define(code, sink)?.0,
                };
                let arguments = self
                    .variables
                    .read(values, &mut self.ids, filtered, &mut needed);
                function.enter_with(arguments).into()
            }
            Event::Line(_) => {
                let variables = self
                    .variables
                    .read(values, &mut self.ids, filtered, &mut needed);
                variables.into_iter().map(TraceEvent::Value).collect()
            }
            _ => {
                filtered.add_returned(values);
                vec![return_of(self.ids.value_of(&mut values, &mut needed))]
            }
        };
        write_all(sink, &needed)?;
        Ok(events)
    }
}
