//! Errors of reading and writing traces.

use std::fmt;
use std::io;
use std::path::PathBuf;

use thiserror::Error;

use crate::document::FORMAT;

/// An error in reading or writing a trace.
#[derive(Debug, Error)]
pub enum TraceError {
    /// The folder of the trace does not exist.
    #[error("there is no folder {}", .0.display())]
    NoFolder(PathBuf),
    /// Something else than a folder stands there.
    #[error("{} is no folder, so it is not a trace", .0.display())]
    NotAFolder(PathBuf),
    /// The folder has no events.
    #[error("{} is not a trace: it holds neither trace.bin nor trace.json", .0.display())]
    NotATrace(PathBuf),
    /// The folder has events in both formats.
    #[error("{} holds both trace.bin and trace.json, and a trace is one of them", .0.display())]
    TwoTraces(PathBuf),
    /// The folder of the child processes holds something that is not named by a number.
    #[error("{} is not a child's trace: those are named by a number", .0.display())]
    NotAChild(PathBuf),
    /// A file or folder cannot be read.
    #[error("cannot read {}: {source}", path.display())]
    Unreadable {
        /// The file or folder.
        path: PathBuf,
        /// The reason.
        source: io::Error,
    },
    /// A file holds something else than what belongs there.
    #[error("{} does not hold what truename writes there: {reason}", path.display())]
    Foreign {
        /// The file.
        path: PathBuf,
        /// The first thing that is wrong.
        reason: String,
    },
    /// The end of a file is missing.
    #[error("{} is truncated: its end is missing", .0.display())]
    Truncated(PathBuf),
    /// A file is damaged.
    #[error("{} is damaged: {reason}", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// The damage.
        reason: String,
    },
    /// `trace_modules.json` has another version.
    #[error("{} is of format {format}, and this truename reads format {FORMAT}", path.display())]
    OtherFormat {
        /// The file.
        path: PathBuf,
        /// Its version.
        format: u32,
    },
    /// A file or folder cannot be written.
    #[error("cannot {action} {}: {source}", path.display())]
    Unwritable {
        /// The task that failed.
        action: WriteAction,
        /// The file or folder.
        path: PathBuf,
        /// The reason.
        source: io::Error,
    },
}

/// A task in writing a trace.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WriteAction {
    /// To make a folder.
    MakeFolder,
    /// To write a file.
    Write,
    /// To remove the events of an earlier trace.
    Remove,
}

impl fmt::Display for WriteAction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::MakeFolder => "make the folder",
            Self::Write => "write",
            Self::Remove => "remove",
        })
    }
}
