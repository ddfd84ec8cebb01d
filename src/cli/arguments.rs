//! Commands and options.

use std::ffi::OsString;
use std::path::PathBuf;
use std::str::FromStr;

use clap::{Args, Parser, Subcommand, value_parser};
use clap_complete::Shell;
use serde::Deserialize;
use serde::de::IntoDeserializer;
use spool::{Detail, ValueDetail};
use trace::Format;
use truename::conform::Feature;
use truename::duration;
use truename::export::ExportFormat;
use truename::imports::ModulePattern;
use truename::imports::ranking::{RankBy, RankGroup};

/// Records a Python program and names every module body that ran.
#[derive(Debug, Parser)]
#[command(name = "truename", version, about, max_term_width = 100)]
pub struct CommandLine {
    /// The command.
    #[command(subcommand)]
    pub command: Command,
}

/// The command.
#[derive(Debug, Subcommand)]
pub enum Command {
    Run(RunArguments),
    Tree(TreeArguments),
    Top(TopArguments),
    Why(WhyArguments),
    Diff(DiffArguments),
    Budget(BudgetArguments),
    Lazy(LazyArguments),
    Export(ExportArguments),
    Conform(ConformArguments),
    Check(CheckArguments),
    Pythons(PythonsArguments),
    Finish(FinishArguments),
    Convert(ConvertArguments),
    #[command(subcommand)]
    Fixture(FixtureCommand),
    #[command(subcommand)]
    Filter(FilterCommand),
    #[command(hide = true)]
    Attach(AttachArguments),
    #[command(hide = true)]
    Calls(CallsArguments),
    #[command(hide = true)]
    Recorder(RecorderArguments),
    Completions(CompletionsArguments),
    Man(ManArguments),
}

/// Run a program exactly as `python ARGS...` would, and record it
#[derive(Debug, Args)]
#[command(
    override_usage = "truename run [OPTIONS] [--] [ARGS]...",
    after_help = "The first word that is none of these options begins ARGS. Options of Python's \
                  that start with two dashes go after `--`."
)]
pub struct RunArguments {
    /// The interpreter: a path, a virtual environment, a command, or a version such as 3.13
    #[arg(long, value_name = "PY")]
    pub python: Option<OsString>,
    /// The folder for the trace; an earlier trace in it is replaced
    #[arg(long, value_name = "DIR", default_value = DEFAULT_FOLDER)]
    pub out: PathBuf,
    /// The format of the events
    #[arg(long, value_enum, default_value_t)]
    pub format: FormatName,
    /// The kinds of events to record
    #[arg(long, value_enum, default_value_t)]
    pub events: EventLevel,
    /// The values to record. `args` needs `--events calls` or `lines`, and `full` needs `lines`
    #[arg(long, value_enum, default_value_t)]
    pub values: ValueLevel,
    /// Record only what a filter lets through: a file, several (a.toml::b.toml), or a built-in one such
    /// as builtin:no-stdlib. Later ones override earlier ones
    #[arg(long, value_name = "FILE")]
    pub filter: Vec<OsString>,
    /// Leave out the built-in default filter, which hides values that look like secrets
    #[arg(long)]
    pub no_default_filter: bool,
    /// Do not record the Python processes that the program starts
    #[arg(long)]
    pub no_children: bool,
    /// Record every Python process that the program starts or becomes, also one that ignores its environment or is
    /// given another one. All its processes load a small library (LD_PRELOAD; Linux only)
    #[arg(long, conflicts_with = "no_children")]
    pub everywhere: bool,
    /// Run the program N times, and show medians. Each run has a trace of its own in a folder below DIR/runs
    #[arg(long, value_name = "N", value_parser = value_parser!(u16).range(2..=1000))]
    pub repeat: Option<u16>,
    /// Do not say on a terminal which interpreter was chosen and, at the end, what was recorded
    #[arg(long)]
    pub quiet: bool,
    /// The words after `python`: script.py, -m module, -c code, -, options of Python's; a prompt when
    /// there are none
    #[arg(value_name = "ARGS", last = true)]
    pub arguments: Vec<OsString>,
}

