//! A fixture, recorded on every interpreter that it is about.

use std::env;
use std::path::{Path, PathBuf};
use std::time::Duration;

use interpreters::Interpreter;
use trace::read::{Family, Folder};

use super::agreement::{self, Golden, Recorded};
use super::error::{HarnessError, RunError};
use super::process::Process;
use super::report::{self, FailedRun, Story};
use super::{command, events, selection, text, verdict};
use crate::fixture::{Exit, Fixture, Pattern};
use crate::sandbox::Redaction;
use crate::sandbox::version::{dotted, is_version, short};
use crate::sandbox::{Ended, Invocation};
use crate::sandbox::{Program, Sandbox, SandboxError};
use crate::tree::Builder;

/// Records fixtures.
#[derive(Clone, Debug)]
pub struct Harness {
    /// The `truename` that records.
    pub truename: PathBuf,
    /// The interpreters on which it does.
    pub interpreters: Vec<Interpreter>,
    /// Interpreters were left out on request, so that not all of a fixture can be examined.
    pub is_selection: bool,
    /// The time that one run may take.
    pub limit: Duration,
    /// The folder in which each run gets a temporary one.
    pub folder: PathBuf,
    /// The place for links to the folders of runs that failed: `FAMILY/SCENARIO/3.13`. Each is kept until
    /// the scenario runs on that version again.
    pub kept: PathBuf,
}

impl Harness {
    /// A harness for one interpreter of each version that is installed.
    ///
    /// # Errors
    ///
    /// When there is none at all: tests would pass because nothing ran.
    pub fn on_all_interpreters(truename: PathBuf, limit: Duration) -> Result<Self, HarnessError> {
        let interpreters = interpreters::one_of_each_version();
        if interpreters.is_empty() {
            return Err(HarnessError::NoInterpreter);
        }
        Ok(Self {
            truename,
            interpreters,
            is_selection: false,
            limit,
            folder: env::temp_dir(),
            kept: env::temp_dir().join("truename-failed"),
        })
    }

    /// A harness for the interpreters of some versions, `3.13` or `3.12,3.14`.
    ///
    /// # Errors
    ///
    /// When one of them is not installed.
    pub fn on_versions(
        truename: PathBuf,
        limit: Duration,
        versions: &str,
    ) -> Result<Self, HarnessError> {
        let mut harness = Self::on_all_interpreters(truename, limit)?;
        let versions: Vec<_> = versions.split(',').map(str::trim).collect();
        let installed = |version: &&str| {
            let mut interpreters = harness.interpreters.iter();
            interpreters.any(|it| is_version(it, version))
        };
        if let Some(missing) = versions.iter().find(|it| !installed(it)) {
            let installed: Vec<_> = harness.interpreters.iter().map(dotted).collect();
            return Err(HarnessError::NotInstalled {
                version: (*missing).to_owned(),
                installed: installed.join(", "),
            });
        }
        harness
            .interpreters
            .retain(|it| versions.iter().any(|version| is_version(it, version)));
        harness.is_selection = true;
        Ok(harness)
    }

    /// Says why a fixture cannot be examined on the interpreters that were selected; `None` when it can, or
    /// when none was left out.
    pub fn reason_to_skip(&self, fixture: &Fixture) -> Option<String> {
        let range = fixture.settings.python.as_ref()?;
        let is_about_one = self
            .interpreters
            .iter()
            .any(|it| fixture.is_about(short(it)));
        (self.is_selection && !is_about_one).then(|| format!("it is about Python {range}"))
    }

    /// Records a fixture on each interpreter that it is about, holds its claims against the labels,
    /// and gives what it shows.
    ///
    /// # Errors
    ///
    /// Reports what is wrong: the fixture itself, a run, a claim, or a difference between
    /// interpreters that is not declared, or declared and not there.
    pub fn examine(&self, path: &Path) -> Result<Vec<Golden>, HarnessError> {
        let fixture = Fixture::read(path)?;
        let mut shown: Vec<(&Interpreter, Recorded)> = Vec::new();
        let mut failures = Vec::new();
        for interpreter in self.interpreters_for(path, &fixture)? {
            match self.attempt(path, &fixture, interpreter, record) {
                Ok(recorded) => shown.push((interpreter, recorded)),
                Err(failure) => failures.push(failure),
            }
        }
        if !failures.is_empty() {
            return Err(HarnessError::Runs(report::joined(path, &fixture, failures)));
        }
        agreement::agreed(path, &fixture, &shown, self.is_selection)
    }

