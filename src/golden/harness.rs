//! A fixture, recorded on every interpreter that it is about.

use std::collections::BTreeMap;
use std::env;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::process::Process;
use super::recorder::{Ended, Invocation};
use super::redaction::Redaction;
use super::report::{Story, report};
use super::sandbox::Sandbox;
use super::{events, packages, text, verdict};
use crate::failure::{Failure, Result};
use crate::fixture::{self, Builder, Exit, Fixture, Pattern};
use crate::interpreter::{self, Interpreter};
use crate::trace::check;
use crate::trace::reader::{Family, Folder};

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

/// What a scenario shows, for a person to accept once and to be compared with ever after.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Golden {
    /// What follows the scenario's name in the snapshot's: nothing, `@1` for the first declared
    /// difference between Pythons, `.events` for raw events.
    pub suffix: String,
    /// The text.
    pub text: String,
}

/// The goldens of one run, by suffix.
type Goldens = BTreeMap<String, String>;

impl Harness {
    /// A harness for one interpreter of each version that is installed.
    ///
    /// # Errors
    ///
    /// When there is none at all: tests would pass because nothing ran.
    pub fn on_all_interpreters(truename: PathBuf, limit: Duration) -> Result<Self> {
        let interpreters = interpreter::one_of_each_version();
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
        let mut shown: Vec<(&Interpreter, Goldens)> = Vec::new();
        let mut failures = Vec::new();
        for interpreter in self.interpreters_for(path, &fixture)? {
            match self.attempt(path, &fixture, interpreter, record) {
                Ok(goldens) => shown.push((interpreter, goldens)),
                Err(failure) => failures.push(failure.to_string()),
            }
        }
        if failures.is_empty() {
            return agreed(path, &fixture, &shown);
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

/// Holds a fixture's claims against what ran, and gives its goldens.
fn record(seen: &Seen<'_>) -> Result<Goldens> {
    sound(seen.sandbox)?;
    let claims = &seen.fixture.claims;
    let contradictions = verdict::contradictions(claims, seen.process, seen.exit, seen.version);
    if !contradictions.is_empty() {
        return Err(Failure::new(contradictions.join("\n")));
    }
    let mut goldens = Goldens::new();
    let variant = variant(seen.fixture, seen.version);
    if seen.fixture.settings.golden.events {
        let text = events::golden(&Folder::open(&seen.sandbox.trace())?, &seen.redaction)?;
        goldens.insert(format!("{variant}.events"), text);
    }
    goldens.insert(variant, text::golden(seen.process, seen.exit));
    Ok(goldens)
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

/// Joins what the interpreters show, where they agree.
fn agreed(
    path: &Path,
    fixture: &Fixture,
    shown: &[(&Interpreter, Goldens)],
) -> Result<Vec<Golden>> {
    let mut first: BTreeMap<&str, (&Interpreter, &str)> = BTreeMap::new();
    for (interpreter, goldens) in shown {
        for (suffix, text) in goldens {
            let (earlier, expected) = first.entry(suffix).or_insert((interpreter, text));
            if *expected != text {
                return Err(Failure::new(format!(
                    "{}: Python {} and Python {} differ, and the fixture does not declare it \
                     (docs/fixtures.md, Differences between Pythons).\n\n{}:\n{expected}\n{}:\n{text}",
                    path.display(),
                    dotted(earlier),
                    dotted(interpreter),
                    dotted(earlier),
                    dotted(interpreter),
                )));
            }
        }
    }
    for (number, difference) in (1..).zip(&fixture.settings.differs) {
        let texts = (first.get(""), first.get(format!("@{number}").as_str()));
        if let (Some((_, usual)), Some((_, other))) = texts
            && usual == other
        {
            return Err(Failure::new(format!(
                "{}: Python {} should differ ({}), and does not. Remove the `differs` table.",
                path.display(),
                difference.python,
                difference.because
            )));
        }
    }
    Ok(first
        .into_iter()
        .map(|(suffix, (_, text))| Golden {
            suffix: suffix.to_owned(),
            text: text.to_owned(),
        })
        .collect())
}

/// The suffix of the goldens of a version.
fn variant(fixture: &Fixture, version: (u32, u32)) -> String {
    let mut differences = (1..).zip(&fixture.settings.differs);
    differences
        .find(|(_, it)| it.python.contains(version))
        .map_or_else(String::new, |(number, _)| format!("@{number}"))
}

fn is_about(fixture: &Fixture, version: (u32, u32)) -> bool {
    let range = fixture.settings.python.as_ref();
    range.is_none_or(|range| range.contains(version))
}

fn short(interpreter: &Interpreter) -> (u32, u32) {
    (interpreter.version.0, interpreter.version.1)
}

fn dotted(interpreter: &Interpreter) -> String {
    let (major, minor, micro) = interpreter.version;
    format!("{major}.{minor}.{micro}")
}
