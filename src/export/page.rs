//! One page for a browser: a table that needs no JavaScript, and an icicle that zooms and searches.

use std::io::{self, Write};

use serde_json::json;

use super::span::{Process, Span};
use crate::duration::humane;
use crate::markup::escaped;

const PAGE: &str = include_str!("page.html");
// The places in the page that are filled.
const TITLE: &str = "@TITLE@";
const ROWS: &str = "@ROWS@";
const DATA: &str = "@DATA@";

/// Writes the page.
pub fn write(out: &mut dyn Write, processes: &[Process]) -> io::Result<()> {
    let title = processes.first().map_or("", |process| &process.title);
    let data: Vec<_> = processes.iter().map(data).collect();
    // A text within a script may not end it.
    let data = serde_json::to_string(&data)?.replace('<', "\\u003c");
    let page = PAGE
        .replace(TITLE, &escaped(title))
        .replace(ROWS, &rows(processes))
        .replace(DATA, &data);
    out.write_all(page.as_bytes())
}

fn data(process: &Process) -> serde_json::Value {
    let spans: Vec<_> = process
        .spans
        .iter()
        .map(|span| {
            json!([
                span.name,
                span.kind,
                span.file,
                span.asker,
                span.parent,
                span.start_ns,
                span.total_ns,
                span.own_ns,
                span.running_ns,
                span.failure,
            ])
        })
        .collect();
    json!({"title": process.title, "pid": process.pid, "spans": spans})
}

/// Returns the rows of the table, by total time.
fn rows(processes: &[Process]) -> String {
    let mut spans: Vec<(&Process, &Span)> = processes
        .iter()
        .flat_map(|process| process.spans.iter().map(move |span| (process, span)))
        .collect();
    spans.sort_by(|(_, one), (_, other)| {
        (other.total_ns, &one.name).cmp(&(one.total_ns, &other.name))
    });
    let cells = |(process, span): (&Process, &Span)| {
        let times = [span.total_ns, span.own_ns, span.running_ns].map(humane);
        let texts = [
            &span.name,
            &span.kind,
            &span.asker,
            &span.file,
            &span.failure,
        ];
        let times = times
            .map(|time| format!("<td class=n>{}</td>", escaped(&time)))
            .concat();
        let texts = texts
            .map(|text| format!("<td>{}</td>", escaped(text)))
            .concat();
        format!("<tr>{times}{texts}<td class=n>{}</td></tr>\n", process.pid)
    };
    spans.into_iter().map(cells).collect()
}
