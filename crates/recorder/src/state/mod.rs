//! The tables, threads and frames that the recorder keeps: plain Rust, tested without a Python.
//!
//! Objects are known by their addresses here.

mod by_recording;
pub mod code_table;
pub mod fork;
pub mod frame_stack;
pub mod open_imports;
pub mod slots;
pub mod thread_gate;
pub mod threads;
