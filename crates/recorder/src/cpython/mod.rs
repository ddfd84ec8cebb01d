//! Questions to the interpreter, and what it is asked to do. Nothing here knows what is recorded.

pub mod callable;
pub mod code;
pub mod frames;
pub mod frozen;
pub mod import_system;
pub mod instruction_tables;
pub mod interpreter;
pub mod monitoring;
pub mod object;
pub mod per_interpreter;
pub mod spec;
pub mod sys;
pub mod tool_guard;
pub mod watcher;
