//! Imports, and bodies that no import ran, as spans of time.

use std::collections::HashMap;

use trace::read::Family;

use crate::imports::source_file::shortened;
use crate::imports::{BareBodies, End, Node, RecordedProcess, recorded_processes};
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
    let processes = recorded_processes(trace, BareBodies::Kept);
    let process = |it: &RecordedProcess<'_>| Process {
        title: shown_command(&it.document.run.process.arguments),
        pid: it.document.run.process.pid,
        spans: spans(it),
    };
    processes.iter().map(process).collect()
}

fn spans(process: &RecordedProcess<'_>) -> Vec<Span> {
    let forest = &process.forest;
    let mut order = forest.preorder();
    // Of two that began at once, the outer one stays first.
    order.sort_by_key(|index| forest.node(*index).start());
    let places = order.iter().enumerate().map(|(place, node)| (*node, place));
    let places: HashMap<usize, usize> = places.collect();
    let ends = order.iter().map(|index| {
        let node = forest.node(*index);
        node.start().saturating_add(node.total.unwrap_or(0))
    });
    let last = ends.max().unwrap_or(0);
    let total = |node: &Node<'_>| node.total.unwrap_or(last.saturating_sub(node.start()));
    let span = |index: &usize| {
        let node = forest.node(*index);
        let totals = node.children.iter().map(|it| total(forest.node(*it)));
        let own = total(node).saturating_sub(totals.fold(0, u64::saturating_add));
        Span {
            parent: node.parent.and_then(|it| places.get(&it)).copied(),
            total_ns: total(node),
            own_ns: own,
            running_ns: match node.import {
                Some(_) => node.own_time.running.min(own),
                None => own,
            },
            ..described(node, &process.document.run.process.directory)
        }
    };
    order.iter().map(span).collect()
}

/// Describes a node by itself: its place and its times are left out.
fn described(node: &Node<'_>, directory: &str) -> Span {
    let kind = match (node.import, node.kind()) {
        (None, _) => "body".to_owned(),
        (Some(_), None) => "not found".to_owned(),
        (Some(_), Some(kind)) => word(&kind),
    };
    let raised =
        |exception: Option<&str>| format!("raised {}", exception.unwrap_or("an exception"));
    let exception = node
        .import
        .and_then(|(_, import)| import.exception.as_deref());
    let asker = node.importer();
    // The body of a frozen module has a file name, which is no file.
    let file = match node.import {
        Some((_, import)) => import.file.as_deref(),
        None => node.file(),
    };
    Span {
        name: node.name().to_owned(),
        kind,
        file: file.map(|it| shortened(it, directory)).unwrap_or_default(),
        asker: asker
            .map(|it| format!("{}:{}", shortened(&it.file, directory), it.line))
            .unwrap_or_default(),
        parent: None,
        thread: node.thread(),
        start_ns: node.start(),
        total_ns: 0,
        own_ns: 0,
        running_ns: 0,
        failure: match node.end() {
            End::Loaded => String::new(),
            End::NotFound => exception.map_or("not found".to_owned(), |it| raised(Some(it))),
            End::Failed(exception) => raised(exception),
            End::Suspended => "suspended".to_owned(),
            End::Unfinished => "unfinished".to_owned(),
        },
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
    fn a_name_cannot_break_a_line_of_stacks() {
        let mut family = family();
        family.document.imports[0].name = "a\nb;c".to_owned();
        let mut out = Vec::new();
        crate::export::write_export(&mut out, &family, crate::export::ExportFormat::Folded)
            .unwrap();
        let text = String::from_utf8(out).unwrap();
        assert!(
            text.contains("python3 app.py;__main__;a\u{fffd}b:c 6000\n"),
            "{text}"
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
