//! Events that have values.

use std::collections::VecDeque;

use runtime_tracing::TraceLowLevelEvent as Event;
use spool::{Event as Happening, Values};

use super::stacks::What;
use super::{CallStory, Result, leave, tell};
use crate::encoding::encode;
use crate::memo::Told;
use crate::writer::Parts;

impl CallStory {
    /// Tells an event that has values.
    #[inline]
    pub(super) fn valued(
        &mut self,
        event: Happening,
        values: Values<'_>,
        exception: &mut u32,
        parts: &mut Parts,
    ) -> Result<()> {
        match event {
            Happening::Start(code) => {
                if (code as usize) < self.codes.len() {
                    let told = self.recall(event, values, parts)?;
                    parts.encoded(self.memo.text(told))?;
                    self.open(What::Code(code), code);
                }
                Ok(())
            }
            // (what is given does not depend on who gives it)
            Happening::Return(code) => {
                let told = self.recall(Happening::Return(0), values, parts)?;
                self.leave_recalled(What::Code(code), told, parts)
            }
            Happening::Yield(code) => {
                let told = self.recall(Happening::Yield(0), values, parts)?;
                self.leave_recalled(What::Code(code), told, parts)
            }
            Happening::Line(line) => {
                if !self.step(line, parts)? {
                    return Ok(());
                }
                let mut rest = values;
                while let Some(variable) = rest.variable() {
                    let told = self.recall(Happening::Line(0), variable, parts)?;
                    parts.encoded(self.memo.text(told))?;
                }
                Ok(())
            }
            // (the recorder gives values to no others)
            other => self.event(other, exception, parts),
        }
    }

    /// Encodes what an event with values tells, or recalls it, since it was told before.
    #[inline]
    fn recall(&mut self, event: Happening, values: Values<'_>, parts: &mut Parts) -> Result<Told> {
        match self.memo.get(event.word(), values.rest()) {
            Some(told) => Ok(told),
            None => self.encode(event, values, parts),
        }
    }

    /// Encodes what an event with values tells.
    #[inline(never)]
    fn encode(&mut self, event: Happening, values: Values<'_>, parts: &mut Parts) -> Result<Told> {
        self.encoded.clear();
        for event in self.read(event, values, parts)? {
            // (a value that was read can be encoded)
            let encoded = encode(parts.format(), &event, &mut self.encoded);
            debug_assert!(encoded.is_ok());
        }
        Ok(self.memo.insert(event.word(), values.rest(), &self.encoded))
    }

    /// Reads what an event with values tells, and tells what that needs.
    fn read(
        &mut self,
        event: Happening,
        mut values: Values<'_>,
        parts: &mut Parts,
    ) -> Result<Vec<Event>> {
        let mut needed = VecDeque::new();
        let told = match event {
            Happening::Start(code) => {
                let code = code as usize;
                let function = match self.codes[code].start {
                    Some((function, _)) => function,
                    None => self.define(code, parts)?.0,
                };
                let arguments = self.variables.read(values, &mut self.ids, &mut needed);
                function.enter_with(arguments).into()
            }
            Happening::Line(_) => {
                let variables = self.variables.read(values, &mut self.ids, &mut needed);
                variables.into_iter().map(Event::Value).collect()
            }
            Happening::Yield(_) => {
                let contents = self.ids.value_of(&mut values, &mut needed);
                vec![leave(self.ids.given(contents, &mut needed))]
            }
            _ => vec![leave(self.ids.value_of(&mut values, &mut needed))],
        };
        tell(parts, needed)?;
        Ok(told)
    }
}
