//! A scenario's files: the tree that a fixture describes, made in a folder.
//!
//! `build` writes the files and takes the steps, `builder` runs the interpreter for those that are Python's
//! own business, `inside` keeps all of them in the tree, and `time_limit` ends what takes too long.

mod build;
mod builder;
mod error;
mod inside;
pub(crate) mod time_limit;

pub use build::{Tree, build};
pub use builder::Builder;
pub use error::TreeError;
