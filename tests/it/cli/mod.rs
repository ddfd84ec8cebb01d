//! The `truename` command, from outside.

mod cache;
mod children;
mod debuggers;
mod endings;
mod filter;
mod interpreters;
mod output;
mod program;
mod shell;
mod tool_id;
mod usage;
