//! Calls that are open, and their returns.

use crate::encode::Text;

/// The calls of one thread.
#[derive(Default)]
pub struct ThreadCalls {
    pub is_started: bool,
    pub is_over: bool,
    pub open: Vec<OpenCall>,
    /// The open calls that are over and wait for those above, from the outermost to the innermost.
    pub waiting: Vec<WaitingReturn>,
    /// The code that returned right before another thread went on.
    pub returned: Option<u32>,
}

/// A call that has not returned, in the trace.
#[derive(Clone, Copy)]
pub struct OpenCall {
    /// The number of the module's body that is called, or [`NO_BODY`].
    body: u64,
    /// The code that is called, or that the lines of the body are of.
    pub code: u32,
    /// Its return waits for those of calls above.
    pub is_over: bool,
}

/// No module's body has this number.
const NO_BODY: u64 = u64::MAX;

/// A return that came before the end of a call that began later.
pub struct WaitingReturn {
    /// The number of calls below its own.
    pub depth: usize,
    /// Encoded.
    pub returned: Box<[u8]>,
}

/// The code or module body that is called.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Callee {
    /// Code, by its number.
    Code(u32),
    /// A module's body, by its number.
    Module(u64),
}

/// The return that came last, which is not written yet: its call may turn out to go on.
#[derive(Clone, Copy)]
pub struct HeldReturn {
    pub callee: Callee,
    pub text: Text,
}

/// Why the next exception may leave another call than it seems to.
#[derive(Clone, Copy)]
pub enum Doubt {
    /// The call may have no start: so many calls of its code are on the stack, with this one.
    Unstarted(usize),
    /// The call may be the one that returned last.
    Ended {
        /// The number of calls of its code on the stack, with this one.
        frames: usize,
        /// The code that returned right before other threads wrote something.
        returned: Option<u32>,
    },
}

/// The nesting of module bodies, where they alone are recorded, and their ends.
#[derive(Default)]
pub struct ModuleNesting {
    /// The thread of the first body.
    pub home: Option<u64>,
    pub is_broken: bool,
    /// The body that ended last, if it returned.
    pub returned: Option<u64>,
}

impl OpenCall {
    /// Opens a call; `code` is what its lines are of.
    #[inline]
    pub fn new(callee: Callee, code: u32) -> Self {
        Self {
            body: match callee {
                Callee::Code(_) => NO_BODY,
                Callee::Module(body) => body,
            },
            code,
            is_over: false,
        }
    }

    /// Returns whether this is what it calls.
    #[inline]
    pub fn calls(self, callee: Callee) -> bool {
        match callee {
            Callee::Code(code) => self.body == NO_BODY && self.code == code,
            Callee::Module(body) => self.body == body,
        }
    }
}

impl ThreadCalls {
    #[inline]
    pub fn is_innermost(&self, callee: Callee) -> bool {
        self.waiting.is_empty() && self.open.last().is_some_and(|call| call.calls(callee))
    }
}
