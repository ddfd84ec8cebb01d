//! The files of a trace.

/// The program, its arguments and its working directory, as `runtime_tracing` keeps them.
pub const METADATA_FILE: &str = "trace_metadata.json";
/// The source paths in the order of their ids, as `runtime_tracing` keeps them.
pub const PATHS_FILE: &str = "trace_paths.json";
/// The module bodies and why each has its label: see [`Document`](crate::document::Document).
pub const MODULES_FILE: &str = "trace_modules.json";
/// The folder that holds the traces of child processes, each named by its number.
pub const CHILDREN_FOLDER: &str = "children";

/// The folder that holds the traces of several runs of one program, each named by its number from 1.
pub const RUNS_FOLDER: &str = "runs";

/// The way in which the events of a trace are stored.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Format {
    /// Compressed CBOR: small and fast.
    #[default]
    Binary,
    /// JSON: readable without a tool.
    Json,
}

impl Format {
    /// Returns the name of the file that holds the events.
    pub fn file_name(self) -> &'static str {
        match self {
            Self::Binary => "trace.bin",
            Self::Json => "trace.json",
        }
    }

    /// Returns the same format in `runtime_tracing`'s words.
    pub fn for_reader(self) -> runtime_tracing::TraceEventsFileFormat {
        match self {
            Self::Binary => runtime_tracing::TraceEventsFileFormat::Binary,
            Self::Json => runtime_tracing::TraceEventsFileFormat::Json,
        }
    }

    pub(crate) fn other(self) -> Self {
        match self {
            Self::Binary => Self::Json,
            Self::Json => Self::Binary,
        }
    }
}
