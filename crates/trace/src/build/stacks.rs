//! Opening and leaving calls, by thread.

use std::io;

use super::builder::{EventBuilder, Sink};
use super::open_calls::{Callee, Doubt, HeldReturn, OpenCall, WaitingReturn};
use crate::encode::Text;

impl EventBuilder {
    #[inline]
    pub(super) fn open(&mut self, callee: Callee, code: u32) {
        let call = OpenCall::new(callee, code);
        self.threads[self.current].open.push(call);
    }

    /// Leaves a call, unless it turns out to go on before the next event. What was held before must be let go.
    #[inline]
    pub(super) fn hold(&mut self, callee: Callee, text: Text) {
        debug_assert!(self.held.is_none());
        self.held = Some(HeldReturn { callee, text });
    }

    /// Leaves the call that returned last, of which the next event shows that it is over.
    #[inline]
    pub(super) fn let_go(&mut self, sink: &mut Sink) -> io::Result<()> {
        match self.held.take() {
            Some(held) => self.leave(held.callee, held.text, sink),
            None => Ok(()),
        }
    }

    /// Leaves a call, if it is open.
    #[inline]
    fn leave(&mut self, callee: Callee, returned: Text, sink: &mut Sink) -> io::Result<()> {
        let thread = &mut self.threads[self.current];
        if !thread.is_innermost(callee) {
            return self.leave_out_of_turn(callee, returned, sink);
        }
        thread.open.pop();
        sink.text(returned)
    }

    /// Lets the call go that returned last, unless an exception leaves it now. Returns whether the exception leaves
    /// a call at all: its start may never have been recorded.
    #[inline]
    pub(super) fn is_left(&mut self, code: u32, sink: &mut Sink) -> io::Result<bool> {
        match self.doubt.take() {
            None => self.let_go(sink).map(|()| true),
            Some(doubt) => self.is_left_in_doubt(code, doubt, sink),
        }
    }

    #[cold]
    fn is_left_in_doubt(&mut self, code: u32, doubt: Doubt, sink: &mut Sink) -> io::Result<bool> {
        let (frames, may_go_on, returned) = match doubt {
            Doubt::Unstarted(frames) => (frames, false, None),
            Doubt::Ended { frames, returned } => (frames, true, returned),
        };
        if let Some(HeldReturn { callee, text }) = self.held.take() {
            let is_same = callee == Callee::Code(code);
            if may_go_on && is_same && !self.has_frames_below(code, frames) {
                return Ok(true);
            }
            self.leave(callee, text, sink)?;
        }
        if self.has_frames(code, frames) {
            return Ok(true);
        }
        if returned != Some(code) {
            return Ok(false);
        }
        // Its return stands before what other threads wrote: it goes on as if it had been suspended.
        self.enter(code, sink)?;
        Ok(true)
    }

    /// Returns whether as many calls of the code run as there are frames on the stack. In a fork, most of whose
    /// calls have no event, returns whether the innermost call is one of them.
    fn has_frames(&self, code: u32, frames: usize) -> bool {
        let open = &self.threads[self.current].open;
        match self.is_fork {
            true => is_innermost(open, Callee::Code(code)),
            false => self.running(code) >= frames,
        }
    }

    /// Returns whether that is so without the innermost of these calls.
    fn has_frames_below(&self, code: u32, frames: usize) -> bool {
        let open = &self.threads[self.current].open;
        let callee = Callee::Code(code);
        match (self.is_fork, open.split_last()) {
            (true, Some((last, below))) if last.calls(callee) => is_innermost(below, callee),
            (true, _) => is_innermost(open, callee),
            (false, _) => self.running(code) > frames,
        }
    }

    /// Returns the number of calls of the code that run.
    fn running(&self, code: u32) -> usize {
        let open = self.threads[self.current].open.iter();
        let running = open.filter(|call| !call.is_over);
        running
            .filter(|call| call.calls(Callee::Code(code)))
            .count()
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

fn is_innermost(open: &[OpenCall], callee: Callee) -> bool {
    open.last().is_some_and(|call| call.calls(callee))
}
