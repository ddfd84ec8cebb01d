//! Options of commands that answer from traces.

use std::path::PathBuf;

use clap::Args;
use truename::duration;
use truename::imports::ModulePattern;
use truename::imports::ranking::{RankBy, RankGroup};

use super::traces::DEFAULT_FOLDER;

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
