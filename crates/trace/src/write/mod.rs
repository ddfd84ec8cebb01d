//! Writing a trace.

mod live_trace;
mod metadata;
mod modules_text;
mod pending_files;
mod staged_trace;

pub use live_trace::LiveTrace;
pub use metadata::metadata;
pub use pending_files::PART_EXTENSION;
