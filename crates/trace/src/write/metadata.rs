//! The content of `trace_metadata.json`.

use std::path::PathBuf;

use runtime_tracing::TraceMetadata;
use spool::Process;

use crate::program::RecordedProgram;

/// Returns the content of `trace_metadata.json`.
pub fn metadata(process: &Process, program: RecordedProgram) -> TraceMetadata {
    TraceMetadata {
        workdir: PathBuf::from(&process.directory),
        program: program.name,
        args: program.arguments,
    }
}