    /// The labels of all bodies that run in a fixture's program on the newest interpreter that it is
    /// about, recorded with one more trace filter if there is one; sorted. Its claims are not asked.
    ///
    /// # Errors
    ///
    /// When the program cannot be recorded.
    pub fn labels(&self, path: &Path, filter: Option<String>) -> Result<Vec<String>, HarnessError> {
        let mut fixture = Fixture::read(path)?;
        fixture.filters.extend(filter);
        let interpreter = self.interpreters_for(path, &fixture)?[0];
        let labels = self.attempt(path, &fixture, interpreter, |seen| {
            sound(seen.sandbox)?;
            let bodies = seen.process.all_bodies();
            let mut labels: Vec<_> = bodies.into_iter().map(|it| it.label.clone()).collect();
            labels.sort();
            Ok(labels)
        });
        labels.map_err(|failed| HarnessError::Runs(report::joined(path, &fixture, vec![failed])))
    }

    /// The interpreters that a fixture is about, newest first; at least one.
    fn interpreters_for(
        &self,
        path: &Path,
        fixture: &Fixture,
    ) -> Result<Vec<&Interpreter>, HarnessError> {
        let interpreters: Vec<_> = self
            .interpreters
            .iter()
            .filter(|it| fixture.is_about(short(it)))
            .collect();
        if interpreters.is_empty() {
            return Err(HarnessError::NoneOfRange {
                path: path.to_owned(),
                range: fixture.settings.python.clone(),
            });
        }
        Ok(interpreters)
    }

    /// Records a fixture on an interpreter and does something with what there is to see. When that
    /// fails, the folder is kept.
    fn attempt<T>(
        &self,
        path: &Path,
        fixture: &Fixture,
        python: &Interpreter,
        with: impl FnOnce(&Seen<'_>) -> Result<T, RunError>,
    ) -> Result<T, FailedRun> {
        let (major, minor) = short(python);
        let link = self.kept.join(name(path)).join(format!("{major}.{minor}"));
        let failed = |what: &RunError, details| FailedRun {
            version: (major, minor),
            python: python.path.clone(),
            what: what.to_string(),
            details,
        };
        let mut sandbox = Sandbox::new(&self.folder, link)
            .map_err(|error| failed(&SandboxError::Folder(error).into(), String::new()))?;
        let mut run = Run::default();
        let result = self.attempt_in(&sandbox, fixture, python, &mut run, with);
        result.map_err(|what| {
            sandbox.keep();
            let story = Story {
                invocation: run.invocation.as_ref(),
                ended: run.ended.as_ref(),
                process: run.process.as_ref(),
            };
            failed(&what, report::details(&story, &sandbox))
        })
    }

    fn attempt_in<T>(
        &self,
        sandbox: &Sandbox,
        fixture: &Fixture,
        python: &Interpreter,
        run: &mut Run,
        with: impl FnOnce(&Seen<'_>) -> Result<T, RunError>,
    ) -> Result<T, RunError> {
        let builder = Builder {
            python: &python.path,
            limit: self.limit,
        };
        let program = Program::build(fixture, sandbox, python, &builder)?;
        let invocation = command::recorded(&program, sandbox, &self.truename);
        let ended = run.invocation.insert(invocation).run(sandbox, self.limit)?;
        let ended = run.ended.insert(ended);
        let exit = ended.exit.as_ref().ok_or(RunError::TimedOut(self.limit))?;
        if !ended.left.is_empty() {
            return Err(RunError::LeftBehind(ended.left.clone()));
        }
        if !sandbox.trace().exists() {
            return Err(RunError::NotRecorded);
        }
        let family = Family::read(&sandbox.trace())?;
        let redaction = Redaction::of(sandbox, program.packages.as_deref(), short(python));
        let show = fixture.settings.golden.show.iter();
        let show: Vec<_> = show.map(Pattern::new).collect();
        let process = run
            .process
            .insert(selection::of(&family, &redaction, &show));
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

/// A run that came to its end, and its trace.
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
fn record(seen: &Seen<'_>) -> Result<Recorded, RunError> {
    sound(seen.sandbox)?;
    let contradictions =
        verdict::contradictions(seen.fixture, seen.process, seen.exit, seen.version);
    if !contradictions.is_empty() {
        return Err(RunError::Contradicted(contradictions));
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
fn sound(sandbox: &Sandbox) -> Result<(), RunError> {
    let report = crate::check(&sandbox.trace())?;
    match report.is_ok() {
        true => Ok(()),
        false => Err(RunError::Unsound(report.to_string())),
    }
}

/// The parts of a run, as far as it came.
#[derive(Default)]
struct Run {
    invocation: Option<Invocation>,
    ended: Option<Ended>,
    process: Option<Process>,
}

/// `FAMILY/SCENARIO` of a fixture.
fn name(path: &Path) -> PathBuf {
    let family = path.parent().and_then(Path::file_name).unwrap_or_default();
    Path::new(family).join(path.file_stem().unwrap_or_default())
}
