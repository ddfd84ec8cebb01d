//! The memory-mapped file through which a recorded Python process hands its events to truename.

mod record;

pub use record::{Begin, End, Origin, Outcome, Process, Record};
