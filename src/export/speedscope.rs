//! The JSON of speedscope: a profile for each thread of each process.

use std::collections::{BTreeMap, HashMap};
use std::io::{self, Write};

use serde_json::json;

use super::span::{Process, Span};

/// Writes profiles of nested spans. A span that outlasts the one around it, as with greenlets, is cut there.
pub fn write(out: &mut dyn Write, processes: &[Process]) -> io::Result<()> {
    let mut frames = Frames::default();
    let mut profiles = Vec::new();
    for process in processes {
        let mut threads: BTreeMap<u64, Vec<&Span>> = BTreeMap::new();
        for span in &process.spans {
            threads.entry(span.thread).or_default().push(span);
        }
        for (thread, spans) in threads {
            let events = events(&spans, &mut frames);
            let last = events.last().map_or(0, |(_, _, time)| *time);
            let events: Vec<_> = events
                .iter()
                .map(|(kind, frame, time)| json!({"type": kind, "frame": frame, "at": time}))
                .collect();
            profiles.push(json!({
                "type": "evented",
                "name": format!("{} (pid {}, thread {thread})", process.title, process.pid),
                "unit": "nanoseconds", "startValue": 0, "endValue": last, "events": events,
            }));
        }
    }
    let document = json!({
        "$schema": "https://www.speedscope.app/file-format-schema.json",
        "exporter": concat!("truename ", env!("CARGO_PKG_VERSION")),
        "shared": {"frames": frames.list},
        "profiles": profiles,
    });
    serde_json::to_writer(&mut *out, &document)?;
    writeln!(out)
}

#[derive(Default)]
struct Frames {
    list: Vec<serde_json::Value>,
    known: HashMap<(String, String), usize>,
}

impl Frames {
    fn index(&mut self, span: &Span) -> usize {
        let key = (span.name.clone(), span.file.clone());
        *self.known.entry(key).or_insert_with(|| {
            self.list
                .push(json!({"name": span.name, "file": span.file}));
            self.list.len() - 1
        })
    }
}

/// Returns when frames open (`O`) and close (`C`), balanced and in order.
fn events(spans: &[&Span], frames: &mut Frames) -> Vec<(&'static str, usize, u64)> {
    let mut events = Vec::new();
    let mut open: Vec<(usize, u64)> = Vec::new();
    for span in spans {
        while let Some((frame, end)) = open.pop_if(|(_, end)| *end <= span.start_ns) {
            events.push(("C", frame, end));
        }
        let frame = frames.index(span);
        let around = open.last().map_or(u64::MAX, |(_, end)| *end);
        events.push(("O", frame, span.start_ns));
        open.push((
            frame,
            span.start_ns.saturating_add(span.total_ns).min(around),
        ));
    }
    while let Some((frame, end)) = open.pop() {
        events.push(("C", frame, end));
    }
    events
}
