//! Verifying a trace of a Python program.

use std::path::Path;

use interpreters::command_line::program_and_arguments;
use trace::TraceError;
use trace::check::CheckReport;

/// Verifies the trace in `folder` and those of its children: see [`trace::check::check`].
///
/// # Errors
///
/// When there is no trace in `folder`. Problems of a trace are in the [`CheckReport`].
pub fn check(folder: &Path) -> Result<CheckReport, TraceError> {
    trace::check::check(folder, |command| program_and_arguments(command).into())
}
