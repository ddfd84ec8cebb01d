//! Events: one word each, since they are frequent.

use crate::layout::{KIND, SKIP, VALUED};

/// Something that happens to running code.
///
/// Code, exceptions and threads are numbers: a [`Record`](crate::Record) gives the first two their
/// meaning before they are used. Events belong to the thread of the last [`Thread`](Self::Thread).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Event {
    /// The code starts.
    Start(u32),
    /// The code, which was suspended, goes on.
    Resume(u32),
    /// The code, which was suspended, goes on with an exception.
    Throw(u32),
    /// The code returns.
    Return(u32),
    /// The code is suspended.
    Yield(u32),
    /// The exception of the last [`Exception`](Self::Exception) leaves the code.
    Unwind(u32),
    /// From here on, this exception leaves code.
    Exception(u32),
    /// From here on, events belong to the thread.
    Thread(u32),
    /// The thread is over.
    ThreadEnd(u32),
    /// Lines are of this code from here on.
    In(u32),
    /// The line, of the code of the last [`In`](Self::In), is about to run.
    Line(u32),
    /// The call that the next [`Unwind`](Self::Unwind) leaves may not have started or gone on: so many
    /// of its code are on the thread's stack, with this one.
    Unstarted(u32),
    /// The call that the next [`Unwind`](Self::Unwind) leaves may be the one that ended last: so
    /// many of its code are on the thread's stack, with this one.
    Ended(u32),
}

/// Numbers are less than this: there are 26 bits for them.
pub const NUMBERS: u32 = 1 << SHIFT;

const SHIFT: u32 = 26;

/// A word with this kind is an event.
const EVENT: u32 = 0b01 << 30;

impl Event {
    /// The word. The number must be less than [`NUMBERS`].
    #[inline]
    pub const fn word(self) -> u32 {
        let (kind, number) = match self {
            Self::Start(number) => (0, number),
            Self::Resume(number) => (1, number),
            Self::Throw(number) => (2, number),
            Self::Return(number) => (3, number),
            Self::Yield(number) => (4, number),
            Self::Unwind(number) => (5, number),
            Self::Exception(number) => (6, number),
            Self::Thread(number) => (7, number),
            Self::ThreadEnd(number) => (8, number),
            Self::In(number) => (9, number),
            Self::Line(number) => (10, number),
            Self::Unstarted(number) => (11, number),
            Self::Ended(number) => (12, number),
        };
        EVENT | kind << SHIFT | number
    }

    /// The event of a word; `None` where the word is none.
    #[inline]
    pub(crate) const fn of(word: u32) -> Option<Self> {
        let number = word & (NUMBERS - 1);
        Some(match (word & !EVENT) >> SHIFT {
            0 => Self::Start(number),
            1 => Self::Resume(number),
            2 => Self::Throw(number),
            3 => Self::Return(number),
            4 => Self::Yield(number),
            5 => Self::Unwind(number),
            6 => Self::Exception(number),
            7 => Self::Thread(number),
            8 => Self::ThreadEnd(number),
            9 => Self::In(number),
            10 => Self::Line(number),
            11 => Self::Unstarted(number),
            12 => Self::Ended(number),
            _ => return None,
        })
    }
}

/// Returns whether a word is an event, or damage that looks like one.
pub(crate) const fn is_event(word: u32) -> bool {
    word & KIND == EVENT
}

const _: () = assert!(!is_event(SKIP) && !is_event(VALUED) && !is_event(0));
