//! The words of a filter for code and for values.

use std::fmt;

use serde::{Deserialize, Serialize};

/// The decision whether code is recorded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Exec {
    /// The code is recorded.
    Trace,
    /// The code runs unrecorded.
    Skip,
}

/// The decision what becomes of a value, the most permissive first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum ValueAction {
    /// The value is recorded.
    Allow,
    /// It is recorded that there is a value, but not the value.
    Redact,
    /// Nothing is recorded of the value, not even its name.
    Drop,
}

/// The kind of place where a value is found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum ValueKind {
    /// A local variable.
    Local,
    /// A global variable.
    Global,
    /// An argument of a call.
    Arg,
    /// The result of a call; its name is the function's.
    Ret,
    /// An attribute.
    Attr,
}

impl Exec {
    /// Returns the word in a filter file.
    pub fn word(self) -> &'static str {
        match self {
            Self::Trace => "trace",
            Self::Skip => "skip",
        }
    }
}

impl ValueAction {
    /// Returns the word in a filter file.
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
