//! One run of a scenario under a recorder, and the same run under none.

use std::cell::OnceCell;
use std::env;
use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use interpreters::Interpreter;

use super::built::Built;
use super::command::{self, Places};
use super::judge::{judge, unsupported};
use super::observed::Observed;
use super::profile::{Profile, Reader, Stream};
use super::reader;
use super::scenario::Scenario;
use super::verdict::{Judgement, Verdict};
use crate::fixture::Exit;
use crate::sandbox::version::short;
use crate::sandbox::{Ended, Invocation, Sandbox, SandboxError, provide_packages};

/// The surroundings of trials.
#[derive(Clone, Debug)]
pub(super) struct Trials<'a> {
    pub(super) truename: &'a Path,
    /// The time that one run may take.
    pub(super) limit: Duration,
}

/// The end and output of a program that nobody records.
pub(super) struct Baseline {
    ending: Ending,
    /// The same of a second run, which is made when it is first asked for.
    again: OnceCell<Ending>,
}

/// A program's end and output.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Ending {
    exit: Option<Exit>,
    stdout: String,
    stderr: String,
}

impl Trials<'_> {
    /// Runs a scenario under no recorder.
    ///
    /// # Errors
    ///
    /// When it cannot be run on this machine.
    pub(super) fn baseline(
        &self,
        scenario: &Scenario,
        interpreter: &Interpreter,
    ) -> Result<Baseline, SandboxError> {
        Ok(Baseline {
            ending: self.unrecorded(scenario, interpreter)?,
            again: OnceCell::new(),
        })
    }

    fn unrecorded(
        &self,
        scenario: &Scenario,
        interpreter: &Interpreter,
    ) -> Result<Ending, SandboxError> {
        let built = self.build(scenario, interpreter)?;
        let invocation = Invocation::new(built.program.command(), &built.program);
        let ended = invocation.run(&built.sandbox, self.limit)?;
        Ok(ending(&built, &ended))
    }

    /// Runs a scenario under a recorder, and judges it.
    ///
    /// # Errors
    ///
    /// When it cannot be run on this machine.
    pub(super) fn judged(
        &self,
        scenario: &Scenario,
        interpreter: &Interpreter,
        profile: &Profile,
        baseline: &Baseline,
    ) -> Result<Judgement, SandboxError> {
        let version = short(interpreter);
        let policy = profile.policy();
        if let Some(range) = &profile.python
            && !range.contains(version)
        {
            let text = format!("it supports Python {range}");
            return Ok(Judgement::of_scenario(Verdict::Unsupported, text));
        }
        if let Some(reason) = unsupported(scenario, version, &policy) {
            return Ok(Judgement::of_scenario(Verdict::Unsupported, reason));
        }
        let packages = provide_packages(&profile.requires, interpreter)?;
        let built = self.build(scenario, interpreter)?;
        let sandbox = &built.sandbox;
        let out = sandbox.trace();
        fs::create_dir_all(&out).map_err(SandboxError::Folder)?;
        let (stdout, stderr) = (sandbox.stdout(), sandbox.stderr());
        let places = Places {
            out: &out,
            python: &built.program.python,
            packages: packages.as_deref(),
            truename: self.truename,
            stdout: &stdout,
            stderr: &stderr,
            profile,
        };
        let ended = command::recorded(&built.program, &places).run(sandbox, self.limit)?;
        if ended.exit.is_none() {
            let text = format!("it still ran after {} s", self.limit.as_secs_f64());
            return Ok(Judgement::of_scenario(Verdict::Hung, text));
        }
        let changes = self.changes(
            scenario,
            interpreter,
            profile,
            baseline,
            &ending(&built, &ended),
        )?;
        let places = Places {
            python: &interpreter.path,
            ..places
        };
        let mut judgement = match observed(&places) {
            Ok(observed) => judge(scenario, &built.shown(&observed), version, &policy),
            Err(reason) => {
                let last = ended.stderr.lines().rev().find(|it| !it.trim().is_empty());
                let last = last
                    .map(|it| format!("; the last line on stderr: {}", built.redaction.text(it)));
                let text = format!(
                    "{}{}",
                    built.redaction.text(&reason),
                    last.unwrap_or_default()
                );
                Judgement::of_scenario(Verdict::Crashed, text)
            }
        };
        for change in changes {
            judgement.add(Verdict::ProgramChanged, change);
        }
        Ok(judgement)
    }

    fn build(&self, scenario: &Scenario, interpreter: &Interpreter) -> Result<Built, SandboxError> {
        let nowhere = PathBuf::new();
        let sandbox = Sandbox::new(&env::temp_dir(), nowhere).map_err(SandboxError::Folder)?;
        scenario.build_in(sandbox, interpreter, self.limit)
    }

    /// Returns what a recorder changes of a program. A program that is not the same twice is not held
    /// against it.
    fn changes(
        &self,
        scenario: &Scenario,
        interpreter: &Interpreter,
        profile: &Profile,
        baseline: &Baseline,
        recorded: &Ending,
    ) -> Result<Vec<String>, SandboxError> {
        let due = &baseline.ending;
        let mut changes = Vec::new();
        if recorded.exit != due.exit {
            let shown = |exit: &Option<Exit>| match exit {
                Some(exit) => format!("exit {exit}"),
                None => "no end".to_owned(),
            };
            changes.push(format!(
                "it ends with {} instead of {}",
                shown(&recorded.exit),
                shown(&due.exit)
            ));
        }
        for stream in &profile.output {
            let (name, now, before) = match stream {
                Stream::Stdout => ("stdout", &recorded.stdout, &due.stdout),
                Stream::Stderr => ("stderr", &recorded.stderr, &due.stderr),
            };
            if now == before {
                continue;
            }
            let again = match baseline.again.get() {
                Some(again) => again,
                None => {
                    let again = self.unrecorded(scenario, interpreter)?;
                    baseline.again.get_or_init(|| again)
                }
            };
            if again == due {
                changes.push(format!("{name} has {}", difference(before, now)));
            }
        }
        Ok(changes)
    }
}

