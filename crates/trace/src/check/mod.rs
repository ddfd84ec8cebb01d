//! Verifies a trace.

mod agreement;
mod calls;
mod definitions;
mod files;

use std::fmt;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use runtime_tracing::TraceLowLevelEvent as Event;
use spool::ProcessOrigin;

use self::agreement::Agreement;
use self::calls::{Calls, Change};
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
    /// Notes on how processes ended, where that is no matter of course, and on what is no proof that something is wrong.
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
/// A trace is sound when its events can be decoded as `runtime_tracing`'s, every id is defined before it is used, calls
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
    let (document, paths) = (folder.modules(), folder.paths());
    let described = document.as_ref().ok().map(|document| {
        let program = program_of(&document.run.process.arguments);
        (document, program)
    });
    let mut events = EventCheck::new(described.as_ref());
    let read = folder.each_event(|event| {
        events.take(&event);
        ControlFlow::Continue(())
    });
    let are_read = report.keep(read).is_some();
    if let Some((document, _)) = &described {
        let named = document.modules.iter().filter(|it| it.name.is_some());
        report.bodies += named.count();
        check_document(folder, document, report);
    }
    if are_read {
        events.finish(folder, paths.as_deref().ok(), report);
    }
    let metadata = report.keep(folder.metadata());
    if let (Some((document, program)), Some(metadata)) = (&described, &metadata) {
        report.add_all(files::metadata(folder, document, program, metadata));
    }
    report.keep(paths);
    let origin = report.keep(document).map(|it| it.run.process.origin);
    check_children(folder, program_of, report);
    origin
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
    if let Some(problem) = files::interpreter(document) {
        report.add(format!("{}: {problem}", file.display()));
    }
    for problem in files::bodies(document) {
        report.add(format!("{}: {problem}", file.display()));
    }
    for (index, problem) in files::labels(document) {
        report.add(format!("{}: module {index}: {problem}", file.display()));
    }
}

/// The checks of all events, one after the other.
struct EventCheck<'a> {
    definitions: Definitions,
    calls: Calls,
    agreement: Option<Agreement<'a>>,
    /// The number of events so far.
    count: usize,
    /// Each with the index of its event.
    problems: Vec<(usize, String)>,
}

impl<'a> EventCheck<'a> {
    fn new(document: Option<&'a (&'a Document, RecordedProgram)>) -> Self {
        Self {
            definitions: Definitions::default(),
            calls: Calls::default(),
            agreement: document.map(|(document, program)| Agreement::new(document, program)),
            count: 0,
            problems: Vec::new(),
        }
    }

    fn take(&mut self, event: &Event) {
        let index = self.count;
        self.count += 1;
        for problem in self.definitions.take(event) {
            self.problems.push((index, problem));
        }
        let (change, problem) = self.calls.take(index, event);
        self.problems
            .extend(problem.map(|problem| (index, problem)));
        let Some(agreement) = &mut self.agreement else {
            return;
        };
        agreement.event(index, event);
        match (change, event) {
            (Change::Begins, _) => {
                if let Some(call) = self.calls.latest() {
                    agreement.begins(call, &self.definitions);
                }
            }
            (Change::Ends(call), Event::Return(record)) => {
                agreement.ends(&call, index, &record.return_value, &self.definitions);
            }
            _ => {}
        }
    }

    fn finish(mut self, folder: &Folder, paths: Option<&[PathBuf]>, report: &mut CheckReport) {
        self.problems.extend(self.calls.finish(self.count));
        report.calls += self.calls.within_top_level();
        // Wrong ids and lost calls would only be reported once more, in other words.
        let file = folder.events_file();
        if self.problems.is_empty()
            && let Some(agreement) = self.agreement
        {
            let note = agreement.note();
            let noted =
                note.map(|(index, note)| format!("{}: event {index}: {note}", file.display()));
            report.notes.extend(noted);
            self.problems.extend(agreement.finish());
        }
        for (index, problem) in self.problems {
            report.add(format!("{}: event {index}: {problem}", file.display()));
        }
        if let Some(paths) = paths {
            report.add_all(files::paths(folder, self.definitions.paths(), paths));
        }
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
