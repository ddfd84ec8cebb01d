//! A fixture, recorded on every interpreter that it is about.

use std::env;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::agreement::{self, Golden, Recorded};
use super::process::Process;
use super::recorder::{Ended, Invocation};
use super::redaction::Redaction;
use super::report::{Story, report};
use super::sandbox::Sandbox;
use super::{events, packages, text, verdict};
use crate::fixture::{self, Builder, Exit, Fixture, Pattern};
use failure::{Failure, Result};
use interpreters::Interpreter;
use trace::check;
use trace::reader::{Family, Folder};

/// Records fixtures.
#[derive(Clone, Debug)]
pub struct Harness {
    /// The `truename` that records.
    pub truename: PathBuf,
    /// The interpreters on which it does.
    pub interpreters: Vec<Interpreter>,
    /// How long one run may take.
    pub limit: Duration,
    /// Where each run gets a temporary folder; that of a run that fails is kept.
    pub folder: PathBuf,
}

impl Harness {
    /// A harness for one interpreter of each version that is installed.
    ///
    /// # Errors
    ///
    /// When there is none at all: tests would pass because nothing ran.
    pub fn on_all_interpreters(truename: PathBuf, limit: Duration) -> Result<Self> {
        let interpreters = interpreters::one_of_each_version();
        if interpreters.is_empty() {
            return Err(Failure::new(
                "no CPython 3.12 or newer was found, so no scenario can run: run ./setup, or \
                 `just pythons`.",
            ));
        }
        Ok(Self {
            truename,
            interpreters,
            limit,
            folder: env::temp_dir(),
        })
    }

    /// Records a fixture on each interpreter that it is about, holds its claims against the labels,
    /// and gives what it shows.
    ///
    /// # Errors
    ///
    /// Tells a person what is wrong: the fixture itself, a run, a claim, or a difference between
    /// interpreters that is not declared, or declared and not there.
    pub fn examine(&self, path: &Path) -> Result<Vec<Golden>> {
        let fixture = Fixture::read(path)?;
        let mut shown: Vec<(&Interpreter, Recorded)> = Vec::new();
        let mut failures = Vec::new();
        for interpreter in self.interpreters_for(path, &fixture)? {
            match self.attempt(path, &fixture, interpreter, record) {
                Ok(recorded) => shown.push((interpreter, recorded)),
                Err(failure) => failures.push(failure.to_string()),
            }
        }
        if failures.is_empty() {
            return agreement::agreed(path, &fixture, &shown);
        }
        Err(Failure::new(failures.join("\n")))
    }

    /// The labels of all bodies that run in a fixture's program on the newest interpreter that it is
    /// about, recorded with one more trace filter if there is one; sorted. Its claims are not asked.
    ///
    /// # Errors
    ///
    /// When the program cannot be recorded.
    pub fn labels(&self, path: &Path, filter: Option<String>) -> Result<Vec<String>> {
        let mut fixture = Fixture::read(path)?;
        fixture.filters.extend(filter);
        let interpreter = self.interpreters_for(path, &fixture)?[0];
        self.attempt(path, &fixture, interpreter, |seen| {
            sound(seen.sandbox)?;
            let bodies = seen.process.all_bodies();
            let mut labels: Vec<_> = bodies.into_iter().map(|it| it.label.clone()).collect();
            labels.sort();
            Ok(labels)
        })
    }

    /// The interpreters that a fixture is about, newest first; at least one.
    fn interpreters_for(&self, path: &Path, fixture: &Fixture) -> Result<Vec<&Interpreter>> {
        let interpreters: Vec<_> = self
            .interpreters
            .iter()
            .filter(|it| is_about(fixture, short(it)))
            .collect();
        if interpreters.is_empty() {
            let wanted = fixture.settings.python.as_ref();
            let wanted = wanted.map_or_else(|| ">=3.12".to_owned(), ToString::to_string);
            return Err(Failure::new(format!(
                "{}: the scenario is about Python {wanted}, and no such interpreter is at hand. \
                 `just pythons` unpacks some.",
                path.display()
            )));
        }
        Ok(interpreters)
    }

