//! Which labels real programs get, on every interpreter that is installed.

mod bodies;
mod entry;
mod exec;
mod extension;
mod processes;
mod project;
