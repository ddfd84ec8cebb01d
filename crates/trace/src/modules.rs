//! `trace_modules.json`: each module body, and why it has its label.

use std::io::{self, Write};

use module_identity::{Grounds, ModuleName, Rival, Rule};
use serde::{Deserialize, Serialize};
use spool::{Detail, Origin, ValueDetail};

use super::program::Program;
use super::timestamp;
use crate::recording::{self, Body, Recording};

/// The version of the document that this truename writes, and the only one that it reads.
pub const FORMAT: u32 = 1;

/// The whole of `trace_modules.json`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Document {
    /// The version of the document: [`FORMAT`].
    pub format: u32,
    /// Who was recorded.
    pub process: Process,
    /// What was asked for.
    pub recorded: Recorded,
    /// By which filters.
    pub filters: Filters,
    /// The modules that were loaded when the recording began, sorted: their bodies ran unseen, if
    /// they have any.
    pub loaded_before: Vec<String>,
    /// All code named `<module>` that started, in the order in which it started.
    pub modules: Vec<Module>,
}

/// The process that was recorded.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Process {
    /// The process.
    pub pid: u32,
    /// Its parent when the recording began.
    pub parent: u32,
    /// How the process came to be recorded.
    pub origin: Origin,
    /// The interpreter's version, `3.12.1`.
    pub python: String,
    /// `sys.executable`.
    pub executable: String,
    /// The interpreter's own command line, `sys.orig_argv`.
    pub arguments: Vec<String>,
    /// The working directory.
    pub directory: String,
    /// When the recording began, RFC 3339 in UTC.
    pub started: String,
    /// How the recording ended.
    pub ended: Ended,
    /// Why the recording was lost; `None` otherwise.
    pub reason: Option<String>,
}

/// What was asked for: a trace without values, say, is one of a program without arguments, or one for
/// which nobody wanted any.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Recorded {
    /// What the events tell of.
    pub events: Detail,
    /// Which values they have.
    pub values: ValueDetail,
}

/// The filters of a recording, and how much they kept out of it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Filters {
    /// The filters, in order; later ones override earlier ones.
    pub chain: Vec<spool::Filter<'static>>,
    /// How many times they kept code out: once for each module body that ran, and once for each
    /// function.
    pub scopes_skipped: u64,
}

/// How a recording ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Ended {
    /// With the process.
    ProcessEnded,
    /// The recorder was asked to stop; the process went on unrecorded.
    Stopped,
    /// The recorder could not go on; the process went on unrecorded.
    Lost,
}

/// One run of code named `<module>`.
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
    /// What the rule decided from.
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
    /// When it started, in nanoseconds since the recording began.
    pub start_ns: u64,
    /// How long it ran, bodies within included, in nanoseconds; `None` when it never ended.
    pub duration_ns: Option<u64>,
    /// How it was left.
    pub outcome: Outcome,
    /// The type of the exception that left it; `None` unless it raised.
    pub exception: Option<String>,
}

/// How module code was left.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// It ran to its end.
    Returned,
    /// An exception left it.
    Raised,
    /// Code with a top-level `await` was suspended; what it did later was not recorded.
    Suspended,
    /// The recording ended first.
    Unfinished,
}

impl Document {
    /// What `trace_modules.json` says of a recording.
    pub fn new(recording: &Recording) -> Self {
        let loaded_before = recording.process.loaded_before.iter();
        Self {
            format: FORMAT,
            process: Process::new(recording),
            recorded: Recorded::new(recording),
            filters: Filters::new(recording),
            loaded_before: loaded_before.map(ToString::to_string).collect(),
            modules: recording.bodies.iter().map(Module::new).collect(),
        }
    }
}

/// The document of a recording as text, each module on a line of its own, which can be made as soon
/// as the module's body is over.
#[derive(Debug, Default)]
pub struct Lines {
    /// By index; empty while the body runs.
    lines: Vec<Vec<u8>>,
    /// The modules without a line.
    running: Vec<usize>,
}