    /// Records a fixture on an interpreter and does something with what there is to see. When that
    /// fails, the story is told and the folder kept.
    fn attempt<T>(
        &self,
        path: &Path,
        fixture: &Fixture,
        python: &Interpreter,
        with: impl FnOnce(&Seen<'_>) -> Result<T>,
    ) -> Result<T> {
        let mut sandbox = Sandbox::new(&self.folder)
            .map_err(|error| Failure::new(format!("no temporary folder can be made: {error}.")))?;
        let version = dotted(python);
        let title = format!(
            "{} ({}) fails on Python {version}, {}",
            path.display(),
            fixture.title,
            python.path.display()
        );
        let mut run = Run::default();
        let result = self.attempt_in(&sandbox, fixture, python, &mut run, with);
        result.map_err(|failure| {
            sandbox.keep();
            let story = Story {
                invocation: run.invocation.as_ref(),
                ended: run.ended.as_ref(),
                process: run.process.as_ref(),
            };
            Failure::new(report(&title, &failure.to_string(), &story, &sandbox))
        })
    }

    fn attempt_in<T>(
        &self,
        sandbox: &Sandbox,
        fixture: &Fixture,
        python: &Interpreter,
        run: &mut Run,
        with: impl FnOnce(&Seen<'_>) -> Result<T>,
    ) -> Result<T> {
        let packages = packages::provide(&fixture.settings.requires, python)?;
        let packages = packages.as_deref();
        let builder = Builder {
            python: &python.path,
            limit: self.limit,
        };
        let tree = fixture::build(fixture, &sandbox.tree(), &builder)?;
        let invocation = Invocation::of(fixture, sandbox, &tree, python, &self.truename, packages)?;
        let ended = run.invocation.insert(invocation).run(sandbox, self.limit)?;
        let ended = run.ended.insert(ended);
        let exit = ended.exit.as_ref().ok_or_else(|| {
            Failure::new(format!(
                "it still ran after {} s, and was killed.",
                self.limit.as_secs_f64()
            ))
        })?;
        if !ended.left.is_empty() {
            return Err(Failure::new(format!(
                "the program left processes behind, which were killed: {}. Let it wait for what it \
                 starts.",
                ended.left.join(", ")
            )));
        }
        if !sandbox.trace().exists() {
            return Err(Failure::new(
                "nothing was recorded: there is no trace. What was printed (stderr, below) should \
                 say why.",
            ));
        }
        let family = Family::read(&sandbox.trace())?;
        let redaction = Redaction::of(sandbox, packages, short(python));
        let show = fixture.settings.golden.show.iter();
        let show: Vec<_> = show.map(Pattern::new).collect();
        let process = run.process.insert(Process::of(&family, &redaction, &show));
        with(&Seen {
            fixture,
            version: short(python),
            sandbox,
            redaction,
            process,
            exit,
        })
    }
}

/// What there is to see of a run.
struct Seen<'a> {
    fixture: &'a Fixture,
    /// The interpreter's, major and minor.
    version: (u32, u32),
    sandbox: &'a Sandbox,
    redaction: Redaction,
    process: &'a Process,
    exit: &'a Exit,
}

/// Holds a fixture's claims against what ran, and gives what it shows.
fn record(seen: &Seen<'_>) -> Result<Recorded> {
    sound(seen.sandbox)?;
    let contradictions =
        verdict::contradictions(seen.fixture, seen.process, seen.exit, seen.version);
    if !contradictions.is_empty() {
        return Err(Failure::new(contradictions.join("\n")));
    }
    let bodies = seen.process.all_bodies();
    let show = seen.fixture.settings.golden.show.iter();
    let is_there = |pattern: Pattern| bodies.iter().any(|it| pattern.matches(&it.label));
    let events = match seen.fixture.settings.golden.events {
        true => Some(events::golden(
            &Folder::open(&seen.sandbox.trace())?,
            &seen.redaction,
        )?),
        false => None,
    };
    Ok(Recorded {
        text: text::golden(seen.process, seen.exit),
        events,
        shown: show.map(|it| is_there(Pattern::new(it))).collect(),
    })
}

/// The trace is sound.
fn sound(sandbox: &Sandbox) -> Result<()> {
    let report = check::check(&sandbox.trace())?;
    match report.is_ok() {
        true => Ok(()),
        false => Err(Failure::new(format!("the trace is not sound:\n{report}"))),
    }
}

/// How far a run came.
#[derive(Default)]
struct Run {
    invocation: Option<Invocation>,
    ended: Option<Ended>,
    process: Option<Process>,
}

fn is_about(fixture: &Fixture, version: (u32, u32)) -> bool {
    let range = fixture.settings.python.as_ref();
    range.is_none_or(|range| range.contains(version))
}

/// An interpreter's version, major and minor.
pub(super) fn short(interpreter: &Interpreter) -> (u32, u32) {
    (interpreter.version.0, interpreter.version.1)
}

/// An interpreter's version as people write it.
pub(super) fn dotted(interpreter: &Interpreter) -> String {
    let (major, minor, micro) = interpreter.version;
    format!("{major}.{minor}.{micro}")
}
