//! Options of commands about filters.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::{Args, Subcommand};

/// Look into trace filters
#[derive(Debug, Subcommand)]
pub enum FilterCommand {
    Check(FilterCheckArguments),
    Explain(FilterExplainArguments),
}

/// Validate filters, and note what in them is hardly meant
#[derive(Debug, Args)]
pub struct FilterCheckArguments {
    /// The filters, in order: files, or built-in ones such as builtin:no-stdlib
    #[arg(value_name = "FILE", required = true)]
    pub files: Vec<OsString>,
}

/// Show rule by rule whether code would be recorded
#[derive(Debug, Args)]
pub struct FilterExplainArguments {
    /// The filters, in order: files, or built-in ones such as builtin:no-stdlib
    #[arg(value_name = "FILE", required = true)]
    pub files: Vec<OsString>,
    /// The code's module; `<module>` for code that belongs to none
    #[arg(long, value_name = "NAME")]
    pub module: String,
    /// The code's file
    #[arg(long, value_name = "PATH")]
    pub file: PathBuf,
    /// The qualified name of a function or class; the module's body when it is left out
    #[arg(long, value_name = "QUALNAME", default_value = "<module>")]
    pub object: String,
}
