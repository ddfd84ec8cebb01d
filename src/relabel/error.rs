//! Errors of reading a profile.

use thiserror::Error;

/// A reason why a profile cannot be read.
#[derive(Debug, Error)]
pub enum RelabelError {
    /// It has none of the formats.
    #[error(
        "it is neither viztracer's or speedscope's JSON, nor a file of pstats, nor collapsed stacks"
    )]
    Foreign,
    /// It has the format of cProfile's files, but cannot be read as one.
    #[error("it begins as a file of pstats, and {0}")]
    Pstats(&'static str),
    /// It is JSON of a tool, but not what that tool writes.
    #[error("it is no JSON that {tool} writes: {source}")]
    Json {
        /// The tool.
        tool: &'static str,
        /// The first thing that is wrong.
        source: serde_json::Error,
    },
}
