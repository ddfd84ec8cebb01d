//! Traces shown to a person.

mod budget;
mod command_line;
mod diff;
mod lazy;
mod printable;
pub mod pythons;
mod selection;
mod steps;
mod text;
mod top;
pub mod tree;
mod tree_json;
pub mod why;

pub(crate) use command_line::shown as shown_command;
pub(crate) use printable::is_unprintable;
pub use printable::printable;

pub use budget::write_budget;
pub use diff::{write_diff, write_diff_markdown};
pub use lazy::write_lazy;
pub use selection::TreeOptions;
pub use top::write_top;
pub use tree_json::write_tree_json;
