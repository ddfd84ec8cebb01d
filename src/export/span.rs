//! Imports, and bodies that no import ran, as spans of time.

use std::collections::HashMap;

use spool::Outcome;
use trace::document::{Cause, Document};
use trace::read::Family;

use crate::imports::source_file::shortened;
use crate::view::shown_command;

/// A process with its spans.
#[derive(Debug, PartialEq)]
pub struct Process {
    /// Its command line on one line.
    pub title: String,
    /// Its id.
    pub pid: u32,
    /// The spans, each before those within it.
    pub spans: Vec<Span>,
}

/// The time of an import, or of a body that no import ran.
#[derive(Debug, PartialEq)]
pub struct Span {
    /// The dotted name, or the label of code that has none.
    pub name: String,
    /// The kind of the module, as in `trace_modules.json`, or `body` where no import ran it.
    pub kind: String,
    /// The part of its file's name by which a reader recognises it; empty where there is none.
    pub file: String,
    /// The place that asked for it, `file:line`; empty where there is none.
    pub asker: String,
    /// The span around it, by its index in [`Process::spans`].
    pub parent: Option<usize>,
    /// The thread.
    pub thread: u64,
    /// The time of its start, in nanoseconds since the recording began.
    pub start_ns: u64,
    /// The time that it took, in nanoseconds.
    pub total_ns: u64,
    /// The part of it that is its own, in nanoseconds.
    pub own_ns: u64,
    /// The part of its own time in which its code ran, in nanoseconds.
    pub running_ns: u64,
    /// A failure, for people; empty where there is none.
    pub failure: String,
}

/// Returns the processes of a trace: the program, then its children, in the order of their numbers.
pub fn processes(trace: &Family) -> Vec<Process> {
    let mut found = Vec::new();
    let mut waiting = vec![trace];
    while let Some(family) = waiting.pop() {
        let process = &family.document.run.process;
        found.push(Process {
            title: shown_command(&process.arguments),
            pid: process.pid,
            spans: spans(&family.document),
        });
        waiting.extend(family.children.iter().rev());
    }
    found
}

fn spans(document: &Document) -> Vec<Span> {
    let causes = (0..document.imports.len())
        .map(Cause::Import)
        .chain((0..document.modules.len()).map(Cause::Body));
    let mut causes: Vec<_> = causes
        .filter(|cause| !is_own_body(document, *cause))
        .collect();
    // What is around something began before it; of two that began at once, the outer one comes first.
    let depth = |cause: Cause| {
        std::iter::successors(document.around(cause), |it| document.around(*it)).count()
    };
    causes.sort_by_key(|cause| (start(document, *cause), depth(*cause)));
    let indices = causes.iter().enumerate().map(|(index, it)| (*it, index));
    let indices: HashMap<Cause, usize> = indices.collect();
    let end = last_time(document);
    let mut spans: Vec<_> = causes
        .iter()
        .map(|cause| {
            let parent = document.around(*cause);
            let parent = parent.and_then(|it| indices.get(&it)).copied();
            span(document, *cause, parent, end)
        })
        .collect();
    let mut within = vec![0_u64; spans.len()];
    for span in &spans {
        if let Some(parent) = span.parent {
            within[parent] = within[parent].saturating_add(span.total_ns);
        }
    }
    for (span, within) in spans.iter_mut().zip(within) {
        span.own_ns = span.total_ns.saturating_sub(within);
        span.running_ns = match span.kind.as_str() {
            "body" => span.own_ns,
            _ => span.running_ns.min(span.own_ns),
        };
    }
    spans
}

/// Returns whether a body belongs to an import, which stands for it.
fn is_own_body(document: &Document, cause: Cause) -> bool {
    let Cause::Body(body) = cause else {
        return false;
    };
    matches!(
        document.modules[body].within,
        Some(Cause::Import(import)) if document.imports[import].body == Some(body)
    )
}

