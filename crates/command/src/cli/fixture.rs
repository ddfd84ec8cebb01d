//! The commands by which a program in any language uses the scenarios.

use std::io::{self, Read};

use interpreters::Interpreter;
use serde_json::{Value, json};
use truename::conform::{ModuleOption, Policy, Scenario, judge, read_lines};
use truename::sandbox::SandboxError;

use super::arguments::{
    FixtureBuildArguments, FixtureCommand, FixtureJudgeArguments, FixtureListArguments,
    FixtureShowArguments, FixturesArgument,
};
use super::commands::is_free;
use super::conform::{source, usable};
use super::failure::{Failure, Result};
use super::output::{print, print_json};

pub fn run(command: &FixtureCommand) -> Result<u8> {
    match command {
        FixtureCommand::List(arguments) => list(arguments),
        FixtureCommand::Show(arguments) => show(arguments),
        FixtureCommand::Build(arguments) => build(arguments),
        FixtureCommand::Judge(arguments) => judge_lines(arguments),
    }
}

fn list(arguments: &FixtureListArguments) -> Result<u8> {
    let source = source(&arguments.source);
    let scenarios = source.select(&arguments.names)?;
    if arguments.json {
        let rows = scenarios.iter().map(|it| {
            let python = it.fixture.settings.python.as_ref();
            json!({
                "name": it.slug(),
                "title": it.fixture.title,
                "python": python.map(ToString::to_string),
            })
        });
        return print_json(&rows.collect::<Vec<_>>());
    }
    print(|out| {
        let mut rows = scenarios.iter();
        rows.try_for_each(|it| writeln!(out, "{}  {}", it.slug(), it.fixture.title))
    })
}

fn show(arguments: &FixtureShowArguments) -> Result<u8> {
    let scenario = one(&arguments.name, &arguments.source)?;
    if !arguments.json {
        return print(|out| write!(out, "{}", scenario.page));
    }
    let truths = (12..=15).map(|minor| (3, minor));
    let truths = truths.filter(|version| scenario.fixture.is_about(*version));
    let truths = truths.map(|version| {
        let truth = json!({
            "needs": scenario.needs(version),
            "expected": scenario.expected(version),
        });
        (format!("{}.{}", version.0, version.1), truth)
    });
    print_json(&json!({
        "name": scenario.slug(),
        "title": scenario.fixture.title,
        "arguments": scenario.fixture.settings.run.arguments,
        "pythons": truths.collect::<serde_json::Map<String, Value>>(),
    }))
}

fn build(arguments: &FixtureBuildArguments) -> Result<u8> {
    let scenario = one(&arguments.name, &arguments.source)?;
    let interpreter = interpreter(&arguments.python, &scenario)?;
    let folder = &arguments.folder;
    if !is_free(folder) {
        return Err(Failure::usage(format!(
            "{} is not empty, and a scenario is built in an empty folder. Name another one, or remove it.",
            folder.display()
        )));
    }
    std::fs::create_dir_all(folder)
        .map_err(|error| Failure::usage(format!("{}: {error}.", folder.display())))?;
    let built = scenario.build(folder, &interpreter).map_err(not_built)?;
    let program = &built.program;
    print_json(&json!({
        "command": program.command(),
        "environment": program.environment,
        "folder": program.folder,
        "stdin": program.stdin,
    }))
}

/// Judges the statements on standard input. The exit status is 1 when one of them, or one that is missing, is wrong.
fn judge_lines(arguments: &FixtureJudgeArguments) -> Result<u8> {
    let scenario = one(&arguments.name, &arguments.source)?;
    let interpreter = interpreter(&arguments.python, &scenario)?;
    if !arguments.folder.is_dir() {
        return Err(Failure::usage(format!(
            "{0} is not a folder in which a scenario was built. Build it first: truename fixture build {1} {0}",
            arguments.folder.display(),
            scenario.slug(),
        )));
    }
    let mut text = String::new();
    io::stdin()
        .read_to_string(&mut text)
        .map_err(|error| Failure::usage(format!("standard input cannot be read: {error}.")))?;
    let observed = read_lines(&text).map_err(|error| {
        Failure::usage(format!(
            "standard input, {error}. docs/conform.md says what a line is."
        ))
    })?;
    let observed = scenario
        .shown(&observed, &arguments.folder, &interpreter)
        .map_err(not_built)?;
    let policy = Policy {
        lacks: arguments.lacks.iter().copied().map(|it| it.0).collect(),
        module_option: match arguments.main {
            true => ModuleOption::Main,
            false => ModuleOption::Name,
        },
    };
    let (major, minor, _) = interpreter.version;
    let judgement = judge(&scenario, &observed, (major, minor), &policy);
    if arguments.json {
        print_json(&judgement)?;
    } else {
        print(|out| {
            writeln!(out, "{}", judgement.verdict)?;
            let mut findings = judgement.findings.iter();
            findings.try_for_each(|it| writeln!(out, "  {}: {}", it.verdict, it.text))
        })?;
    }
    Ok(u8::from(judgement.verdict.is_contradiction()))
}

fn one(name: &str, argument: &FixturesArgument) -> Result<Scenario> {
    let mut scenarios = source(argument).select(&[name.to_owned()])?;
    match scenarios.len() {
        1 => Ok(scenarios.remove(0)),
        count => Err(Failure::usage(format!(
            "{name} is a family of {count} scenarios, and one is needed. `truename fixture list {name}` shows them."
        ))),
    }
}

/// Returns the interpreter of a version; the newest that the scenario is about when none is named.
fn interpreter(version: &Option<String>, scenario: &Scenario) -> Result<Interpreter> {
    let wanted: Vec<_> = version.iter().cloned().collect();
    let mut found = usable(&wanted)?.into_iter();
    let about = found.find(|it| scenario.fixture.is_about((it.version.0, it.version.1)));
    about.ok_or_else(|| {
        let range = scenario.fixture.settings.python.as_ref();
        let range = range.map(ToString::to_string).unwrap_or_default();
        Failure::usage(format!(
            "{} is about Python {range}, and this is none.",
            scenario.slug()
        ))
    })
}

fn not_built(error: SandboxError) -> Failure {
    Failure::new(error.to_string())
}
