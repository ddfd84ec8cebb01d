//! Traces shown to a person.

mod command_line;
mod duration;
pub mod pythons;
mod rows;
mod source_file;
pub mod tree;
mod tree_json;

pub(crate) use command_line::shown as shown_command;
pub(crate) use duration::humane;
pub(crate) use source_file::shortened;
pub use tree_json::write_tree_json;
