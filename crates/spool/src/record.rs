//! What a recorded process says of itself.

use std::borrow::Cow;

use module_identity::Identity;
use serde::{Deserialize, Serialize};

use crate::config::{Detail, ValueDetail};

/// One record of a spool, in the order in which things happened.
///
/// Texts come from Python; what UTF-8 cannot carry appears as `\udcff`. Times are nanoseconds of
/// the system's monotonic clock, comparable between the processes of one machine.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Record<'a> {
    /// Who is recorded. The first record of each spool.
    #[serde(borrow)]
    Process(Process<'a>),
    /// Code named `<module>` starts.
    Begin(Begin<'a>),
    /// Code that began is over.
    End(End<'a>),
    /// The code that events tell of by a number.
    Code(Code<'a>),
    /// The exception that events tell of by a number.
    Exception(Exception<'a>),
    /// The variable that values tell of by a number.
    Variable(Variable<'a>),
    /// Code that a filter keeps out starts: a module's body, or for the first time a function.
    Skip,
    /// The recorder was asked to stop; the process goes on unrecorded.
    Stop {
        /// When.
        time: u64,
    },
    /// The recorder could not go on, and why; the process goes on unrecorded.
    Lost {
        /// When.
        time: u64,
        /// Why, as a phrase.
        reason: Cow<'a, str>,
    },
}

/// The process that is recorded.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Process<'a> {
    /// The process.
    pub pid: u32,
    /// Its parent when the recording began.
    pub parent: u32,
    /// How the process came to be recorded.
    pub origin: Origin,
    /// What is recorded.
    pub detail: Detail,
    /// What is recorded of values.
    pub values: ValueDetail,
    /// When the recording began.
    pub time: u64,
    /// When the recording began, in nanoseconds since 1970.
    pub unix_time: u64,
    /// The interpreter's version, `3.12.1`.
    pub python: Cow<'a, str>,
    /// `sys.executable`.
    pub executable: Cow<'a, str>,
    /// `sys.orig_argv`: the interpreter's own command line.
    pub arguments: Vec<Cow<'a, str>>,
    /// The working directory.
    pub directory: Cow<'a, str>,
    /// The modules that `sys.modules` held when the recording began, sorted: their bodies ran
    /// unseen, if they have any.
    pub loaded_before: Vec<Cow<'a, str>>,
    /// The filters that say what is recorded, in order.
    pub filters: Vec<Filter<'a>>,
}

/// A filter, as others can find it again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Filter<'a> {
    /// Its file, or `builtin:` and a name.
    pub path: Cow<'a, str>,
    /// What it calls itself.
    pub name: Cow<'a, str>,
    /// Its version, by its own count.
    pub version: u32,
    /// The SHA-256 of the file, in hexadecimal.
    pub sha256: Cow<'a, str>,
}

/// How a process came to be recorded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Origin {
    /// An interpreter started with the recorder in it.
    Start,
    /// A recorded process forked.
    Fork,
}

/// The code that events tell of by a number.
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

/// The exception that events tell of by a number.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Exception<'a> {
    /// The number, less than [`NUMBERS`](crate::NUMBERS).
    pub number: u32,
    /// Its type, `ModuleNotFoundError`.
    pub name: Cow<'a, str>,
}

/// The variable that values tell of by a number.
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
    /// When.
    pub time: u64,
    /// Which module's body it is, and why.
    pub identity: Identity,
    /// `co_filename`.
    pub file: Cow<'a, str>,
    /// `co_firstlineno`.
    pub line: u32,
}

/// Code that began is over.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct End<'a> {
    /// Which [`Begin`] this ends.
    pub body: u64,
    /// When.
    pub time: u64,
    /// How.
    #[serde(borrow)]
    pub outcome: Outcome<'a>,
}

/// How module code was left.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Outcome<'a> {
    /// It ran to its end.
    Returned,
    /// An exception left it.
    Raised {
        /// The exception's type, `ModuleNotFoundError`.
        exception: Cow<'a, str>,
    },
    /// Code with a top-level `await` was suspended; what it does later is not recorded.
    Suspended,
}
