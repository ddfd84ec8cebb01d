//! The content of filter files, as it travels between processes.

mod action;
mod chain;
mod io;
mod selector;

pub use action::{Exec, ValueAction, ValueKind};
pub use chain::{FilterChain, FilterFile, FilterRule, RuleId, ValueRule};
pub use io::{IoCapture, IoStream};
pub use selector::{MatchKind, Selector, SelectorKind};
