//! The records of a spool.

use std::borrow::Cow;

use module_identity::Identity;
use serde::{Deserialize, Serialize};

use crate::config::Recorded;
use crate::import::{ImportBegin, ImportEnd};

/// One record of a spool, in the order in which things happened.
///
/// Texts come from Python; what UTF-8 cannot carry appears as `\udcff`. Times are nanoseconds of
/// the system's monotonic clock, comparable between the processes of one machine.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Record<'a> {
    /// The recording starts. The first record of each spool, and the only one of its kind.
    Start(RecordingStart),
    /// Code named `<module>` starts.
    #[serde(borrow)]
    Begin(Begin<'a>),
    /// Code that began is over.
    End(End<'a>),
    /// A module was looked for.
    ImportBegin(ImportBegin<'a>),
    /// An import is over.
    ImportEnd(ImportEnd<'a>),
    /// The code that events name by a number.
    Code(Code<'a>),
    /// The exception that events name by a number.
    Exception(Exception<'a>),
    /// The variable that values name by a number.
    Variable(Variable<'a>),
    /// Code that a filter keeps out starts: a module's body, or for the first time a function.
    Skip,
    /// The recorder was asked to stop; the process goes on unrecorded.
    Stop {
        /// The time of the stop.
        time: u64,
    },
    /// The recorder could not go on; the process goes on unrecorded.
    Lost {
        /// The time of the loss.
        time: u64,
        /// The reason, as a phrase.
        reason: Cow<'a, str>,
    },
}

/// The start of a recording.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RecordingStart {
    /// The process that is recorded.
    pub process: Process,
    /// The amount that is recorded of it.
    pub recorded: Recorded,
    /// The filters that say what is recorded, in order.
    pub filters: Vec<FilterNote>,
    /// The modules that `sys.modules` held, sorted: their bodies ran before, if they have any.
    pub loaded_before: Vec<String>,
    /// The time of the start.
    pub time: u64,
    /// The time of the start in nanoseconds since 1970.
    pub unix_time: u64,
}

/// The process that is recorded, or one of its interpreters.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Process {
    /// The process id.
    pub pid: u32,
    /// The id of its parent when the recording began.
    pub parent: u32,
    /// The way in which the process came to be recorded.
    pub origin: ProcessOrigin,
    /// The id of the interpreter that is recorded; 0 is the main one, with which the process began.
    pub interpreter: u64,
    /// The interpreter's version, `3.12.1`.
    pub python: String,
    /// `sys.executable`.
    pub executable: String,
    /// `sys.orig_argv`: the interpreter's own command line.
    pub arguments: Vec<String>,
    /// The working directory.
    pub directory: String,
}

/// The way in which a process came to be recorded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ProcessOrigin {
    /// An interpreter started with the recorder in it.
    Start,
    /// A recorded process forked.
    Fork,
    /// A recorded process made another interpreter, a sub-interpreter, which is recorded by itself.
    Interpreter,
}

/// A filter, as others can find it again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FilterNote {
    /// Its file, or `builtin:` and a name.
    pub path: String,
    /// The name that it gives itself.
    pub name: String,
    /// Its version, by its own count.
    pub version: u32,
    /// The SHA-256 of the file, in hexadecimal.
    pub sha256: String,
}

/// The code that events name by a number.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Code<'a> {
    /// The number, less than [`NUMBERS`](crate::NUMBERS).
    pub number: u32,
    /// `co_qualname`.
    pub name: Cow<'a, str>,
    /// `co_filename`.
    pub file: Cow<'a, str>,
    /// `co_firstlineno`.
    pub line: u32,
}

/// The exception that events name by a number.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Exception<'a> {
    /// The number, less than [`NUMBERS`](crate::NUMBERS).
    pub number: u32,
    /// Its type, `ModuleNotFoundError`.
    pub name: Cow<'a, str>,
}

/// The variable that values name by a number.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Variable<'a> {
    /// The number; they come in order, from 0.
    pub number: u32,
    /// Its name.
    pub name: Cow<'a, str>,
}

/// Code named `<module>` starts.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Begin<'a> {
    /// Ties the [`End`] to its beginning; counts from 0 in each spool.
    pub body: u64,
    /// The thread; counts from 0 in the order in which threads first ran module code.
    pub thread: u64,
    /// The time of the start.
    pub time: u64,
    /// The module whose body it is, and the reasons.
    pub identity: Identity,
    /// `co_filename`.
    pub file: Cow<'a, str>,
    /// `co_firstlineno`.
    pub line: u32,
}

/// Code that began is over.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct End<'a> {
    /// The [`Begin`] that this ends.
    pub body: u64,
    /// The time of the end.
    pub time: u64,
    /// The way in which it was left.
    pub outcome: Outcome,
    /// The type of the exception that left it, `ModuleNotFoundError`; `None` unless it raised.
    #[serde(borrow)]
    pub exception: Option<Cow<'a, str>>,
    /// That exception as a [`Value`](crate::Value), encoded; empty where no values are recorded.
    pub raised: Vec<u8>,
}

/// A way in which module code is left.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// It ran to its end.
    Returned,
    /// An exception left it.
    Raised,
    /// Code with a top-level `await` was suspended; what it does later is not recorded.
    Suspended,
    /// The recording ended first, so that no [`End`] says this.
    Unfinished,
}