/// The formats in which events can be stored.
#[derive(Clone, Copy, Debug, Default, clap::ValueEnum)]
pub enum FormatName {
    /// Compressed CBOR: small and fast
    #[default]
    Binary,
    /// JSON: readable without a tool
    Json,
    /// Binary as CodeTracer's crates read it since their version 0.16.2: floats are texts
    #[value(name = "codetracer")]
    CodeTracer,
    /// JSON as CodeTracer's crates read it since their version 0.16.2
    #[value(name = "codetracer-json")]
    CodeTracerJson,
}

impl From<FormatName> for Format {
    fn from(name: FormatName) -> Self {
        match name {
            FormatName::Binary => Self::Binary,
            FormatName::Json => Self::Json,
            FormatName::CodeTracer => Self::CodeTracer,
            FormatName::CodeTracerJson => Self::CodeTracerJson,
        }
    }
}

/// The kinds of events in a trace.
#[derive(Clone, Copy, Debug, Default, clap::ValueEnum)]
pub enum EventLevel {
    /// Module bodies
    #[default]
    Modules,
    /// Module bodies, and each call of a Python function
    Calls,
    /// The same, and each line that runs
    Lines,
}

impl From<EventLevel> for Detail {
    fn from(events: EventLevel) -> Self {
        match events {
            EventLevel::Modules => Self::Modules,
            EventLevel::Calls => Self::Calls,
            EventLevel::Lines => Self::Lines,
        }
    }
}

/// The values that the events of a trace have.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum ValueLevel {
    /// None
    #[default]
    None,
    /// The arguments of calls, and what they return
    Args,
    /// The same, and the variables at each line
    Full,
}

impl From<ValueLevel> for ValueDetail {
    fn from(values: ValueLevel) -> Self {
        match values {
            ValueLevel::None => Self::None,
            ValueLevel::Args => Self::Args,
            ValueLevel::Full => Self::Full,
        }
    }
}

/// Show imports as they happened, each in the one within which it happened
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  truename tree --min 10ms            only what took 10 ms or more
  truename tree --only 'pandas*'      pandas, and those that it was imported within
  truename tree --no-stdlib --depth 2")]
pub struct TreeArguments {
    /// The folder of the trace
    #[arg(value_name = "DIR", default_value = DEFAULT_FOLDER)]
    pub folder: PathBuf,
    /// Show so many levels below the top
    #[arg(long, value_name = "N")]
    pub depth: Option<usize>,
    /// Count what took less than this in one line: 1ms, 0.5s
    #[arg(long, value_name = "TIME", value_parser = duration::parse)]
    pub min: Option<u64>,
    /// Show only modules whose names match, with those around them: pandas, 'pandas*'
    #[arg(long, value_name = "PATTERN")]
    pub only: Option<ModulePattern>,
    /// Leave out the standard library
    #[arg(long)]
    pub no_stdlib: bool,
    /// Also show bare `<module>`s, each with the reason why it has no name, and imports that found no module
    #[arg(long)]
    pub all: bool,
    /// Print JSON
    #[arg(long)]
    pub json: bool,
}

/// List the imports that cost most
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  truename top                        the modules with the most time of their own
  truename top --group package        the packages
  truename top --by total -n 5        the modules that took longest, with all that they import")]
pub struct TopArguments {
    /// The folder of the trace
    #[arg(value_name = "DIR", default_value = DEFAULT_FOLDER)]
    pub folder: PathBuf,
    /// The number of lines
    #[arg(short = 'n', value_name = "N", default_value_t = 20)]
    pub count: usize,
    /// The time to sort by
    #[arg(long, value_enum, default_value_t)]
    pub by: RankByName,
    /// Add up the modules of each top-level package
    #[arg(long, value_enum, value_name = "GROUP")]
    pub group: Option<GroupName>,
    /// Print JSON
    #[arg(long)]
    pub json: bool,
}

