//! What a person is told when a scenario fails.

use std::fmt::Write;
use std::fs;
use std::path::Path;

use super::process::Process;
use super::recorder::{Ended, Invocation};
use super::sandbox::Sandbox;

/// What happened in one run of a scenario, as far as it came.
#[derive(Default)]
pub(super) struct Story<'a> {
    pub(super) invocation: Option<&'a Invocation>,
    pub(super) ended: Option<&'a Ended>,
    pub(super) process: Option<&'a Process>,
}

/// Tells `what` is wrong with a run, and all that helps to find out why.
pub(super) fn report(title: &str, what: &str, story: &Story<'_>, sandbox: &Sandbox) -> String {
    let mut text = format!("{title}\n\n{}\n", indented(what));
    let mut part = |name: &str, content: &str| {
        let _ = write!(text, "\n{name}:\n{}\n", indented(content.trim_end()));
    };
    if let Some(invocation) = story.invocation {
        part("to record it again", &invocation.by_hand());
    }
    part("files", &listing(&sandbox.tree()));
    if let Some(ended) = story.ended {
        let exit = match &ended.exit {
            Some(exit) => format!("exit {exit}"),
            None => "killed at the time limit".to_owned(),
        };
        part("it ended", &exit);
        part("stdout", &ended.stdout);
        part("stderr", &ended.stderr);
    }
    if let Some(process) = story.process {
        part(
            "labels, files as the golden shows them, files as they are",
            &raw(process),
        );
    }
    text
}

fn indented(text: &str) -> String {
    let lines: Vec<_> = text.lines().map(|line| format!("    {line}")).collect();
    lines.join("\n")
}

fn raw(process: &Process) -> String {
    let bodies = process.all_bodies();
    let shown = bodies.iter().filter(|it| it.depth.is_some());
    let lines: Vec<_> = shown
        .map(|it| format!("{}  {}  {}", it.label, it.file, it.raw_file))
        .collect();
    let hidden = bodies.len() - lines.len();
    format!(
        "{}\n({hidden} more from outside of the tree)",
        lines.join("\n")
    )
}

/// The files of a tree, sorted; what an environment brings along is left out.
fn listing(root: &Path) -> String {
    let mut lines = Vec::new();
    list(root, root, &mut lines);
    lines.sort();
    lines.join("\n")
}

fn list(root: &Path, folder: &Path, lines: &mut Vec<String>) {
    let Ok(entries) = fs::read_dir(folder) else {
        return;
    };
    for entry in entries.flatten() {
        let path = entry.path();
        let shown = path
            .strip_prefix(root)
            .unwrap_or(&path)
            .display()
            .to_string();
        match fs::read_link(&path) {
            Ok(target) => lines.push(format!("{shown} -> {}", target.display())),
            Err(_) if path.is_dir() => list(root, &path, lines),
            Err(_) => lines.push(shown),
        }
    }
}
