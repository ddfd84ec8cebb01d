//! Opening and leaving calls, by thread.

use std::io;

use super::builder::{EventBuilder, Sink};
use super::open_calls::{Callee, EncodedReturn, LastReturn, OpenCall};
use crate::encode::{ByteSpan, Text};

impl EventBuilder {
    #[inline]
    pub(super) fn open(&mut self, callee: Callee, code: u32) {
        let call = OpenCall {
            callee,
            code,
            returned: None,
        };
        self.threads[self.current].open.push(call);
    }

    /// Leaves a call, if it is open.
    #[inline]
    pub(super) fn leave(
        &mut self,
        callee: Callee,
        returned: EncodedReturn,
        sink: &mut Sink,
    ) -> io::Result<()> {
        let thread = &mut self.threads[self.current];
        if !thread.is_innermost(callee) {
            return self.leave_out_of_turn(callee, returned, sink);
        }
        thread.open.pop();
        let bytes = returned.bytes(&self.texts);
        self.last = LastReturn {
            callee,
            start: sink.position(),
            length: bytes.len(),
        };
        sink.encoded(bytes)
    }

    /// Leaves a call with a return that is in the memo.
    #[inline]
    pub(super) fn leave_with(
        &mut self,
        callee: Callee,
        span: ByteSpan,
        sink: &mut Sink,
    ) -> io::Result<()> {
        let thread = &mut self.threads[self.current];
        let bytes = self.memo.text(span);
        if !thread.is_innermost(callee) {
            let returned = EncodedReturn::Own(bytes.into());
            return self.leave_out_of_turn(callee, returned, sink);
        }
        thread.open.pop();
        self.last = LastReturn {
            callee,
            start: sink.position(),
            length: bytes.len(),
        };
        sink.encoded(bytes)
    }

    /// Returns the return that was written last, if nothing was written since.
    pub(super) fn last(&self, sink: &Sink) -> Option<LastReturn> {
        let end = self.last.start + self.last.length as u64;
        (end == sink.position()).then_some(self.last)
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
        let is_back = !self.has_frames(code, frames) && sink.take_out(last.start, last.length);
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
            true => self.leave(Callee::Code(code), EncodedReturn::Shared(text), sink),
            false => Ok(()),
        }
    }

    /// Returns whether as many calls of the code run as there are frames on the stack. In a fork, most of whose
    /// calls have no event, returns whether the innermost call is one of them.
    pub(super) fn has_frames(&self, code: u32, frames: usize) -> bool {
        let callee = Callee::Code(code);
        let open = &self.threads[self.current].open;
        if self.is_fork {
            return open.last().is_some_and(|call| call.callee == callee);
        }
        let running = open.iter().filter(|call| call.returned.is_none());
        running.filter(|call| call.callee == callee).count() >= frames
    }

    /// Returns whether the callee was called last, and is open.
    pub(super) fn is_innermost(&self, callee: Callee) -> bool {
        self.threads[self.current].is_innermost(callee)
    }

    /// Returns whether a call of the callee is open.
    pub(super) fn is_open(&self, callee: Callee) -> bool {
        let mut open = self.threads[self.current].open.iter();
        open.any(|call| call.callee == callee)
    }

    /// Leaves a call that is not the innermost, or has others below that are over.
    #[cold]
    fn leave_out_of_turn(
        &mut self,
        callee: Callee,
        returned: EncodedReturn,
        sink: &mut Sink,
    ) -> io::Result<()> {
        let thread = &mut self.threads[self.current];
        let mut running = thread
            .open
            .iter_mut()
            .rev()
            .filter(|call| call.returned.is_none());
        let Some(call) = running.find(|call| call.callee == callee) else {
            return Ok(());
        };
        call.returned = Some(returned);
        thread.waiting += 1;
        while let Some(OpenCall {
            returned: Some(returned),
            ..
        }) = thread.open.last()
        {
            sink.encoded(returned.bytes(&self.texts))?;
            thread.open.pop();
            thread.waiting -= 1;
        }
        Ok(())
    }
}