fn start(document: &Document, cause: Cause) -> u64 {
    match cause {
        Cause::Import(index) => document.imports[index].start_ns,
        Cause::Body(index) => document.modules[index].start_ns,
    }
}

/// Returns the last time that a recording knows of.
fn last_time(document: &Document) -> u64 {
    let imports = document.imports.iter();
    let modules = document.modules.iter();
    let ends = imports
        .map(|it| it.start_ns.saturating_add(it.total_ns.unwrap_or(0)))
        .chain(modules.map(|it| it.start_ns.saturating_add(it.duration_ns.unwrap_or(0))));
    ends.max().unwrap_or(0)
}

fn span(document: &Document, cause: Cause, parent: Option<usize>, end: u64) -> Span {
    let directory = &document.run.process.directory;
    let took = |start: u64, total: Option<u64>| total.unwrap_or(end.saturating_sub(start));
    match cause {
        Cause::Import(index) => {
            let import = &document.imports[index];
            let kind = import.kind.map(|kind| word(&kind)).unwrap_or_default();
            let asker = import.importer.as_ref();
            let failure = match (&import.exception, import.total_ns) {
                (_, None) => "unfinished".to_owned(),
                (Some(exception), _) => format!("raised {exception}"),
                (None, _) if import.kind.is_none() => "not found".to_owned(),
                (None, _) => String::new(),
            };
            Span {
                name: import.name.clone(),
                kind: if kind.is_empty() {
                    "not found".into()
                } else {
                    kind
                },
                file: import
                    .file
                    .as_ref()
                    .map(|file| shortened(file, directory))
                    .unwrap_or_default(),
                asker: asker
                    .map(|it| format!("{}:{}", shortened(&it.file, directory), it.line))
                    .unwrap_or_default(),
                parent,
                thread: import.thread,
                start_ns: import.start_ns,
                total_ns: took(import.start_ns, import.total_ns),
                own_ns: 0,
                running_ns: import.running_ns,
                failure,
            }
        }
        Cause::Body(index) => {
            let module = &document.modules[index];
            let name = module.name.as_ref().map(|name| name.as_str().to_owned());
            let failure = match module.outcome {
                Outcome::Returned => String::new(),
                Outcome::Raised => {
                    let exception = module.exception.as_deref();
                    format!("raised {}", exception.unwrap_or("an exception"))
                }
                other => word(&other),
            };
            Span {
                name: name.unwrap_or_else(|| module.label.clone()),
                kind: "body".into(),
                file: shortened(&module.file, directory),
                asker: String::new(),
                parent,
                thread: module.thread,
                start_ns: module.start_ns,
                total_ns: took(module.start_ns, module.duration_ns),
                own_ns: 0,
                running_ns: 0,
                failure,
            }
        }
    }
}