/// The times to sort by.
#[derive(Clone, Copy, Debug, Default, clap::ValueEnum)]
pub enum RankByName {
    /// The time of a module without that of what it imports
    #[default]
    Own,
    /// The time with all that it imports
    Total,
    /// The time in which its own code ran
    Running,
}

impl From<RankByName> for RankBy {
    fn from(name: RankByName) -> Self {
        match name {
            RankByName::Own => Self::Own,
            RankByName::Total => Self::Total,
            RankByName::Running => Self::Running,
        }
    }
}

/// The groups of modules.
#[derive(Clone, Copy, Debug, clap::ValueEnum)]
pub enum GroupName {
    /// All modules of a top-level package
    Package,
}

impl From<GroupName> for RankGroup {
    fn from(name: GroupName) -> Self {
        match name {
            GroupName::Package => Self::Package,
        }
    }
}

/// Show who imports a module, and why it has its label
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  truename why pandas
  truename why '<module>'             all code that stayed without a name
  truename why app/models.py:1        the code that begins there")]
pub struct WhyArguments {
    /// A module, a label, a file, or a file and a line
    #[arg(value_name = "NAME")]
    pub subject: String,
    /// The folder of the trace
    #[arg(value_name = "DIR", default_value = DEFAULT_FOLDER)]
    pub folder: PathBuf,
    /// Print JSON
    #[arg(long)]
    pub json: bool,
}

/// Show what a later trace imports more, less, elsewhere or slower
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  truename run --out before app.py    (then change something)
  truename run --out after app.py
  truename diff before after
  truename diff before after --markdown > comment.md")]
pub struct DiffArguments {
    /// The folder of the earlier trace
    #[arg(value_name = "A")]
    pub before: PathBuf,
    /// The folder of the later trace
    #[arg(value_name = "B")]
    pub after: PathBuf,
    /// Exit with 1 when there is a difference
    #[arg(long)]
    pub exit_code: bool,
    /// Print Markdown, for a comment on a change
    #[arg(long, conflicts_with = "json")]
    pub markdown: bool,
    /// Print JSON
    #[arg(long)]
    pub json: bool,
}

/// Hold traces to rules about what they import: exit with 1 when one is broken
#[derive(Debug, Args)]
#[command(
    override_usage = "truename budget [OPTIONS] [FILE] [DIR]...",
    after_help = "Examples:
  truename budget --forbid 'pandas*' --forbid matplotlib
  truename budget --max-modules 400 --max-time 300ms truename-trace
  truename budget --max-new 0 --baseline main-trace truename-trace
  truename budget imports.toml truename-trace

FILE is a TOML file with the same rules. Options add to them:
  forbid = [\"pandas*\", \"matplotlib\"]
  max-modules = 400
  max-time = \"300ms\"
  max-new = 0
  baseline = \"main-trace\""
)]
pub struct BudgetArguments {
    /// A TOML file with rules, then the folders of traces
    #[arg(value_name = "FILE|DIR")]
    pub places: Vec<PathBuf>,
    /// Modules that may not be imported: pandas, 'pandas*'
    #[arg(long, value_name = "PATTERN")]
    pub forbid: Vec<ModulePattern>,
    /// The greatest number of modules
    #[arg(long, value_name = "N")]
    pub max_modules: Option<usize>,
    /// The greatest time of all imports: 300ms, 1.5s
    #[arg(long, value_name = "TIME", value_parser = duration::parse)]
    pub max_time: Option<u64>,
    /// The greatest number of modules that the baseline has not
    #[arg(long, value_name = "N")]
    pub max_new: Option<usize>,
    /// The folder of an accepted trace
    #[arg(long, value_name = "DIR")]
    pub baseline: Option<PathBuf>,
    /// Print JSON
    #[arg(long)]
    pub json: bool,
}

/// Say which modules a program would not need with lazy imports, what that saves, and which must stay eager
#[derive(Debug, Args)]
#[command(
    override_usage = "truename lazy [OPTIONS] [--] [ARGS]...",
    after_help = "Examples:
  truename lazy app.py --version
  truename lazy --python 3.15 -m pytest --collect-only

