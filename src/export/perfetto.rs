//! Trace events, as Perfetto and Chromium read them.

use std::io::{self, Write};

use serde_json::json;

use super::span::Process;

/// Writes one event for each span; times are microseconds.
pub fn write(out: &mut dyn Write, processes: &[Process]) -> io::Result<()> {
    let micros = |nanoseconds: u64| nanoseconds as f64 / 1_000.0;
    let mut events = Vec::new();
    for process in processes {
        events.push(json!({
            "name": "process_name", "ph": "M", "pid": process.pid, "tid": 0,
            "args": {"name": process.title},
        }));
        events.extend(process.spans.iter().map(|span| {
            json!({
                "name": span.name, "cat": span.kind, "ph": "X",
                "pid": process.pid, "tid": span.thread,
                "ts": micros(span.start_ns), "dur": micros(span.total_ns),
                "args": {
                    "file": span.file, "asked by": span.asker, "failure": span.failure,
                    "own ms": micros(span.own_ns) / 1_000.0,
                },
            })
        }));
    }
    let document = json!({"displayTimeUnit": "ms", "traceEvents": events});
    serde_json::to_writer(&mut *out, &document)?;
    writeln!(out)
}
