//! The `truename` command, from outside.

mod children;
mod output;
mod program;
mod support;
mod usage;
