//! The `truename` command.

fn main() {}
