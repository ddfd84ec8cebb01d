//! Traces shown to a person.

mod command_line;
mod duration;
pub mod pythons;
mod rows;
mod source_file;
pub mod tree;
mod tree_json;

pub use tree_json::write_tree_json;
