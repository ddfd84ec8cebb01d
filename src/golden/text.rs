//! The text of a golden.

use super::process::{Body, Process};
use crate::fixture::Exit;

/// A golden: the process, its children, the exit status.
pub(super) fn golden(process: &Process, exit: &Exit) -> String {
    format!("{}exit {exit}\n", of_bodies(process, 0))
}

/// A child process with what it shows.
pub(super) fn of_process(process: &Process) -> String {
    let heading = format!("process {}\n", process.heading);
    heading + &of_bodies(process, 1)
}

fn of_bodies(process: &Process, indent: usize) -> String {
    let mut text = String::new();
    for body in &process.bodies {
        if let Some(depth) = body.depth {
            push(&mut text, indent + depth, &line(body));
        }
    }
    if let Some(reason) = &process.broken_off {
        push(&mut text, indent, &format!("the recording was {reason}"));
    }
    for child in &process.children {
        for line in of_process(child).lines() {
            push(&mut text, indent, line);
        }
    }
    text
}

fn push(text: &mut String, indent: usize, line: &str) {
    text.push_str(&"  ".repeat(indent));
    text.push_str(line);
    text.push('\n');
}

fn line(body: &Body) -> String {
    let rule = serde_json::to_value(body.rule).unwrap_or_default();
    let mut parts = vec![
        visible(&body.label),
        visible(&body.file),
        rule.as_str().unwrap_or_default().to_owned(),
    ];
    parts.extend(body.left.clone());
    parts.extend(body.thread.map(|thread| format!("thread {thread}")));
    parts.join(" · ")
}

/// Returns a name on one line.
pub(crate) fn visible(name: &str) -> String {
    let mut text = String::new();
    for character in name.chars() {
        match character {
            '\n' | '\r' | '\t' => text.extend(character.escape_default()),
            it if it.is_control() => text.extend(it.escape_unicode()),
            it => text.push(it),
        }
    }
    text
}
