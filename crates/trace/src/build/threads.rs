//! The threads of a recording of calls.

use std::cmp::Ordering;
use std::io;

use runtime_tracing::{ThreadId, TraceLowLevelEvent as TraceEvent};

use super::builder::{EventBuilder, Sink};
use super::open_calls::{Callee, ThreadCalls};

impl EventBuilder {
    /// Goes on with the events of a thread. Numbers come in order, unless there is damage.
    pub(super) fn switch_thread(&mut self, number: usize, sink: &mut Sink) -> io::Result<()> {
        match number.cmp(&self.threads.len()) {
            Ordering::Less => {}
            Ordering::Equal => self.threads.push(ThreadCalls::default()),
            Ordering::Greater => return Ok(()),
        }
        if number != self.current {
            let held = self.held.map(|held| held.callee);
            self.threads[self.current].returned = match held {
                Some(callee @ Callee::Code(code)) if self.is_open(callee) => Some(code),
                _ => None,
            };
            self.let_go(sink)?;
        }
        if number != 0 && !self.mentions_threads {
            self.mentions_threads = true;
            self.threads[0].is_started = true;
            sink.event(&TraceEvent::ThreadStart(ThreadId(0)))?;
        }
        let id = ThreadId(number as u64);
        if self.mentions_threads && !self.threads[number].is_started {
            self.threads[number].is_started = true;
            sink.event(&TraceEvent::ThreadStart(id))?;
        }
        if number != self.current {
            self.current = number;
            sink.event(&TraceEvent::ThreadSwitch(id))?;
            self.went_on = sink.position();
        }
        Ok(())
    }

    /// Ends a thread. The first one still has the top level to leave, and one with open calls may not end
    /// before they do.
    pub(super) fn end_thread(&mut self, number: usize, sink: &mut Sink) -> io::Result<()> {
        if number == self.current {
            self.let_go(sink)?;
        }
        match self.threads.get_mut(number) {
            Some(thread)
                if number > 0 && thread.is_started && !thread.is_over && thread.open.is_empty() =>
            {
                thread.is_over = true;
                sink.event(&TraceEvent::ThreadExit(ThreadId(number as u64)))
            }
            _ => Ok(()),
        }
    }
}