ARGS is a program as after `python`. It runs several times, as it is and under `-X lazy_imports=all` of \
                  Python 3.15, with nothing to read and with its output kept from the terminal. Where the two \
                  differ, it runs more often, until it is known which imports must stay eager. A run that goes on much \
                  longer than the program as it is, is ended."
)]
pub struct LazyArguments {
    /// The interpreter: a path, a virtual environment, a command, or a version such as 3.15
    #[arg(long, value_name = "PY")]
    pub python: Option<OsString>,
    /// The folder for the traces, of which `eager` and `lazy` in it have one for each run
    #[arg(long, value_name = "DIR", default_value = "truename-lazy")]
    pub out: PathBuf,
    /// Make so many runs of each kind
    #[arg(long, value_name = "N", default_value_t = 3, value_parser = value_parser!(u16).range(2..=1000))]
    pub repeat: u16,
    /// Print JSON
    #[arg(long)]
    pub json: bool,
    /// The words after `python`: script.py, -m module, -c code, options of Python's
    #[arg(value_name = "ARGS", last = true)]
    pub arguments: Vec<OsString>,
}

/// Write import costs in a format of other tools, or as a page for a browser
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  truename export --to html > imports.html\n  \
                        truename export --to folded | inferno-flamegraph > imports.svg"
)]
pub struct ExportArguments {
    /// The folder of the trace
    #[arg(value_name = "DIR", default_value = DEFAULT_FOLDER)]
    pub folder: PathBuf,
    /// The format
    #[arg(long, value_enum, value_name = "FORMAT")]
    pub to: ExportName,
}

/// The formats of an export.
#[derive(Clone, Copy, Debug, clap::ValueEnum)]
pub enum ExportName {
    /// Collapsed stacks with microseconds
    Folded,
    /// The JSON of speedscope
    Speedscope,
    /// The JSON of Perfetto and Chromium
    Perfetto,
    /// One page for a browser, with a picture and a table
    Html,
}

impl From<ExportName> for ExportFormat {
    fn from(name: ExportName) -> Self {
        match name {
            ExportName::Folded => Self::Folded,
            ExportName::Speedscope => Self::Speedscope,
            ExportName::Perfetto => Self::Perfetto,
            ExportName::Html => Self::Html,
        }
    }
}

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
    /// A folder of fixtures of one's own, whose goldens are in `snapshots` beside it
    #[arg(long, value_name = "DIR")]
    pub fixtures: Option<PathBuf>,
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

/// Verify a trace
#[derive(Debug, Args)]
pub struct CheckArguments {
    /// The folder of the trace
    #[arg(value_name = "DIR", default_value = DEFAULT_FOLDER)]
    pub folder: PathBuf,
}

/// List the interpreters that were found, and why each can or cannot be recorded
#[derive(Debug, Args)]
pub struct PythonsArguments {
    /// Print JSON
    #[arg(long)]
    pub json: bool,
}

/// Finish a recording whose truename was killed
#[derive(Debug, Args)]
pub struct FinishArguments {
    /// The folder of the trace
    #[arg(value_name = "DIR", default_value = DEFAULT_FOLDER)]
    pub folder: PathBuf,
    /// The format of the events, instead of the one that the run was asked for
    #[arg(long, value_enum)]
    pub format: Option<FormatName>,
}

/// Follow what a running process records of itself, for the Python package
#[derive(Debug, Args)]
pub struct AttachArguments {
    /// The process
    #[arg(long)]
    pub pid: u32,
    /// The folder for the trace; an earlier trace in it is replaced
    #[arg(long, value_name = "DIR")]
    pub out: PathBuf,
    /// The format of the events
    #[arg(long, value_enum, default_value_t)]
    pub format: FormatName,
    /// The kinds of events to record
    #[arg(long, value_enum, default_value_t)]
    pub events: EventLevel,
    /// The values to record
    #[arg(long, value_enum, default_value_t)]
    pub values: ValueLevel,
    /// Record only what a filter lets through
    #[arg(long, value_name = "FILE")]
    pub filter: Vec<OsString>,
    /// Leave out the built-in default filter
    #[arg(long)]
    pub no_default_filter: bool,
}

