//! The `truename` command, from outside.

mod children;
mod filter;
mod output;
mod program;
mod support;
mod usage;
