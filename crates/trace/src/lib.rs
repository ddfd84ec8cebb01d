//! Traces on disk.
//!
//! A trace is a folder: the events in `runtime_tracing`'s own format, the two files that it keeps
//! beside them, and `trace_modules.json`, which says more of each module body than the events can.

pub mod calls;
pub mod check;
pub mod document;
pub mod draft;
mod encoding;
pub mod events;
mod ids;
mod memo;
mod modules;
pub mod program;
mod quiet;
pub mod reader;
pub mod recording;
mod texts;
mod timestamp;
mod values;
pub mod writer;

/// The program, its arguments and its working directory, as `runtime_tracing` keeps them.
pub const METADATA_FILE: &str = "trace_metadata.json";
/// The source paths in the order of their ids, as `runtime_tracing` keeps them.
pub const PATHS_FILE: &str = "trace_paths.json";
/// The module bodies and why each has its label: see [`document::Document`].
pub const MODULES_FILE: &str = "trace_modules.json";
/// The folder that holds the traces of child processes, each named by its number.
pub const CHILDREN_FOLDER: &str = "children";

/// How the events of a trace are stored.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Format {
    /// Compressed CBOR: small and fast.
    #[default]
    Binary,
    /// JSON: readable without a tool.
    Json,
}

impl Format {
    /// The file that holds the events.
    pub fn file_name(self) -> &'static str {
        match self {
            Self::Binary => "trace.bin",
            Self::Json => "trace.json",
        }
    }

    /// The same format in `runtime_tracing`'s words.
    pub fn for_reader(self) -> runtime_tracing::TraceEventsFileFormat {
        match self {
            Self::Binary => runtime_tracing::TraceEventsFileFormat::Binary,
            Self::Json => runtime_tracing::TraceEventsFileFormat::Json,
        }
    }

    fn other(self) -> Self {
        match self {
            Self::Binary => Self::Json,
            Self::Json => Self::Binary,
        }
    }
}
