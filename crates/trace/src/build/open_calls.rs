//! Calls that are open, and their returns.

use crate::encode::{Text, Texts};

/// The calls of one thread.
#[derive(Default)]
pub struct ThreadCalls {
    pub is_started: bool,
    pub is_over: bool,
    pub open: Vec<OpenCall>,
    /// The number of open calls that are over and wait for those above.
    pub waiting: usize,
}

/// A call that has not returned.
pub struct OpenCall {
    pub callee: Callee,
    /// The code that its lines are of.
    pub code: u32,
    /// Its return, when that came before the end of a call that began later.
    pub returned: Option<EncodedReturn>,
}

/// The code or module body that is called.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Callee {
    /// Code, by its number.
    Code(u32),
    /// A module's body, by its number.
    Module(u64),
}

/// The return that was written last.
#[derive(Clone, Copy)]
pub struct LastReturn {
    pub callee: Callee,
    pub start: u64,
    pub length: usize,
}

/// The return of a call, encoded.
#[derive(Clone)]
pub enum EncodedReturn {
    /// Other calls return the same.
    Shared(Text),
    /// It has a value of its own.
    Own(Box<[u8]>),
}

impl LastReturn {
    /// Stands for none: no module's body has this number.
    pub const NONE: Self = Self {
        callee: Callee::Module(u64::MAX),
        start: 0,
        length: 0,
    };
}

/// The nesting of module bodies, where they alone are recorded.
#[derive(Default)]
pub struct ModuleNesting {
    /// The thread of the first body.
    pub home: Option<u64>,
    pub is_broken: bool,
}

impl ThreadCalls {
    #[inline]
    pub fn is_innermost(&self, callee: Callee) -> bool {
        self.waiting == 0 && self.open.last().is_some_and(|call| call.callee == callee)
    }
}

impl EncodedReturn {
    #[inline]
    pub fn bytes<'a>(&'a self, texts: &'a Texts) -> &'a [u8] {
        match self {
            Self::Shared(text) => texts.get(*text),
            Self::Own(bytes) => bytes,
        }
    }
}
