//! Collapsed stacks: a line for each span, the names around it and its own microseconds.

use std::collections::BTreeMap;
use std::io::{self, Write};

use super::span::Process;
use crate::view::is_unprintable;

/// Writes a line for each span that has time of its own, sorted; equal stacks are added up.
pub fn write(out: &mut dyn Write, processes: &[Process]) -> io::Result<()> {
    let mut lines = BTreeMap::<String, u64>::new();
    for process in processes {
        let mut stacks: Vec<String> = Vec::with_capacity(process.spans.len());
        for span in &process.spans {
            let around = span.parent.and_then(|parent| stacks.get(parent));
            let name = word(&span.name);
            let stack = match around {
                Some(around) => format!("{around};{name}"),
                None => format!("{};{name}", word(&process.title)),
            };
            *lines.entry(stack.clone()).or_default() += span.own_ns / 1_000;
            stacks.push(stack);
        }
    }
    for (stack, microseconds) in lines.iter().filter(|(_, time)| **time > 0) {
        writeln!(out, "{stack} {microseconds}")?;
    }
    Ok(())
}

/// Returns a text without what parts stacks and lines.
fn word(text: &str) -> String {
    text.chars()
        .map(|c| match c {
            ';' => ':',
            c if is_unprintable(c) => '\u{fffd}',
            c => c,
        })
        .collect()
}
