//! From records to events: the same builder for module bodies, calls and lines.
//!
//! It writes each event as soon as its record comes. Only where module bodies alone are recorded, and do not
//! simply nest on one thread, are the events built again when the recording is over: there, no record says
//! when a thread ends.

mod builder;
mod calls;
mod error_text;
mod filtered;
mod ids;
mod literal;
mod modules;
mod open_calls;
mod replay;
mod stacks;
mod threads;
mod valued;
mod values;

pub use builder::EventBuilder;
pub use filtered::FilteredCounts;