/// Reads what a recorder wrote. An error is the same for each run: it names no folder of one.
fn observed(places: &Places<'_>) -> Result<Vec<Observed>, String> {
    let out = places.out.display().to_string();
    read(places).map_err(|error| error.replace(&out, "{out}"))
}

fn read(places: &Places<'_>) -> Result<Vec<Observed>, String> {
    match &places.profile.reader {
        Reader::RuntimeTracing => reader::runtime_tracing(places.out),
        Reader::Lines {
            file: Some(file), ..
        } => {
            let file = places.out.join(file);
            let text = fs::read_to_string(&file)
                .map_err(|error| format!("{}: {error}", file.display()))?;
            reader::lines(&text)
        }
        Reader::Lines { adapter, .. } => {
            let words = adapter.as_deref().unwrap_or_default();
            reader::lines(&printed(words, places)?)
        }
    }
}

/// Returns how a run ended, without what differs between machines and runs.
fn ending(built: &Built, ended: &Ended) -> Ending {
    let lines = |text: &str| {
        let lines = text.lines();
        let lines = lines.map(|line| without_durations(&built.redaction.text(line)));
        lines.collect::<Vec<_>>().join("\n")
    };
    Ending {
        exit: ended.exit.clone(),
        stdout: lines(&ended.stdout),
        stderr: lines(&ended.stderr),
    }
}

/// Returns what an adapter prints.
fn printed(words: &[String], places: &Places<'_>) -> Result<String, String> {
    let words: Vec<_> = words.iter().map(|it| places.fill(it)).collect();
    let (first, rest) = words.split_first().ok_or("the adapter is no command")?;
    let output = Command::new(first)
        .args(rest)
        .env(
            "PYTHONPATH",
            places.packages.map_or(OsStr::new(""), Path::as_os_str),
        )
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .current_dir(places.out)
        .output()
        .map_err(|error| format!("{first}: {error}"))?;
    if !output.status.success() {
        let text = String::from_utf8_lossy(&output.stderr);
        let said = match text.lines().last() {
            Some(last) => last.to_owned(),
            None => format!(
                "the adapter {first} said nothing, and ended with {}",
                output.status
            ),
        };
        return Err(format!("its output cannot be read: {said}"));
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// Returns a line with each duration, `0.17s`, as `…s`: no program takes as long twice.
fn without_durations(line: &str) -> String {
    let is_number = |it: char| it.is_ascii_digit() || it == '.';
    let mut shown = String::new();
    let mut rest = line;
    while let Some(at) = rest.find(is_number) {
        let (before, number) = rest.split_at(at);
        let end = number.find(|it| !is_number(it)).unwrap_or(number.len());
        let (number, after) = number.split_at(end);
        let is_duration = number.contains('.') && after.starts_with('s');
        shown.push_str(before);
        shown.push_str(if is_duration { "…" } else { number });
        rest = after;
    }
    shown + rest
}

/// Says how an output differs from what was due, by the first line that does.
fn difference(due: &str, found: &str) -> String {
    let (mut due, mut found) = (due.lines(), found.lines());
    loop {
        match (due.next(), found.next()) {
            (Some(one), Some(other)) if one == other => {}
            (None, None) => return "another end of line".to_owned(),
            (due, found) => {
                let shown = |line: Option<&str>| match line {
                    Some(line) => format!("`{line}`"),
                    None => "nothing".to_owned(),
                };
                return format!("{} instead of {}", shown(found), shown(due));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_left_out_and_versions_are_not() {
        assert_eq!(without_durations("1 failed in 0.17s"), "1 failed in …s");
        assert_eq!(
            without_durations("3.13 of 12 files, 2s"),
            "3.13 of 12 files, 2s"
        );
    }

    #[test]
    fn the_first_line_that_differs_is_named() {
        assert_eq!(difference("a\nb", "a\nc"), "`c` instead of `b`");
        assert_eq!(difference("a", "a\nb"), "`b` instead of nothing");
        assert_eq!(difference("a", ""), "nothing instead of `a`");
    }
}
