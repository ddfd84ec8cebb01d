//! Filter files, read strictly, and what is wrong with them.

mod builtin;
mod check;
mod document;
mod error;
mod excerpt;
mod fields;
mod file_pattern;
mod io;
mod selector;
mod source;
mod suggestion;

pub use builtin::Builtin;
pub use check::{FilterNote, notes};
pub use document::parse;
pub use error::FilterError;
pub use selector::SelectorError;
pub use source::{FilterSource, MAX_FILE_SIZE, load, load_after, project_filter};
