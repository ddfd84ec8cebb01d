//! Commands and options.

mod filters;
mod machine;
mod recording;
mod scenarios;
mod traces;
mod views;

use clap::{Parser, Subcommand};

pub use filters::{FilterCheckArguments, FilterCommand, FilterExplainArguments};
pub use machine::{CompletionsArguments, ManArguments, PythonsArguments};
pub use recording::{
    AttachArguments, EventLevel, FinishArguments, LazyArguments, RecorderArguments,
    RecordingArguments, RunArguments, ValueLevel,
};
pub use scenarios::{
    ConformArguments, FixtureBuildArguments, FixtureCommand, FixtureJudgeArguments,
    FixtureListArguments, FixtureShowArguments, FixturesArgument,
};
pub use traces::{
    CallsArguments, CheckArguments, ConvertArguments, DEFAULT_FOLDER, ExportArguments,
    RelabelArguments,
};
pub use views::{BudgetArguments, DiffArguments, TopArguments, TreeArguments, WhyArguments};

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
    Relabel(RelabelArguments),
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
