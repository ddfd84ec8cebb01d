//! Reports for a person, of scenarios that fail.

use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};

use walkdir::WalkDir;

use super::process::Process;
use crate::fixture::Fixture;
use crate::sandbox::Sandbox;
use crate::sandbox::{Ended, Invocation};

/// One run of a scenario, as far as it came.
#[derive(Default)]
pub(super) struct Story<'a> {
    pub(super) invocation: Option<&'a Invocation>,
    pub(super) ended: Option<&'a Ended>,
    pub(super) process: Option<&'a Process>,
}

/// A run that failed.
pub(super) struct FailedRun {
    /// The interpreter's version, major and minor.
    pub(super) version: (u32, u32),
    pub(super) python: PathBuf,
    /// The reason why it failed.
    pub(super) what: String,
    /// All that helps to find out why.
    pub(super) details: String,
}

/// Reports the failed runs of a fixture; those that fail alike are shown once, by the first of them.
pub(super) fn joined(path: &Path, fixture: &Fixture, mut runs: Vec<FailedRun>) -> String {
    let mut text = String::new();
    while !runs.is_empty() {
        let first = runs.remove(0);
        let alike: Vec<_> = runs
            .extract_if(.., |it| it.what == first.what)
            .map(|it| it.version)
            .collect();
        let _ = writeln!(
            text,
            "{} ({}) fails {}\n\n{}\n{}",
            path.display(),
            fixture.title,
            on(&first, alike),
            indented(&first.what),
            first.details
        );
    }
    text
}

/// Says on which Pythons runs failed.
fn on(first: &FailedRun, mut alike: Vec<(u32, u32)>) -> String {
    let (major, minor) = first.version;
    let python = first.python.display();
    if alike.is_empty() {
        return format!("on Python {major}.{minor}, {python}");
    }
    alike.push(first.version);
    alike.sort_unstable();
    let versions: Vec<_> = alike
        .iter()
        .map(|(major, minor)| format!("{major}.{minor}"))
        .collect();
    format!(
        "alike on Python {}; below, as on {major}.{minor}, {python}",
        versions.join(", ")
    )
}

/// Gathers all that helps to find out what is wrong with a run.
pub(super) fn details(story: &Story<'_>, sandbox: &Sandbox) -> String {
    let mut text = String::new();
    let mut part = |name: &str, content: &str| {
        let _ = write!(text, "\n{name}:\n{}\n", indented(content.trim_end()));
    };
    if let Some(invocation) = story.invocation {
        part("to record it again", &invocation.by_hand());
    }
    part(
        "its folder, until it runs again",
        &sandbox.link().display().to_string(),
    );
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

/// Lists the files of a tree, sorted.
fn listing(root: &Path) -> String {
    let entries = WalkDir::new(root).into_iter().flatten();
    let files = entries.filter(|entry| !entry.file_type().is_dir());
    let mut lines: Vec<_> = files.map(|entry| shown(entry.path(), root)).collect();
    lines.sort();
    lines.join("\n")
}

fn shown(file: &Path, root: &Path) -> String {
    let name = file.strip_prefix(root).unwrap_or(file).display();
    match fs::read_link(file) {
        Ok(target) => format!("{name} -> {}", target.display()),
        Err(_) => name.to_string(),
    }
}
