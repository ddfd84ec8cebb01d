//! Events that have values.

use std::io;

use runtime_tracing::TraceLowLevelEvent as TraceEvent;
use spool::{Event, LineVariable, Values};

use super::builder::{EventBuilder, Sink, return_of, write_all};
use super::filtered::FilteredCounts;
use super::open_calls::Callee;
use crate::encode::{Known, Text, encode};

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
                self.let_go(sink)?;
                if (code as usize) < self.codes.len() {
                    let text = self.recall(event, values, sink)?;
                    sink.text(text)?;
                    self.open(Callee::Code(code), code);
                }
                Ok(())
            }
            // A returned value is encoded alike for all code, and so is one that a suspension gives out.
            Event::Return(code) | Event::Yield(code) => {
                // To recall a text may make others be forgotten.
                self.let_go(sink)?;
                let text = self.recall(Event::Return(0), values, sink)?;
                self.hold(Callee::Code(code), text);
                Ok(())
            }
            Event::Unwind(code) => {
                if self.is_left(code, sink)? {
                    let text = self.recall(Event::Unwind(0), values, sink)?;
                    self.hold(Callee::Code(code), text);
                }
                Ok(())
            }
            Event::Line(line) => {
                self.let_go(sink)?;
                let is_step = self.step(line, sink)?;
                // A line that is none changes what the next one is compared with, too.
                let Some((slot, mut variables)) = self.line_variables.take(values) else {
                    return Ok(());
                };
                if is_step {
                    for variable in &mut variables {
                        let text = self.recall_variable(variable, sink)?;
                        sink.text(text)?;
                    }
                }
                self.line_variables.put(slot, variables);
                Ok(())
            }
            // The recorder gives values to no others.
            other => self.event(other, sink),
        }
    }

    /// Returns the encoded events of an event with values, from the memo where they were encoded before.
    #[inline]
    fn recall(&mut self, event: Event, values: Values<'_>, sink: &mut Sink) -> io::Result<Text> {
        let known = self.known(event, values, sink)?;
        Ok(self.use_known(known))
    }

    /// Returns the encoded event of a variable at a line, which may be the same as at the line before.
    #[inline]
    fn recall_variable(
        &mut self,
        variable: &mut LineVariable<(u32, Known)>,
        sink: &mut Sink,
    ) -> io::Result<Text> {
        let known = match variable.made {
            Some((generation, known)) if generation == self.memo.generation() => known,
            _ => {
                let known = self.known(Event::Line(0), variable.values(), sink)?;
                variable.made = Some((self.memo.generation(), known));
                known
            }
        };
        Ok(self.use_known(known))
    }

    /// Returns what is known of an event with values, which is encoded if nothing is.
    #[inline]
    fn known(&mut self, event: Event, values: Values<'_>, sink: &mut Sink) -> io::Result<Known> {
        match self.memo.get(event.word(), values.rest()) {
            Some(known) => Ok(known),
            None => self.encode(event, values, sink),
        }
    }

    /// Counts what filters kept out of an event, and returns its text.
    #[inline]
    fn use_known(&mut self, known: Known) -> Text {
        if known.note != 0 {
            self.filtered.add(self.filtered_notes.counts(known.note));
        }
        known.text
    }

    /// Encodes the events of an event with values.
    #[inline(never)]
    fn encode(&mut self, event: Event, values: Values<'_>, sink: &mut Sink) -> io::Result<Known> {
        self.encoded.clear();
        let mut filtered = FilteredCounts::default();
        for event in self.read(event, values, &mut filtered, sink)? {
            // A value that was read can be encoded.
            let encoded = encode(sink.format(), &event, &mut self.encoded);
            debug_assert!(encoded.is_ok());
        }
        if self.memo.is_full() {
            self.memo.clear();
            sink.forget()?;
        }
        let known = Known {
            text: sink.add_passing(&self.encoded),
            note: self.filtered_notes.note(filtered),
        };
        self.memo.insert(event.word(), values.rest(), known);
        Ok(known)
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
