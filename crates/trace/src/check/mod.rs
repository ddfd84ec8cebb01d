//! Verifies a trace.

mod agreement;
mod calls;
mod definitions;

use std::fmt;
use std::path::Path;

use runtime_tracing::TraceLowLevelEvent as Event;
use spool::ProcessOrigin;

use self::calls::Calls;
use self::definitions::Definitions;
use crate::document::Document;
use crate::error::TraceError;
use crate::format::MODULES_FILE;
use crate::program::{ProgramOf, RecordedProgram};
use crate::read::Folder;

/// The findings of [`check`], for a trace and its children together.
#[derive(Debug, Default)]
pub struct CheckReport {
    /// Module bodies: calls whose label names a module.
    pub bodies: usize,
    /// All calls within the top level: module bodies and bare `<module>`s.
    pub calls: usize,
    /// Traces of child processes, theirs included.
    pub children: usize,
    /// Traces of sub-interpreters, of the process itself and of its children.
    pub interpreters: usize,
    /// Notes on how processes ended, where that is no matter of course.
    pub notes: Vec<String>,
    /// All that is wrong.
    pub problems: Vec<Problem>,
}

/// One thing that is wrong with a trace.
#[derive(Debug)]
pub enum Problem {
    /// A file cannot be read.
    File(TraceError),
    /// The content is wrong: a text that names the file and, where there is one, the event or module, both
    /// counted from 0.
    Content(String),
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(error) => error.fmt(f),
            Self::Content(text) => f.write_str(text),
        }
    }
}

/// Verifies the trace in `folder` and those of its children.
///
/// A trace is sound when `runtime_tracing` reads it, every id is defined before it is used, calls
/// and returns balance on each thread, each label is a module's or a `<module>` that a rule
/// justifies, and all its files agree.
///
/// # Errors
///
/// When there is no trace in `folder`. Problems of a trace are in the [`CheckReport`].
pub fn check(folder: &Path, program_of: ProgramOf) -> Result<CheckReport, TraceError> {
    let folder = Folder::open(folder)?;
    let mut report = CheckReport::default();
    check_folder(&folder, program_of, &mut report);
    Ok(report)
}

impl CheckReport {
    /// Returns whether nothing is wrong.
    pub fn is_ok(&self) -> bool {
        self.problems.is_empty()
    }

    /// Returns the counts of what was found, in one line.
    pub fn summary(&self) -> String {
        if !self.is_ok() {
            return counted(self.problems.len(), "problem", "problems");
        }
        let interpreters = match self.interpreters {
            0 => String::new(),
            count => format!(
                ", {}",
                counted(count, "sub-interpreter", "sub-interpreters")
            ),
        };
        format!(
            "ok: {}, {}, {}{interpreters}",
            counted(self.bodies, "module body", "module bodies"),
            counted(self.calls, "call", "calls"),
            counted(self.children, "child process", "child processes"),
        )
    }
}

impl fmt::Display for CheckReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for problem in &self.problems {
            writeln!(f, "{problem}")?;
        }
        for note in &self.notes {
            writeln!(f, "{note}")?;
        }
        writeln!(f, "{}", self.summary())
    }
}

fn counted(count: usize, one: &str, many: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { many })
}

/// Checks a trace and its children. Returns the way in which its process came to be recorded, where it says so.
fn check_folder(
    folder: &Folder,
    program_of: ProgramOf,
    report: &mut CheckReport,
) -> Option<ProcessOrigin> {
    let events = report.keep(folder.events());
    let document = report.keep(folder.modules());
    let metadata = report.keep(folder.metadata());
    let paths = report.keep(folder.paths());
    let document = document.map(|document| {
        let program = program_of(&document.run.process.arguments);
        (document, program)
    });
    if let Some((document, _)) = &document {
        report.bodies += document
            .modules
            .iter()
            .filter(|it| it.name.is_some())
            .count();
        check_document(folder, document, report);
    }
    if let Some(events) = &events {
        check_events(folder, events, document.as_ref(), report);
    }
    if let (Some((document, program)), Some(metadata)) = (&document, &metadata) {
        report.add_all(agreement::metadata(folder, document, program, metadata));
    }
    if let (Some(events), Some(paths)) = (&events, &paths) {
        report.add_all(agreement::paths(folder, events, paths));
    }
    check_children(folder, program_of, report);
    document.map(|(document, _)| document.run.process.origin)
}

fn check_document(folder: &Folder, document: &Document, report: &mut CheckReport) {
    let file = folder.file(MODULES_FILE);
    let ended = document.run.ended;
    if let Some(remark) = ended.remark() {
        let reason = document.run.reason.as_deref();
        let reason = reason.map(|reason| format!(": {reason}"));
        let last = document.modules.last();
        let last = last.map(|body| format!(" (the last body that started: {})", body.label));
        let text = format!(
            "{}: {remark}{}{}",
            file.display(),
            reason.unwrap_or_default(),
            last.unwrap_or_default()
        );
        match ended.is_broken_off() {
            true => report.add(text),
            false => report.notes.push(text),
        }
    }
    if let Some(problem) = agreement::interpreter(document) {
        report.add(format!("{}: {problem}", file.display()));
    }
    for (index, problem) in agreement::labels(document) {
        report.add(format!("{}: module {index}: {problem}", file.display()));
    }
}

fn check_events(
    folder: &Folder,
    events: &[Event],
    document: Option<&(Document, RecordedProgram)>,
    report: &mut CheckReport,
) {
    let file = folder.events_file();
    let mut definitions = Definitions::default();
    let mut calls = Calls::default();
    let mut problems = Vec::new();
    for (index, event) in events.iter().enumerate() {
        for problem in definitions.take(event) {
            problems.push((index, problem));
        }
        problems.extend(calls.take(index, event).map(|problem| (index, problem)));
    }
    problems.extend(calls.finish(events.len()));
    report.calls += calls.within_top_level();
    // Wrong ids and lost calls would only be reported once more, in other words.
    if let (Some((document, program)), true) = (document, problems.is_empty()) {
        problems.extend(agreement::calls(&calls, &definitions, document, program));
        problems.extend(agreement::values(events, document));
    }
    for (index, problem) in problems {
        report.add(format!("{}: event {index}: {problem}", file.display()));
    }
}

fn check_children(folder: &Folder, program_of: ProgramOf, report: &mut CheckReport) {
    for child in report.keep(folder.children()).unwrap_or_default() {
        let child = report.keep(Folder::open(&child));
        let origin = child.and_then(|child| check_folder(&child, program_of, report));
        match origin {
            Some(ProcessOrigin::Interpreter) => report.interpreters += 1,
            Some(ProcessOrigin::Start | ProcessOrigin::Fork) | None => report.children += 1,
        }
    }
}

impl CheckReport {
    fn add(&mut self, problem: String) {
        self.problems.push(Problem::Content(problem));
    }

    fn add_all(&mut self, problems: impl IntoIterator<Item = String>) {
        self.problems
            .extend(problems.into_iter().map(Problem::Content));
    }

    /// Keeps the error of a file that cannot be read as a problem like any other.
    fn keep<T>(&mut self, result: Result<T, TraceError>) -> Option<T> {
        result
            .map_err(|error| self.problems.push(Problem::File(error)))
            .ok()
    }
}
