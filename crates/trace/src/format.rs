//! The files of a trace.

use serde::{Deserialize, Serialize};

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
    /// Compressed CBOR in the dialect of CodeTracer's crates.
    CodeTracer,
    /// JSON in the dialect of CodeTracer's crates.
    CodeTracerJson,
}

impl Format {
    /// All formats.
    pub const ALL: [Self; 4] = [
        Self::Binary,
        Self::Json,
        Self::CodeTracer,
        Self::CodeTracerJson,
    ];

    /// Returns its name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Binary => "binary",
            Self::Json => "json",
            Self::CodeTracer => "codetracer",
            Self::CodeTracerJson => "codetracer-json",
        }
    }

    /// Finds a format by its name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|it| it.name() == name)
    }

    /// Returns whether the events are JSON.
    #[inline]
    pub fn is_json(self) -> bool {
        matches!(self, Self::Json | Self::CodeTracerJson)
    }

    /// Returns the dialect of the events.
    #[inline]
    pub fn dialect(self) -> Dialect {
        match self {
            Self::Binary | Self::Json => Dialect::RuntimeTracing,
            Self::CodeTracer | Self::CodeTracerJson => Dialect::CodeTracer,
        }
    }

    /// Returns the name of the file that holds the events.
    pub fn file_name(self) -> &'static str {
        events_file_name(self.is_json())
    }

    /// Returns the name of the file that would contradict the one with the events.
    pub(crate) fn other_file_name(self) -> &'static str {
        events_file_name(!self.is_json())
    }
}

/// The crates whose records the events are. They differ in how a float is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Dialect {
    /// Those of `runtime_tracing`: a float is a number.
    #[default]
    RuntimeTracing,
    /// Those of `codetracer_trace_types`: a float is a text.
    #[serde(rename = "codetracer")]
    CodeTracer,
}

impl Dialect {
    pub(crate) fn is_default(&self) -> bool {
        *self == Self::default()
    }
}

/// Returns the name of a file of events.
pub(crate) fn events_file_name(is_json: bool) -> &'static str {
    match is_json {
        false => "trace.bin",
        true => "trace.json",
    }
}
