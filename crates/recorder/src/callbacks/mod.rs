//! The callbacks: all that CPython calls. Each of them turns its arguments into a call of the tracer that its object has.
//!
//! An exception or a panic that left a callback would end up in the recorded program, so none may.

mod calls;
mod code_events;
mod modules;
mod slow_path;
mod table;
mod valued;

pub use code_events::{on_code_created, on_code_destroyed};
pub use table::callbacks;
