//! Options of commands that check, rewrite or write out traces.

use std::path::PathBuf;

use clap::Args;
use trace::Format;
use truename::export::ExportFormat;

/// The folder of a trace when none is given.
pub const DEFAULT_FOLDER: &str = "truename-trace";

/// Verify a trace
#[derive(Debug, Args)]
pub struct CheckArguments {
    /// The folder of the trace
    #[arg(value_name = "DIR", default_value = DEFAULT_FOLDER)]
    pub folder: PathBuf,
}

/// Rewrite a finished trace, and those of its child processes, in another format
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  truename convert --format json                  truename-trace itself becomes JSON
  truename convert --format codetracer --out ct   ct is a copy that CodeTracer opens")]
pub struct ConvertArguments {
    /// The folder of the trace
    #[arg(value_name = "DIR", default_value = DEFAULT_FOLDER)]
    pub folder: PathBuf,
    /// The format of the events
    #[arg(long, value_enum)]
    pub format: FormatName,
    /// Write the result into this new folder, and leave DIR as it is
    #[arg(long, value_name = "FOLDER")]
    pub out: Option<PathBuf>,
}

/// Write import costs in a format of other tools, or as a page for a browser
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  truename export --to html > imports.html\n  \
                        truename export --to folded | inferno-flamegraph > imports.svg"
)]
pub struct ExportArguments {
    /// The folder of the trace
    #[arg(value_name = "DIR", default_value = DEFAULT_FOLDER)]
    pub folder: PathBuf,
    /// The format
    #[arg(long, value_enum, value_name = "FORMAT")]
    pub to: ExportName,
}

/// The formats of an export.
#[derive(Clone, Copy, Debug, clap::ValueEnum)]
pub enum ExportName {
    /// Collapsed stacks with microseconds
    Folded,
    /// The JSON of speedscope
    Speedscope,
    /// The JSON of Perfetto and Chromium
    Perfetto,
    /// One page for a browser, with a picture and a table
    Html,
}

impl From<ExportName> for ExportFormat {
    fn from(name: ExportName) -> Self {
        match name {
            ExportName::Folded => Self::Folded,
            ExportName::Speedscope => Self::Speedscope,
            ExportName::Perfetto => Self::Perfetto,
            ExportName::Html => Self::Html,
        }
    }
}

/// Name the `<module>` frames of another tool's profile, by a trace of the same program
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  truename run app.py
  python -m cProfile -o app.prof app.py
  truename relabel app.prof --out named.prof

  py-spy record --format raw -o stacks.txt -- python app.py
  truename relabel stacks.txt | inferno-flamegraph > app.svg")]
pub struct RelabelArguments {
    /// The profile: JSON of viztracer or speedscope, a file of pstats, or collapsed stacks
    #[arg(value_name = "FILE")]
    pub profile: PathBuf,
    /// The folder of the trace
    #[arg(long, value_name = "DIR", default_value = DEFAULT_FOLDER)]
    pub trace: PathBuf,
    /// Write the result into this file, instead of standard output
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
}

/// Print each call of a trace as a line of JSON, for the Python package
#[derive(Debug, Args)]
pub struct CallsArguments {
    /// The folder of the trace
    #[arg(value_name = "DIR")]
    pub folder: PathBuf,
}

/// The formats in which events can be stored.
#[derive(Clone, Copy, Debug, Default, clap::ValueEnum)]
pub enum FormatName {
    /// Compressed CBOR: small and fast
    #[default]
    Binary,
    /// JSON: readable without a tool
    Json,
    /// Binary as CodeTracer's crates read it since their version 0.16.2: floats are texts
    #[value(name = "codetracer")]
    CodeTracer,
    /// JSON as CodeTracer's crates read it since their version 0.16.2
    #[value(name = "codetracer-json")]
    CodeTracerJson,
}

impl From<FormatName> for Format {
    fn from(name: FormatName) -> Self {
        match name {
            FormatName::Binary => Self::Binary,
            FormatName::Json => Self::Json,
            FormatName::CodeTracer => Self::CodeTracer,
            FormatName::CodeTracerJson => Self::CodeTracerJson,
        }
    }
}
