//! Verifies a trace.

mod agreement;
mod calls;
mod definitions;

use std::fmt;
use std::path::Path;

use runtime_tracing::TraceLowLevelEvent as Event;

use self::calls::Calls;
use self::definitions::Definitions;
use super::MODULES_FILE;
use super::document::{Document, Ending};
use super::reader::Folder;
use failure::Result;

/// What [`check`] found, for a trace and its children together.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// Module bodies: calls whose label names a module.
    pub bodies: usize,
    /// All calls within the top level: module bodies and bare `<module>`s.
    pub calls: usize,
    /// Traces of child processes, theirs included.
    pub children: usize,
    /// What is wrong, each with its file and, where there is one, its event or module, both
    /// counted from 0.
    pub problems: Vec<String>,
}

/// Verifies the trace in `folder` and those of its children.
///
/// A trace is sound when `runtime_tracing` reads it, every id is defined before it is used, calls
/// and returns balance on each thread, each label is a module's or a `<module>` that a rule
/// justifies, and all its files tell the same story.
///
/// # Errors
///
/// When there is no trace in `folder`. What is wrong with a trace is in the [`Report`].
pub fn check(folder: &Path) -> Result<Report> {
    let folder = Folder::open(folder)?;
    let mut report = Report::default();
    check_folder(&folder, &mut report);
    Ok(report)
}

impl Report {
    /// Whether nothing is wrong.
    pub fn is_ok(&self) -> bool {
        self.problems.is_empty()
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_ok() {
            return writeln!(
                f,
                "ok: {}, {}, {}",
                counted(self.bodies, "module body", "module bodies"),
                counted(self.calls, "call", "calls"),
                counted(self.children, "child process", "child processes"),
            );
        }
        for problem in &self.problems {
            writeln!(f, "{problem}")?;
        }
        writeln!(f, "{}", counted(self.problems.len(), "problem", "problems"))
    }
}

fn counted(count: usize, one: &str, many: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { many })
}

fn check_folder(folder: &Folder, report: &mut Report) {
    let events = report.keep(folder.events());
    let document = report.keep(folder.modules());
    let metadata = report.keep(folder.metadata());
    let paths = report.keep(folder.paths());
    if let Some(document) = &document {
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
    if let (Some(document), Some(metadata)) = (&document, &metadata) {
        report.add_all(agreement::metadata(folder, document, metadata));
    }
    if let (Some(events), Some(paths)) = (&events, &paths) {
        report.add_all(agreement::paths(folder, events, paths));
    }
    check_children(folder, report);
}

fn check_document(folder: &Folder, document: &Document, report: &mut Report) {
    let file = folder.file(MODULES_FILE);
    if document.run.ended == Ending::Lost {
        let reason = document.run.reason.as_deref().unwrap_or("no reason given");
        let last = document.modules.last();
        let last = last.map(|body| format!(" (the last body that started: {})", body.label));
        report.add(format!(
            "{}: the recording was lost before the process ended: {reason}{}",
            file.display(),
            last.unwrap_or_default()
        ));
    }
    for (index, problem) in agreement::labels(document) {
        report.add(format!("{}: module {index}: {problem}", file.display()));
    }
}

fn check_events(
    folder: &Folder,
    events: &[Event],
    document: Option<&Document>,
    report: &mut Report,
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
    // Wrong ids and lost calls would only be told once more, in other words.
    if let (Some(document), true) = (document, problems.is_empty()) {
        problems.extend(agreement::calls(&calls, &definitions, document));
        problems.extend(agreement::values(events, document));
    }
    for (index, problem) in problems {
        report.add(format!("{}: event {index}: {problem}", file.display()));
    }
}

fn check_children(folder: &Folder, report: &mut Report) {
    for child in report.keep(folder.children()).unwrap_or_default() {
        report.children += 1;
        if let Some(child) = report.keep(Folder::open(&child)) {
            check_folder(&child, report);
        }
    }
}

impl Report {
    fn add(&mut self, problem: String) {
        self.problems.push(problem);
    }

    fn add_all(&mut self, problems: impl IntoIterator<Item = String>) {
        self.problems.extend(problems);
    }

    /// A file that cannot be read is a problem like any other.
    fn keep<T>(&mut self, result: Result<T>) -> Option<T> {
        result.map_err(|failure| self.add(failure.to_string())).ok()
    }
}
