//! The spool of this process, which all callbacks write to, and the numbers in it.

mod code_numbers;
mod events;
mod exceptions;
mod process;
mod writer;

pub use code_numbers::DescribedCode;
pub use exceptions::UnwindAmbiguity;
pub use writer::{Journal, JournalSettings};
