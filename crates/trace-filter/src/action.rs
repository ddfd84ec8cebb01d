//! What a filter can say of code and of values.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Whether code is recorded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Exec {
    /// It is recorded.
    Trace,
    /// It runs unrecorded.
    Skip,
}

/// What becomes of a value, the most permissive first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum ValueAction {
    /// It is recorded.
    Allow,
    /// That there is a value is recorded, but not the value.
    Redact,
    /// Nothing is recorded of it, not even its name.
    Drop,
}

/// Where a value is found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum ValueKind {
    /// A local variable.
    Local,
    /// A global variable.
    Global,
    /// An argument of a call.
    Arg,
    /// What a call returns; its name is the function's.
    Ret,
    /// An attribute.
    Attr,
}

impl Exec {
    /// The word in a filter file.
    pub fn word(self) -> &'static str {
        match self {
            Self::Trace => "trace",
            Self::Skip => "skip",
        }
    }
}

impl ValueAction {
    /// The word in a filter file.
    pub fn word(self) -> &'static str {
        match self {
            Self::Allow => "allow",
            Self::Redact => "redact",
            Self::Drop => "drop",
        }
    }
}

impl fmt::Display for Exec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

impl fmt::Display for ValueAction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}