/// Print each call of a trace as a line of JSON, for the Python package
#[derive(Debug, Args)]
pub struct CallsArguments {
    /// The folder of the trace
    #[arg(value_name = "DIR")]
    pub folder: PathBuf,
}

/// Print the path of the recorder's library, for the Python package
#[derive(Debug, Args)]
pub struct RecorderArguments {
    /// A private folder to write it to; the cache if none is named
    #[arg(value_name = "DIR")]
    pub folder: Option<PathBuf>,
}

/// Rewrite a finished trace, and those of its child processes, in another format
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  truename convert --format json                  truename-trace itself becomes JSON
  truename convert --format codetracer --out ct   ct is a copy that CodeTracer opens")]
pub struct ConvertArguments {
    /// The folder of the trace
    #[arg(value_name = "DIR", default_value = DEFAULT_FOLDER)]
    pub folder: PathBuf,
    /// The format of the events
    #[arg(long, value_enum)]
    pub format: FormatName,
    /// Write the result into this new folder, and leave DIR as it is
    #[arg(long, value_name = "FOLDER")]
    pub out: Option<PathBuf>,
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
    /// A folder of fixtures of one's own, whose goldens are in `snapshots` beside it
    #[arg(long, value_name = "DIR")]
    pub fixtures: Option<PathBuf>,
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
    /// A folder of fixtures of one's own, whose goldens are in `snapshots` beside it
    #[arg(long, value_name = "DIR")]
    pub fixtures: Option<PathBuf>,
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
    /// A folder of fixtures of one's own, whose goldens are in `snapshots` beside it
    #[arg(long, value_name = "DIR")]
    pub fixtures: Option<PathBuf>,
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
    /// A folder of fixtures of one's own, whose goldens are in `snapshots` beside it
    #[arg(long, value_name = "DIR")]
    pub fixtures: Option<PathBuf>,
    /// Print JSON
    #[arg(long)]
    pub json: bool,
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

/// Look into trace filters
#[derive(Debug, Subcommand)]
pub enum FilterCommand {
    Check(FilterCheckArguments),
    Explain(FilterExplainArguments),
}

/// Validate filters, and note what in them is hardly meant
#[derive(Debug, Args)]
pub struct FilterCheckArguments {
    /// The filters, in order: files, or built-in ones such as builtin:no-stdlib
    #[arg(value_name = "FILE", required = true)]
    pub files: Vec<OsString>,
}

/// Show rule by rule whether code would be recorded
#[derive(Debug, Args)]
pub struct FilterExplainArguments {
    /// The filters, in order: files, or built-in ones such as builtin:no-stdlib
    #[arg(value_name = "FILE", required = true)]
    pub files: Vec<OsString>,
    /// The code's module; `<module>` for code that belongs to none
    #[arg(long, value_name = "NAME")]
    pub module: String,
    /// The code's file
    #[arg(long, value_name = "PATH")]
    pub file: PathBuf,
    /// The qualified name of a function or class; the module's body when it is left out
    #[arg(long, value_name = "QUALNAME", default_value = "<module>")]
    pub object: String,
}

/// Print a script with which a shell completes truename's commands and options
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  source <(truename completions bash)                       for this shell
  truename completions bash > ~/.local/share/bash-completion/completions/truename
  truename completions fish > ~/.config/fish/completions/truename.fish
  truename completions zsh > FOLDER/_truename               a folder of zsh's $fpath")]
pub struct CompletionsArguments {
    /// The shell
    #[arg(value_enum, value_name = "SHELL")]
    pub shell: Shell,
}

/// Write the man pages, one for truename and one for each command, and print their paths
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  truename man                        then `man truename-run`
  truename man /usr/local/share/man/man1")]
pub struct ManArguments {
    /// The folder; the man1 of ~/.local/share/man when it is left out
    #[arg(value_name = "DIR")]
    pub folder: Option<PathBuf>,
}

/// The folder of a trace when none is given.
pub const DEFAULT_FOLDER: &str = "truename-trace";
