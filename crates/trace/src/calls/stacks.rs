//! The calls that are open, by thread, and how each of them is left.

use std::cmp::Ordering;

use runtime_tracing::{ThreadId, TraceLowLevelEvent as Event};

use super::{CallStory, Result};
use crate::memo::Told;
use crate::texts::{Text, Texts};
use crate::writer::Parts;

#[derive(Default)]
pub(super) struct Thread {
    pub(super) is_started: bool,
    pub(super) is_over: bool,
    pub(super) open: Vec<Open>,
    /// How many of the open calls wait for those above.
    pub(super) waiting: usize,
}

/// A call that has not returned.
pub(super) struct Open {
    pub(super) what: What,
    /// The code that its lines are of.
    pub(super) code: u32,
    /// How it was left, when that was before what began later.
    pub(super) left: Option<Left>,
}

/// What is called.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum What {
    Code(u32),
    Body(u64),
}

/// What was left last, and where that is told.
#[derive(Clone, Copy)]
pub(super) struct Last {
    pub(super) what: What,
    pub(super) start: u64,
    pub(super) length: usize,
}

/// How a call is left, encoded.
#[derive(Clone)]
pub(super) enum Left {
    /// As others are, too.
    As(Text),
    /// With a value of its own.
    With(Box<[u8]>),
}

impl CallStory {
    #[inline]
    pub(super) fn open(&mut self, what: What, code: u32) {
        let open = Open {
            what,
            code,
            left: None,
        };
        self.threads[self.current].open.push(open);
    }

    #[inline]
    pub(super) fn leave(&mut self, what: What, left: Left, parts: &mut Parts) -> Result<()> {
        let thread = &mut self.threads[self.current];
        if thread.waiting == 0 && thread.open.last().is_some_and(|open| open.what == what) {
            thread.open.pop();
            let bytes = left.bytes(&self.texts);
            self.last = Last {
                what,
                start: parts.position(),
                length: bytes.len(),
            };
            return parts.encoded(bytes);
        }
        self.leave_out_of_turn(what, left, parts)
    }

    /// The same, with the value that was recalled.
    #[inline]
    pub(super) fn leave_recalled(
        &mut self,
        what: What,
        told: Told,
        parts: &mut Parts,
    ) -> Result<()> {
        let thread = &mut self.threads[self.current];
        let bytes = self.memo.text(told);
        if thread.waiting == 0 && thread.open.last().is_some_and(|open| open.what == what) {
            thread.open.pop();
            self.last = Last {
                what,
                start: parts.position(),
                length: bytes.len(),
            };
            return parts.encoded(bytes);
        }
        let left = Left::With(bytes.into());
        self.leave_out_of_turn(what, left, parts)
    }

    /// What was left last, if nothing was told since.
    pub(super) fn last(&self, parts: &Parts) -> Option<Last> {
        let end = self.last.start + self.last.length as u64;
        (end == parts.position()).then_some(self.last)
    }

    /// Up to where nothing will be taken back.
    pub(crate) fn certain(&self, parts: &Parts) -> u64 {
        self.last(parts).map_or(parts.position(), |last| last.start)
    }

    /// What returned last did not, if only so there are as many calls of its code as there are on the
    /// stack: it is open again. It has to be now, while that can still be taken out.
    #[cold]
    pub(super) fn open_again(&mut self, frames: usize, parts: &mut Parts) -> bool {
        let Some(last) = self.last(parts) else {
            return false;
        };
        let What::Code(code) = last.what else {
            return false;
        };
        let is_back = !self.is_open(code, frames) && parts.take_out(last.start, last.length);
        if is_back {
            self.open(last.what, code);
        }
        is_back
    }

    /// An exception leaves code of which there are so many calls on the stack, and the one that it
    /// leaves may never have been told.
    #[cold]
    pub(super) fn leave_in_doubt(
        &mut self,
        code: u32,
        frames: usize,
        text: Text,
        parts: &mut Parts,
    ) -> Result<()> {
        match self.is_open(code, frames) {
            true => self.leave(What::Code(code), Left::As(text), parts),
            false => Ok(()),
        }
    }

    /// Whether as many calls of the code run as there are on the stack. In a fork, of which most are not
    /// told, whether the innermost one is one of them.
    fn is_open(&self, code: u32, frames: usize) -> bool {
        let what = What::Code(code);
        let open = &self.threads[self.current].open;
        if self.is_fork {
            return open.last().is_some_and(|open| open.what == what);
        }
        let running = open.iter().filter(|open| open.left.is_none());
        running.filter(|open| open.what == what).count() >= frames
    }

    /// Leaves a call that is not the innermost, or has others below that are over.
    #[cold]
    fn leave_out_of_turn(&mut self, what: What, left: Left, parts: &mut Parts) -> Result<()> {
        let thread = &mut self.threads[self.current];
        let mut running = thread
            .open
            .iter_mut()
            .rev()
            .filter(|open| open.left.is_none());
        let Some(open) = running.find(|open| open.what == what) else {
            return Ok(());
        };
        open.left = Some(left);
        thread.waiting += 1;
        while let Some(Open {
            left: Some(left), ..
        }) = thread.open.last()
        {
            parts.encoded(left.bytes(&self.texts))?;
            thread.open.pop();
            thread.waiting -= 1;
        }
        Ok(())
    }

    pub(super) fn switch(&mut self, number: usize, parts: &mut Parts) -> Result<()> {
        match number.cmp(&self.threads.len()) {
            Ordering::Less => {}
            Ordering::Equal => self.threads.push(Thread::default()),
            // (numbers come in order, unless there is damage)
            Ordering::Greater => return Ok(()),
        }
        if number != 0 && !self.tells_threads {
            self.tells_threads = true;
            self.threads[0].is_started = true;
            parts.event(&Event::ThreadStart(ThreadId(0)))?;
        }
        let id = ThreadId(number as u64);
        if self.tells_threads && !self.threads[number].is_started {
            self.threads[number].is_started = true;
            parts.event(&Event::ThreadStart(id))?;
        }
        if number != self.current {
            self.current = number;
            parts.event(&Event::ThreadSwitch(id))?;
        }
        Ok(())
    }

    /// A thread is over. The first one still has the top level to leave, and one with open calls
    /// may not be told of before they are.
    pub(super) fn end_thread(&mut self, number: usize, parts: &mut Parts) -> Result<()> {
        match self.threads.get_mut(number) {
            Some(thread)
                if number > 0 && thread.is_started && !thread.is_over && thread.open.is_empty() =>
            {
                thread.is_over = true;
                parts.event(&Event::ThreadExit(ThreadId(number as u64)))
            }
            _ => Ok(()),
        }
    }
}

impl Left {
    #[inline]
    pub(super) fn bytes<'a>(&'a self, texts: &'a Texts) -> &'a [u8] {
        match self {
            Self::As(text) => texts.get(*text),
            Self::With(bytes) => bytes,
        }
    }
}
