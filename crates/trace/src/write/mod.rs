//! Writing a trace.

mod live_trace;
mod metadata;
mod modules_text;
mod pending_files;
mod staged_trace;

pub use live_trace::LiveTrace;
pub use metadata::metadata;
pub use modules_text::write_document;
pub use pending_files::{Fill, PART_EXTENSION, WriteError, create_beside, fill_in, remove_parts};
pub use staged_trace::StagedTrace;
