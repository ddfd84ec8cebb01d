//! Opening and leaving calls, by thread.

use std::io;

use super::builder::{EventBuilder, Sink};
use super::open_calls::{Callee, LastReturn, OpenCall, WaitingReturn};
use crate::encode::Text;

impl EventBuilder {
    #[inline]
    pub(super) fn open(&mut self, callee: Callee, code: u32) {
        let call = OpenCall::new(callee, code);
        self.threads[self.current].open.push(call);
    }

    /// Leaves a call, if it is open.
    #[inline]
    pub(super) fn leave(
        &mut self,
        callee: Callee,
        returned: Text,
        sink: &mut Sink,
    ) -> io::Result<()> {
        let thread = &mut self.threads[self.current];
        if !thread.is_innermost(callee) {
            return self.leave_out_of_turn(callee, returned, sink);
        }
        thread.open.pop();
        sink.text(returned)?;
        self.last = LastReturn {
            callee,
            end: sink.position(),
            length: returned.length(),
        };
        Ok(())
    }

    /// Returns the return that was written last, if nothing was written since.
    pub(super) fn last(&self, sink: &Sink) -> Option<LastReturn> {
        (self.last.end == sink.position()).then_some(self.last)
    }

    /// Takes back the return that was written last.
    pub(super) fn take_back(&mut self, last: LastReturn, sink: &mut Sink) -> bool {
        // Something else may come to end there.
        self.last = LastReturn::NONE;
        sink.take_back(last.length)
    }

    /// Opens the call again that returned last, if only so there are as many calls of its code as there are
    /// frames on the stack. It has to be now, while its return can still be taken out.
    #[cold]
    pub(super) fn reopen(&mut self, frames: usize, sink: &mut Sink) -> bool {
        let Some(last) = self.last(sink) else {
            return false;
        };
        let Callee::Code(code) = last.callee else {
            return false;
        };
        let is_back = !self.has_frames(code, frames) && self.take_back(last, sink);
        if is_back {
            self.open(last.callee, code);
        }
        is_back
    }

    /// Leaves a call by an exception, where there are so many frames of its code on the stack and the call's
    /// start may never have been recorded.
    #[cold]
    pub(super) fn leave_in_doubt(
        &mut self,
        code: u32,
        frames: usize,
        text: Text,
        sink: &mut Sink,
    ) -> io::Result<()> {
        match self.has_frames(code, frames) {
            true => self.leave(Callee::Code(code), text, sink),
            false => Ok(()),
        }
    }

    /// Returns whether as many calls of the code run as there are frames on the stack. In a fork, most of whose
    /// calls have no event, returns whether the innermost call is one of them.
    pub(super) fn has_frames(&self, code: u32, frames: usize) -> bool {
        let callee = Callee::Code(code);
        let open = &self.threads[self.current].open;
        if self.is_fork {
            return open.last().is_some_and(|call| call.calls(callee));
        }
        let running = open.iter().filter(|call| !call.is_over);
        running.filter(|call| call.calls(callee)).count() >= frames
    }

    /// Returns whether the callee was called last, and is open.
    pub(super) fn is_innermost(&self, callee: Callee) -> bool {
        self.threads[self.current].is_innermost(callee)
    }

    /// Returns whether a call of the callee is open.
    pub(super) fn is_open(&self, callee: Callee) -> bool {
        let mut open = self.threads[self.current].open.iter();
        open.any(|call| call.calls(callee))
    }

    /// Leaves a call that is not the innermost, or has others below that are over.
    #[cold]
    fn leave_out_of_turn(
        &mut self,
        callee: Callee,
        returned: Text,
        sink: &mut Sink,
    ) -> io::Result<()> {
        let thread = &mut self.threads[self.current];
        let mut calls = thread.open.iter().enumerate().rev();
        let call = calls.find(|(_, call)| !call.is_over && call.calls(callee));
        let Some((depth, _)) = call else {
            return Ok(());
        };
        thread.open[depth].is_over = true;
        // A passing text may be forgotten by then.
        let returned = sink.bytes(returned);
        let place = thread.waiting.partition_point(|it| it.depth < depth);
        thread
            .waiting
            .insert(place, WaitingReturn { depth, returned });
        while let Some(innermost) = thread.open.len().checked_sub(1)
            && let Some(waiting) = thread.waiting.pop_if(|it| it.depth == innermost)
        {
            sink.encoded(&waiting.returned)?;
            thread.open.pop();
        }
        Ok(())
    }
}
