//! Filters through the crate's public door: reading, refusing, deciding, explaining.

mod builtins;
mod common;
mod decide;
mod documentation;
mod errors;
mod explain;
mod patterns;
mod values;
