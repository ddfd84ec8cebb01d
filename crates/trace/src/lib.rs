//! Traces on disk: made from what a recorder left, read back, and checked.
//!
//! A trace is a folder: the events in `runtime_tracing`'s own format, the two files that it keeps
//! beside them, and `trace_modules.json`, which says more of each module body than the events can.
//!
//! A [`LiveTrace`] takes the records and events of a spool while its process runs. It puts the
//! [`recording`] together for `trace_modules.json`, and `build` turns the same records into
//! `runtime_tracing`'s events. `encode` makes bytes of these, and `write` puts the bytes into files that
//! get their names when the recording is over.

mod build;
pub mod check;
mod convert;
pub mod document;
mod encode;
mod error;
mod format;
pub mod names;
mod program;
pub mod read;
pub mod recording;
mod write;

pub use convert::Conversion;
pub use error::{TraceError, WriteAction};
pub use format::{
    CHILDREN_FOLDER, Dialect, Format, METADATA_FILE, MODULES_FILE, PATHS_FILE, RUNS_FOLDER,
};
pub use program::{ProgramOf, RecordedProgram};
pub use write::{LiveTrace, PART_EXTENSION};