impl Lines {
    /// Makes the lines of the bodies that are over by now.
    pub(super) fn advance(&mut self, recording: &Recording) {
        let bodies = &recording.bodies;
        self.running.extend(self.lines.len()..bodies.len());
        self.lines.resize_with(bodies.len(), Vec::new);
        let lines = &mut self.lines;
        self.running.retain(|&index| {
            let body = &bodies[index];
            if body.outcome == recording::Outcome::Unfinished {
                return true;
            }
            // (a line that cannot be made now is made, and refused, in the end)
            serde_json::to_writer(&mut lines[index], &Module::new(body)).is_err()
        });
    }

    /// Writes the document of a recording that is over.
    ///
    /// # Errors
    ///
    /// What `out` answered.
    pub(super) fn write(
        &self,
        mut out: impl Write,
        process: &Process,
        recording: &Recording,
    ) -> io::Result<()> {
        write!(out, "{{\n\"format\": {FORMAT},\n\"process\": ")?;
        serde_json::to_writer(&mut out, process)?;
        write!(out, ",\n\"recorded\": ")?;
        serde_json::to_writer(&mut out, &Recorded::new(recording))?;
        write!(out, ",\n\"filters\": ")?;
        serde_json::to_writer(&mut out, &Filters::new(recording))?;
        write!(out, ",\n\"loaded_before\": ")?;
        serde_json::to_writer(&mut out, &recording.process.loaded_before)?;
        write!(out, ",\n\"modules\": [")?;
        let mut separator = "\n";
        for (index, body) in recording.bodies.iter().enumerate() {
            out.write_all(separator.as_bytes())?;
            let line = self.lines.get(index).filter(|line| !line.is_empty());
            match line.filter(|_| !recording.is_revised(index)) {
                Some(line) => out.write_all(line)?,
                None => serde_json::to_writer(&mut out, &Module::new(body))?,
            }
            separator = ",\n";
        }
        writeln!(out, "\n]\n}}")
    }
}

impl Recorded {
    fn new(recording: &Recording) -> Self {
        Self {
            events: recording.process.detail,
            values: recording.process.values,
        }
    }
}

impl Filters {
    fn new(recording: &Recording) -> Self {
        Self {
            chain: recording.process.filters.clone(),
            scopes_skipped: recording.skipped,
        }
    }
}

impl Process {
    /// The process of a recording that is over.
    pub(super) fn new(recording: &Recording) -> Self {
        let process = &recording.process;
        let (ended, reason) = match &recording.ending {
            recording::Ending::ProcessEnded => (Ended::ProcessEnded, None),
            recording::Ending::Stopped => (Ended::Stopped, None),
            recording::Ending::Lost { reason } => (Ended::Lost, Some(reason.clone())),
        };
        Self {
            pid: process.pid,
            parent: process.parent,
            origin: process.origin,
            python: process.python.to_string(),
            executable: process.executable.to_string(),
            arguments: process.arguments.iter().map(ToString::to_string).collect(),
            directory: process.directory.to_string(),
            started: timestamp::rfc3339(process.unix_time),
            ended,
            reason,
        }
    }

    /// What the process ran.
    pub fn program(&self) -> Program {
        Program::of(&self.arguments)
    }
}

impl Module {
    fn new(body: &Body) -> Self {
        let (outcome, exception) = match &body.outcome {
            recording::Outcome::Returned => (Outcome::Returned, None),
            recording::Outcome::Raised { exception } => (Outcome::Raised, Some(exception.clone())),
            recording::Outcome::Suspended => (Outcome::Suspended, None),
            recording::Outcome::Unfinished => (Outcome::Unfinished, None),
        };
        let identity = &body.identity;
        Self {
            label: identity.label(),
            name: identity.name.clone(),
            rule: identity.rule,
            why: identity.rule.reason().to_owned(),
            grounds: identity.grounds,
            rivals: identity.rivals.clone(),
            file: body.file.clone(),
            line: body.line,
            thread: body.thread,
            parent: body.parent,
            start_ns: body.start,
            duration_ns: body.duration,
            outcome,
            exception,
        }
    }
}
