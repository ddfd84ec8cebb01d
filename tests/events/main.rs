//! Every call of a program, in order, on every interpreter.

mod calls;
mod ends;
mod formats;
mod lines;
mod snippet;
mod telling;
mod threads;
mod values;
mod variables;
