//! The content of `trace_modules.json`: each module body, and why it has its label.

mod import;

use module_identity::{Grounds, ModuleName, Rival, Rule};
use serde::{Deserialize, Serialize};
use spool::{FilterNote, Outcome, Process, Recorded};

use crate::format::Dialect;

pub use import::{Cause, Import, ImportOutcome, ImportSite};
pub use spool::ModuleKind;

/// The version of the document that this truename writes, and the only one that it reads.
pub const FORMAT: u32 = 2;

/// The whole of `trace_modules.json`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Document {
    /// The version of the document: [`FORMAT`].
    pub format: u32,
    /// The dialect of the events; left out where it is `runtime_tracing`'s.
    #[serde(default, skip_serializing_if = "Dialect::is_default")]
    pub dialect: Dialect,
    /// The process, and how its recording ended.
    #[serde(rename = "process")]
    pub run: ProcessRun,
    /// The detail of the recording.
    pub recorded: Recorded,
    /// The filters of the recording.
    pub filters: Filters,
    /// The modules that were loaded when the recording began, sorted: their bodies ran before, if
    /// they have any.
    pub loaded_before: Vec<String>,
    /// All code named `<module>` that started, in the order in which it started.
    pub modules: Vec<Module>,
    /// All imports that `sys.modules` did not answer, in the order in which their modules began to be loaded or
    /// were not found.
    pub imports: Vec<Import>,
}

impl Document {
    /// Returns what an import or a body, known by its own cause, began within. The import that a body is the
    /// body of is what it began within, too.
    pub fn around(&self, it: Cause) -> Option<Cause> {
        match it {
            Cause::Import(index) => self.imports.get(index)?.within,
            Cause::Body(index) => self.modules.get(index)?.within,
        }
    }
}

/// The recorded run of a process.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ProcessRun {
    /// The process.
    #[serde(flatten)]
    pub process: Process,
    /// The time at which the recording began, RFC 3339 in UTC.
    pub started: String,
    /// The end of the recording.
    pub ended: Ending,
    /// The reason why the recording ended so, where there is more to say.
    pub reason: Option<String>,
}

/// The filters of a recording, and how much they kept out of it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Filters {
    /// The filters, in order; later ones override earlier ones.
    pub chain: Vec<FilterNote>,
    /// The number of times they kept code out: once for each module body that ran, and once for each
    /// function.
    pub scopes_skipped: u64,
    /// The numbers of values that they hid.
    #[serde(default)]
    pub values_redacted: ValueCounts,
    /// The numbers of values that they left out.
    #[serde(default)]
    pub values_dropped: ValueCounts,
}

/// Numbers of values, by where they were.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ValueCounts {
    /// Arguments of calls.
    pub arg: u64,
    /// Values that calls returned or yielded, and messages of exceptions that left them.
    pub ret: u64,
    /// Variables of functions and classes, once for each line that ran.
    pub local: u64,
    /// Variables of modules, likewise.
    pub global: u64,
}

impl ValueCounts {
    /// Adds others.
    pub(crate) fn add(&mut self, others: Self) {
        self.arg += others.arg;
        self.ret += others.ret;
        self.local += others.local;
        self.global += others.global;
    }
}

/// The end of a recording.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Ending {
    /// With the process, which ended by itself as far as is known.
    ProcessEnded,
    /// With the process, which a signal killed.
    Killed,
    /// With the process, which ended in the middle of something, by a signal, a crash or `os._exit`. The kernel says
    /// which to the parent alone.
    Vanished,
    /// The process went on when `truename` ended.
    StillRunning,
    /// The recorder was asked to stop; the process went on unrecorded.
    Stopped,
    /// The recorder could not go on; the process went on unrecorded.
    Lost,
    /// The recorder's file was cut or damaged before it was read.
    Cut,
}

impl Ending {
    /// Returns whether something is missing that was to be in the trace.
    pub fn is_broken_off(self) -> bool {
        matches!(self, Self::Lost | Self::Cut)
    }

    /// Returns the words for an end that is no matter of course, without the reason.
    pub fn remark(self) -> Option<&'static str> {
        Some(match self {
            Self::ProcessEnded => return None,
            Self::Killed => "the process was killed",
            Self::Vanished => {
                "the process ended in the middle, by a signal, a crash or os._exit: nobody saw which"
            }
            Self::StillRunning => "truename ended before the process did, which went on unrecorded",
            Self::Stopped => "the recording was stopped, and the process went on",
            Self::Lost => "the recording was lost before the process ended",
            Self::Cut => "what the recorder wrote was cut or damaged",
        })
    }
}

/// One run of code named `<module>`: a module's body, or a stray `exec` or `eval`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Module {
    /// `<dotted.name>`, or the literal `<module>`: the name of its function in the events.
    pub label: String,
    /// The dotted name; `None` where no module body started, or nobody could know.
    pub name: Option<ModuleName>,
    /// The rule that decided.
    pub rule: Rule,
    /// The rule's reason, for people.
    pub why: String,
    /// The evidence that the rule decided from.
    pub grounds: Grounds,
    /// Other names that were at hand and lost, best first.
    pub rivals: Vec<Rival>,
    /// `co_filename`.
    pub file: String,
    /// `co_firstlineno`.
    pub line: u32,
    /// The thread; counts from 0 in the order in which threads first ran module code.
    pub thread: u64,
    /// The index in [`Document::modules`] of the innermost body that was still running on the same
    /// thread.
    pub parent: Option<usize>,
    /// The import that it is the body of; of a body that no import ran, what it began within.
    pub within: Option<Cause>,
    /// The time of its start, in nanoseconds since the recording began.
    pub start_ns: u64,
    /// The time that it ran, bodies within included, in nanoseconds; `None` when it never ended.
    pub duration_ns: Option<u64>,
    /// The way in which it was left.
    pub outcome: Outcome,
    /// The type of the exception that left it; `None` unless it raised.
    pub exception: Option<String>,
}
