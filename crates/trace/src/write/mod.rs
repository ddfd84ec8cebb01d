//! Writing a trace.

mod live_trace;
mod modules_text;
mod pending_files;
mod staged_trace;

use std::path::PathBuf;

use runtime_tracing::TraceMetadata;
use spool::Process;

use crate::program::RecordedProgram;

pub use live_trace::LiveTrace;
pub use pending_files::PART_EXTENSION;

/// Returns the content of `trace_metadata.json`.
pub fn metadata(process: &Process, program: RecordedProgram) -> TraceMetadata {
    TraceMetadata {
        workdir: PathBuf::from(&process.directory),
        program: program.name,
        args: program.arguments,
    }
}
