//! Options of commands about scenarios.

use std::path::PathBuf;
use std::str::FromStr;

use clap::{Args, Subcommand};
use serde::Deserialize;
use serde::de::IntoDeserializer;
use truename::conform::Feature;
use truename::duration;

/// Run truename's scenarios under other recorders, and judge their labels of modules
#[derive(Debug, Args)]
#[command(
    override_usage = "truename conform [OPTIONS] PROFILE... [FAMILY[/SCENARIO]]...",
    after_help = "Examples:
  truename conform mine.toml                       all scenarios on all Pythons
  truename conform mine.toml entry zip/in-a-zip    a family, and one scenario
  truename conform profiles/*.toml --html page.html

The exit status is 0 when all is right or not claimed, 1 when a recorder is contradicted, and 2 when nothing could be run."
)]
pub struct ConformArguments {
    /// Profiles of recorders (TOML files), then families and scenarios; all scenarios when none is named
    #[arg(value_name = "PROFILE|FAMILY")]
    pub places: Vec<String>,
    /// Versions of Python, such as 3.13 or 3.12,3.14; all that are found when it is left out
    #[arg(long, value_name = "VERSION", value_delimiter = ',')]
    pub python: Vec<String>,
    #[command(flatten)]
    pub source: FixturesArgument,
    /// The time that one run may take
    #[arg(long, value_name = "TIME", default_value = "60s", value_parser = duration::parse)]
    pub limit: u64,
    /// Go on with what an interrupted command has found
    #[arg(long)]
    pub resume: bool,
    /// Write JUnit XML
    #[arg(long, value_name = "FILE")]
    pub junit: Option<PathBuf>,
    /// Write a page for a browser: a row for each scenario, a column for each recorder
    #[arg(long, value_name = "FILE")]
    pub html: Option<PathBuf>,
    /// Print JSON
    #[arg(long)]
    pub json: bool,
}

/// Use truename's scenarios from a test in any language
#[derive(Debug, Subcommand)]
pub enum FixtureCommand {
    List(FixtureListArguments),
    Show(FixtureShowArguments),
    Build(FixtureBuildArguments),
    Judge(FixtureJudgeArguments),
}

/// List scenarios
#[derive(Debug, Args)]
pub struct FixtureListArguments {
    /// Families and scenarios; all when none is named
    #[arg(value_name = "FAMILY[/SCENARIO]")]
    pub names: Vec<String>,
    #[command(flatten)]
    pub source: FixturesArgument,
    /// Print JSON
    #[arg(long)]
    pub json: bool,
}

/// Show the page of a scenario, or as JSON what a recorder needs for it and should say
#[derive(Debug, Args)]
pub struct FixtureShowArguments {
    /// The scenario
    #[arg(value_name = "FAMILY/SCENARIO")]
    pub name: String,
    #[command(flatten)]
    pub source: FixturesArgument,
    /// Print JSON
    #[arg(long)]
    pub json: bool,
}

/// Build the files of a scenario, and print as JSON its command, environment, working directory and standard input
#[derive(Debug, Args)]
pub struct FixtureBuildArguments {
    /// The scenario
    #[arg(value_name = "FAMILY/SCENARIO")]
    pub name: String,
    /// An empty folder
    #[arg(value_name = "DIR")]
    pub folder: PathBuf,
    /// The version of Python; the newest that the scenario is about when it is left out
    #[arg(long, value_name = "VERSION")]
    pub python: Option<String>,
    #[command(flatten)]
    pub source: FixturesArgument,
}

/// Judge lines of JSON on standard input: exit with 1 when a label is wrong or missing
#[derive(Debug, Args)]
#[command(after_help = "Example:
  truename fixture build zip/package /tmp/zip > run.json
  (record that command, and print a line for each module body)
  truename fixture judge zip/package /tmp/zip < bodies.jsonl

A line is {\"process\": 1, \"label\": \"<pkg.mod>\", \"file\": \"/tmp/zip/tree/pkg/mod.py\"}.")]
pub struct FixtureJudgeArguments {
    /// The scenario
    #[arg(value_name = "FAMILY/SCENARIO")]
    pub name: String,
    /// The folder in which it was built
    #[arg(value_name = "DIR")]
    pub folder: PathBuf,
    /// The version of Python; the newest that the scenario is about when it is left out
    #[arg(long, value_name = "VERSION")]
    pub python: Option<String>,
    /// Features that the recorder does not claim to have, such as children,exec
    #[arg(long, value_name = "NAME", value_delimiter = ',')]
    pub lacks: Vec<FeatureName>,
    /// The module that -m runs is labelled <__main__>
    #[arg(long)]
    pub main: bool,
    #[command(flatten)]
    pub source: FixturesArgument,
    /// Print JSON
    #[arg(long)]
    pub json: bool,
}

/// The option by which scenarios are one's own.
#[derive(Debug, Args)]
pub struct FixturesArgument {
    /// A folder of fixtures of one's own, whose goldens are in `snapshots` beside it
    #[arg(long, value_name = "DIR")]
    pub fixtures: Option<PathBuf>,
}

/// A feature, by the name that profiles have for it.
#[derive(Clone, Copy, Debug)]
pub struct FeatureName(pub Feature);

impl FromStr for FeatureName {
    type Err = serde::de::value::Error;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        Feature::deserialize(name.into_deserializer()).map(Self)
    }
}
