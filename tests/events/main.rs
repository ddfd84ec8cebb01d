//! Every call of a program, in order, on every interpreter.

mod calls;
mod ends;
mod formats;
mod snippet;
mod threads;