/// Returns the word for a value in `trace_modules.json`.
fn word(value: &impl serde::Serialize) -> String {
    let value = serde_json::to_value(value).unwrap_or_default();
    value.as_str().unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    const DOCUMENT: &str = r#"{
        "format": 2,
        "process": {"pid": 7, "parent": 1, "origin": "start", "interpreter": 0, "python": "3.13.0",
            "executable": "/usr/bin/python3", "arguments": ["python3", "app.py"],
            "directory": "/home/app", "started": "2026-01-01T00:00:00Z",
            "ended": "process-ended", "reason": null},
        "recorded": {"events": "modules", "values": "none"},
        "filters": {"chain": [], "scopes_skipped": 0},
        "loaded_before": [],
        "modules": [
            {"label": "<__main__>", "name": "__main__", "rule": "file", "why": "",
             "grounds": {"name": null, "file": null, "fresh": false, "runner": null},
             "rivals": [], "file": "/home/app/app.py", "line": 1, "thread": 0, "parent": null,
             "within": null, "start_ns": 0, "duration_ns": 10000000, "outcome": "returned",
             "exception": null},
            {"label": "<page>", "name": "page", "rule": "file", "why": "",
             "grounds": {"name": null, "file": null, "fresh": false, "runner": null},
             "rivals": [], "file": "/home/app/page.py", "line": 1, "thread": 0, "parent": 0,
             "within": {"import": 0}, "start_ns": 3000000, "duration_ns": 4000000,
             "outcome": "returned", "exception": null}],
        "imports": [
            {"name": "page", "outcome": "loaded", "exception": null, "kind": "source",
             "file": "/home/app/page.py",
             "importer": {"module": "__main__", "file": "/home/app/app.py", "line": 1},
             "within": {"body": 0}, "body": 1, "thread": 0, "start_ns": 1000000,
             "total_ns": 7000000, "finding_ns": 1000000, "loading_ns": 2000000,
             "running_ns": 3000000},
            {"name": "</script>", "outcome": "not-found", "exception": "ModuleNotFoundError",
             "kind": null, "file": null,
             "importer": {"module": "page", "file": "/home/app/page.py", "line": 2},
             "within": {"import": 0}, "body": null, "thread": 0, "start_ns": 4000000,
             "total_ns": 1000000, "finding_ns": 1000000, "loading_ns": 0, "running_ns": 0}]
    }"#;

    fn family() -> Family {
        Family {
            folder: "trace".into(),
            document: serde_json::from_str(DOCUMENT).unwrap(),
            children: Vec::new(),
        }
    }

    #[test]
    fn a_body_is_its_import_and_own_times_leave_out_what_is_within() {
        let processes = processes(&family());
        let spans = processes[0].spans.iter();
        let spans: Vec<_> = spans
            .map(|it| {
                (
                    it.name.as_str(),
                    it.parent,
                    it.total_ns,
                    it.own_ns,
                    it.running_ns,
                )
            })
            .collect();
        assert_eq!(
            spans,
            [
                ("__main__", None, 10_000_000, 3_000_000, 3_000_000),
                ("page", Some(0), 7_000_000, 6_000_000, 3_000_000),
                ("</script>", Some(1), 1_000_000, 1_000_000, 0),
            ]
        );
        let failures: Vec<_> = processes[0].spans.iter().map(|it| &it.failure).collect();
        assert_eq!(failures, ["", "", "raised ModuleNotFoundError"]);
    }

    fn exported(format: crate::export::ExportFormat) -> String {
        let mut out = Vec::new();
        crate::export::write_export(&mut out, &family(), format).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn stacks_have_their_own_microseconds() {
        assert_eq!(
            exported(crate::export::ExportFormat::Folded),
            "python3 app.py;__main__ 3000\npython3 app.py;__main__;page 6000\n\
             python3 app.py;__main__;page;</script> 1000\n"
        );
    }

    #[test]
    fn frames_open_and_close_in_order() {
        let text = exported(crate::export::ExportFormat::Speedscope);
        let value: serde_json::Value = serde_json::from_str(&text).unwrap();
        let events = value["profiles"][0]["events"].as_array().unwrap().iter();
        let events: Vec<_> = events
            .map(|it| {
                format!(
                    "{}{}@{}",
                    it["type"].as_str().unwrap(),
                    it["frame"],
                    it["at"]
                )
            })
            .collect();
        let expected = "O0@0 O1@1000000 O2@4000000 C2@5000000 C1@8000000 C0@10000000";
        assert_eq!(events.join(" "), expected);
    }

    #[test]
    fn trace_events_are_in_microseconds() {
        let text = exported(crate::export::ExportFormat::Perfetto);
        let value: serde_json::Value = serde_json::from_str(&text).unwrap();
        let page = &value["traceEvents"][2];
        assert_eq!(
            (page["ts"].as_f64(), page["dur"].as_f64()),
            (Some(1000.0), Some(7000.0))
        );
        assert_eq!(page["args"]["asked by"], "app.py:1");
    }

    #[test]
    fn a_name_cannot_end_the_script_of_the_page() {
        let page = exported(crate::export::ExportFormat::Html);
        assert_eq!(page.matches("</script>").count(), 1);
        assert!(page.contains("<td>&lt;/script&gt;</td>"));
    }
}
