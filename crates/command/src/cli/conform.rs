//! The command that runs the scenarios under other recorders.

use std::env;
use std::fs::File;
use std::io::{self, BufWriter, IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use interpreters::Interpreter;
use launcher::ProgramStatus;
use serde::Serialize;
use truename::conform::report::{Summary, table, write_junit, write_page};
use truename::conform::{
    ConformError, Outcome, Profile, ScenarioSource, Session, Verdict, journal_file,
};
use truename::interruption;

use super::arguments::{ConformArguments, FixturesArgument};
use super::failure::{Failure, Result};
use super::output::{print, print_json, warn};

/// The scenarios whose findings are shown when they were asked for by name.
const SHOWN: usize = 60;

#[derive(Serialize)]
struct Report<'a> {
    recorders: Vec<Recorder<'a>>,
    outcomes: &'a [Outcome],
}

#[derive(Serialize)]
struct Recorder<'a> {
    name: &'a str,
    #[serde(flatten)]
    summary: Summary,
}

/// Runs the scenarios under recorders. The exit status is 0 when none is contradicted, and 1 when one is.
pub fn conform(arguments: &ConformArguments) -> Result<u8> {
    let (profiles, wanted) = places(arguments)?;
    let source = source(&arguments.source);
    let session = Session {
        profiles,
        scenarios: source.select(&wanted)?,
        interpreters: usable(&arguments.python)?,
        limit: Duration::from_nanos(arguments.limit),
        truename: env::current_exe().unwrap_or_else(|_| "truename".into()),
        journal: journal_file(),
        resume: arguments.resume,
    };
    let is_watched = io::stderr().is_terminal();
    interruption::catch();
    let run = session.run(&|done, total| {
        if is_watched {
            // Nobody can hear of an error here.
            let _ = write!(io::stderr(), "\r{done} of {total} runs");
        }
    });
    if is_watched {
        let _ = writeln!(io::stderr());
    }
    if let Err(ConformError::Interrupted { signal }) = run {
        warn("not all was run. The same command with --resume goes on.");
        return Ok(ProgramStatus::Signalled(signal).adopt());
    }
    let outcomes = run?;
    if outcomes.is_empty() {
        return Err(Failure::usage(
            "nothing was run: no scenario of these is about any of these Pythons.",
        ));
    }
    if let Some(file) = &arguments.junit {
        write_to(file, |out| write_junit(out, &outcomes))?;
    }
    if let Some(file) = &arguments.html {
        write_to(file, |out| write_page(out, &outcomes, &about(&session)))?;
    }
    if arguments.json {
        let recorders = Summary::by(&outcomes, |it| &it.recorder);
        let recorders = recorders.into_iter();
        print_json(&Report {
            recorders: recorders
                .map(|(name, summary)| Recorder { name, summary })
                .collect(),
            outcomes: &outcomes,
        })?;
    } else {
        print(|out| {
            write!(out, "{}", table(&outcomes))?;
            match wanted.is_empty() {
                true => Ok(()),
                false => write_findings(out, &outcomes),
            }
        })?;
    }
    let is_contradicted = |it: &Outcome| it.judgement.verdict.is_contradiction();
    Ok(u8::from(outcomes.iter().any(is_contradicted)))
}

/// Writes what contradicts the recorders in each scenario.
fn write_findings(out: &mut dyn Write, outcomes: &[Outcome]) -> io::Result<()> {
    let contradicted = outcomes.iter();
    let contradicted: Vec<_> = contradicted
        .filter(|it| it.judgement.verdict.is_contradiction())
        .collect();
    for outcome in contradicted.iter().take(SHOWN) {
        writeln!(
            out,
            "\n{} on {}, {}: {}",
            outcome.scenario, outcome.python, outcome.recorder, outcome.judgement.verdict
        )?;
        let findings = outcome.judgement.findings.iter();
        for finding in findings.filter(|it| it.verdict != Verdict::Unsupported) {
            writeln!(out, "  {}: {}", finding.verdict, finding.text)?;
        }
    }
    match contradicted.len().saturating_sub(SHOWN) {
        0 => Ok(()),
        more => writeln!(out, "\nand {more} more; --html and --json have all of them"),
    }
}

/// Splits the words into profiles and names of scenarios.
fn places(arguments: &ConformArguments) -> Result<(Vec<Profile>, Vec<String>)> {
    let is_profile = |word: &&String| {
        let path = Path::new(word.as_str());
        let is_page = path.extension().is_some_and(|it| it == "md");
        path.extension().is_some_and(|it| it == "toml") || (path.is_file() && !is_page)
    };
    let (profiles, wanted): (Vec<_>, Vec<_>) = arguments.places.iter().partition(is_profile);
    let profiles = profiles.iter().map(|it| Profile::read(Path::new(it)));
    let profiles = profiles.collect::<std::result::Result<Vec<_>, _>>()?;
    if profiles.is_empty() {
        return Err(Failure::usage(
            "no recorder is named. Give its profile, such as profiles/cprofile.toml; docs/conform.md says how \
             one is written.",
        ));
    }
    let plain = |word: &String| {
        let word = word.strip_prefix("fixtures/").unwrap_or(word);
        word.trim_end_matches('/')
            .trim_end_matches(".md")
            .to_owned()
    };
    Ok((profiles, wanted.into_iter().map(plain).collect()))
}

/// Returns the fixtures in a folder, whose goldens are in `snapshots` beside it.
pub fn source(argument: &FixturesArgument) -> ScenarioSource {
    match &argument.fixtures {
        None => ScenarioSource::Embedded,
        Some(fixtures) => ScenarioSource::Folder {
            fixtures: fixtures.to_owned(),
            snapshots: fixtures.with_file_name("snapshots"),
        },
    }
}

/// Returns the interpreters of some versions, newest first; of all when none is named.
pub fn usable(versions: &[String]) -> Result<Vec<Interpreter>> {
    let found = interpreters::one_of_each_version();
    if found.is_empty() {
        return Err(Failure::usage(
            "no CPython 3.12 or newer was found. `truename pythons` lists what there is.",
        ));
    }
    let is = |it: &Interpreter, version: &str| {
        let (major, minor, micro) = it.version;
        version == format!("{major}.{minor}") || version == format!("{major}.{minor}.{micro}")
    };
    if let Some(missing) = versions
        .iter()
        .find(|version| !found.iter().any(|it| is(it, version)))
    {
        return Err(Failure::usage(format!(
            "there is no Python {missing}. `truename pythons` lists those that there are."
        )));
    }
    let is_wanted =
        |it: &Interpreter| versions.is_empty() || versions.iter().any(|version| is(it, version));
    Ok(found.into_iter().filter(is_wanted).collect())
}

/// Says what was run.
fn about(session: &Session) -> String {
    let pythons = session.interpreters.iter().map(Interpreter::shown_version);
    let mut pythons: Vec<_> = pythons.collect();
    pythons.reverse();
    format!(
        "{} scenarios under CPython {}.",
        session.scenarios.len(),
        pythons.join(", ")
    )
}

fn write_to(file: &PathBuf, write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> Result<()> {
    let written = File::create(file).and_then(|it| {
        let mut out = BufWriter::new(it);
        write(&mut out)?;
        out.flush()
    });
    written
        .map_err(|error| Failure::usage(format!("{} cannot be written: {error}.", file.display())))
}

impl From<ConformError> for Failure {
    fn from(error: ConformError) -> Self {
        let message = error.to_string();
        Self::usage(match error {
            ConformError::NoScenario { families, .. } => {
                format!("{message} The families are: {families}.")
            }
            _ => message,
        })
    }
}
