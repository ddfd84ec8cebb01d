//! Module bodies.

use std::io;

use spool::{Begin, Detail, End, Outcome, Values};

use super::builder::{EventBuilder, Sink, write_all};
use super::open_calls::Callee;
use crate::encode::Text;
use crate::recording::Recording;

impl EventBuilder {
    /// Returns whether the events of a recording that is over have to be built again: module bodies alone are
    /// recorded, and there is a second thread, a body ended before one that began later, or a body's return
    /// was revised.
    pub fn needs_replay(&self, recording: &Recording) -> bool {
        let is_revised = || self.detail == Detail::Modules && recording.has_revised();
        self.modules.is_broken || is_revised()
    }

    /// Takes the start of a module's body.
    pub(super) fn begin_module(&mut self, begin: &Begin<'_>, sink: &mut Sink) -> io::Result<()> {
        self.let_go(sink)?;
        if self.detail == Detail::Modules {
            let home = *self.modules.home.get_or_insert(begin.thread);
            self.modules.is_broken |= begin.thread != home;
            if self.modules.is_broken {
                return Ok(());
            }
        }
        self.call_module(begin.identity.label(), &begin.file, begin.line, sink)?;
        // The spool says before this whose the lines are.
        self.open(Callee::Module(begin.body), self.line_code);
        Ok(())
    }

    /// Takes the end of a module's body.
    pub(super) fn end_module(&mut self, end: &End<'_>, sink: &mut Sink) -> io::Result<()> {
        let callee = Callee::Module(end.body);
        if end.outcome == Outcome::Unfinished || self.modules.is_broken {
            return Ok(());
        }
        let has_returned = self.modules.returned.take() == Some(end.body);
        if self.held.is_some_and(|held| held.callee == callee) {
            // Only a body that returned may turn out to go on.
            if !has_returned || end.outcome == Outcome::Returned {
                return Ok(());
            }
            self.held = None;
        }
        self.let_go(sink)?;
        if self.detail == Detail::Modules && !self.is_innermost(callee) {
            self.modules.is_broken = self.is_open(callee);
            return Ok(());
        }
        self.filtered.add_returned(Values::new(&end.raised));
        let text = match end.raised.is_empty() {
            true => self.module_return(end.outcome, end.exception.as_deref(), sink)?,
            false => self.return_text(sink, |ids, events| {
                ids.value_of(&mut Values::new(&end.raised), events)
            })?,
        };
        self.modules.returned = (end.outcome == Outcome::Returned).then_some(end.body);
        self.hold(callee, text);
        Ok(())
    }

    /// Writes the call of a module's body.
    pub(super) fn call_module(
        &mut self,
        label: String,
        file: &str,
        line: u32,
        sink: &mut Sink,
    ) -> io::Result<()> {
        let mut events = Vec::new();
        let function = self.ids.function(label, file, line, &mut events);
        events.extend(function.enter());
        write_all(sink, &events)
    }

    /// Returns the text of the return of a module's body that was left so.
    pub(super) fn module_return(
        &mut self,
        outcome: Outcome,
        exception: Option<&str>,
        sink: &mut Sink,
    ) -> io::Result<Text> {
        match outcome {
            Outcome::Raised => self.error(exception.unwrap_or_default(), sink),
            Outcome::Returned | Outcome::Suspended | Outcome::Unfinished => Ok(self.returns.none),
        }
    }
}
