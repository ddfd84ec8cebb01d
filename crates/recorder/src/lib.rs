//! The extension `truename_recorder`: follows `sys.monitoring` in a stock CPython and writes what
//! it sees to a spool, which truename turns into a trace.
//!
//! The layers, each of which knows only those below it:
//!
//! - `module` is what Python imports;
//! - `session` starts and stops a recording;
//! - `callbacks` are what CPython calls;
//! - `tracer` decides what is recorded: its `RuntimeTracer` is the one state of a recording, and each interpreter
//!   of the process has its own;
//! - `capture` copies values of the program, without running any of its code;
//! - `journal` is the spool and the numbers in it;
//! - `cpython` is what is asked of the interpreter;
//! - `state` is plain Rust: tables, threads, the stack of frames.
//!
//! A recorded program must not notice any of it: no exception leaves this crate but from `start`.

mod state;

// Unit tests run without a Python, and link nothing that needs its symbols.
#[cfg(not(test))]
mod c_api;
#[cfg(not(test))]
mod callbacks;
#[cfg(not(test))]
mod capture;
#[cfg(not(test))]
mod clock;
#[cfg(not(test))]
mod cpython;
#[cfg(not(test))]
mod door;
#[cfg(not(test))]
mod explanation;
#[cfg(not(test))]
mod inference;
#[cfg(not(test))]
mod journal;
#[cfg(not(test))]
mod module;
#[cfg(not(test))]
mod panics;
#[cfg(not(test))]
mod session;
#[cfg(not(test))]
mod tracer;
