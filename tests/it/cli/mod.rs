//! The `truename` command, from outside.

mod cache;
mod children;
mod debuggers;
mod filter;
mod output;
mod program;
mod tool_id;
mod usage;
