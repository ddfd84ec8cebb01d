//! Errors of recording a program.

use std::fmt;
use std::io;
use std::path::PathBuf;

use thiserror::Error;
use trace::TraceError;
use trace_filter::FilterError;

/// An error in recording a program, or in finishing a recording.
#[derive(Debug, Error)]
pub enum LauncherError {
    /// A filter that was named cannot be read, or is not valid.
    #[error(transparent)]
    Filter(FilterError),
    /// A filter that `$TRUENAME_FILTER` names cannot be read, or is not valid.
    #[error("{0}\n$TRUENAME_FILTER names it.")]
    FilterOfVariable(#[source] FilterError),
    /// This system offers no way into such a Python.
    #[error(
        "under -I, -E and -S a program can be recorded on Linux only: elsewhere Python offers no way \
         in"
    )]
    NoWayIn,
    /// This system offers no way into every Python process.
    #[error("every Python process can be recorded on Linux only")]
    NotEverywhere,
    /// The name of the trace folder is none that a folder can have.
    #[error("{}: {source}", folder.display())]
    FolderName {
        /// The trace folder.
        folder: PathBuf,
        /// The reason.
        source: io::Error,
    },
    /// A file stands where the trace folder is to be.
    #[error("{} is a file, and a trace is a folder", folder.display())]
    FolderIsFile {
        /// The file.
        folder: PathBuf,
    },
    /// The folder holds something else than a trace.
    #[error("{} holds files that are not a trace, and they might be lost", folder.display())]
    FolderHoldsOthers {
        /// The folder.
        folder: PathBuf,
    },
    /// Another truename is at work in the trace folder.
    #[error("another truename is recording into {}, or finishing what is in it", folder.display())]
    FolderInUse {
        /// The trace folder.
        folder: PathBuf,
    },
    /// The trace folder cannot be used.
    #[error("{} cannot {action}: {source}", folder.display())]
    Folder {
        /// The trace folder.
        folder: PathBuf,
        /// The use that cannot be made of it.
        action: FolderAction,
        /// The reason.
        source: io::Error,
    },
    /// The trace folder is not where it was.
    #[error("{} was moved or removed while the program ran, and the recording with it", folder.display())]
    FolderGone {
        /// The trace folder.
        folder: PathBuf,
        /// The place where it is now, if that is known.
        moved_to: Option<PathBuf>,
    },
    /// The recorder's files cannot be written.
    #[error("the recorder cannot be put where Python finds it: {0}")]
    Payload(#[source] io::Error),
    /// The interpreter could not be started.
    #[error("{} could not be started: {source}", python.display())]
    NotStarted {
        /// The interpreter.
        python: PathBuf,
        /// The reason.
        source: io::Error,
    },
    /// Nothing was recorded of a program that succeeded.
    #[error(transparent)]
    NoTrace(NoTrace),
    /// The thread that follows the recording panicked. The recording is kept.
    #[error("the recording could not be followed, by a mistake of truename's own")]
    NotFollowed {
        /// The trace folder.
        folder: PathBuf,
    },
    /// Too many files were open for a spool, or their folder could not be listed. The recording is kept.
    #[error("{} cannot be read: {source}", file.display())]
    SpoolsNotRead {
        /// The spool, or the folder.
        file: PathBuf,
        /// The trace folder.
        folder: PathBuf,
        /// The system's words.
        source: io::Error,
    },
    /// The trace could not be written. The recording is kept.
    #[error("{source}")]
    TraceNotWritten {
        /// The trace folder.
        folder: PathBuf,
        /// The file that could not be written, and why.
        source: TraceError,
    },
    /// There is no recording to finish.
    #[error("{} holds no unfinished recording", folder.display())]
    NothingUnfinished {
        /// The trace folder.
        folder: PathBuf,
    },
    /// The recording was made by another version of the recorder.
    #[error("cannot finish {}: {}: {source}", folder.display(), file.display())]
    ForeignSpool {
        /// The trace folder.
        folder: PathBuf,
        /// The spool.
        file: PathBuf,
        /// The version that it has.
        source: io::Error,
    },
    /// A process of the recording still runs.
    #[error("the recording in {} is not over: its process {pid} still runs", folder.display())]
    StillRunning {
        /// The trace folder.
        folder: PathBuf,
        /// The process.
        pid: u32,
    },
    /// The unfinished recording is empty.
    #[error("nothing was recorded in {} before truename was killed", folder.display())]
    EmptyRecording {
        /// The trace folder.
        folder: PathBuf,
    },
}

/// A use of the trace folder.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FolderAction {
    /// Reading it.
    Read,
    /// Removing an old trace from it.
    Clear,
    /// Writing to it.
    Write,
}

impl fmt::Display for FolderAction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Read => "be read",
            Self::Clear => "be cleared of its old trace",
            Self::Write => "be written to",
        })
    }
}

/// The reason why there is no trace of a program that was started.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum NoTrace {
    /// Python stopped before the program began.
    #[error("there is no trace: Python stopped before the program's first line ran")]
    StoppedEarly,
    /// The recorder could not start.
    #[error(
        "nothing was recorded, so there is no trace: the recorder could not start in {}: {reason}",
        python.display()
    )]
    Refused {
        /// The interpreter.
        python: PathBuf,
        /// The reason.
        reason: String,
    },
    /// The interpreter did not take the library to preload.
    #[error(
        "nothing was recorded, so there is no trace: {} was started, and under -I, -E or -S the \
         recorder enters through LD_PRELOAD, and this interpreter did not take it: it is linked \
         statically, or runs with other privileges",
        python.display()
    )]
    NotPreloaded {
        /// The interpreter.
        python: PathBuf,
    },
    /// The interpreter never imported `sitecustomize`.
    #[error(
        "nothing was recorded, so there is no trace: {} was started, and this interpreter never looked \
         for the module sitecustomize, through which the recorder enters",
        python.display()
    )]
    NotCustomized {
        /// The interpreter.
        python: PathBuf,
    },
    /// The interpreter ended before the recorder started.
    #[error(
        "nothing was recorded, so there is no trace: {} was started, and it ended before it ran the \
         program, or before the recorder could start",
        python.display()
    )]
    EndedEarly {
        /// The interpreter.
        python: PathBuf,
    },
}
