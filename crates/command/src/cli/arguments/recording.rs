//! Options of commands that record a program.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::{Args, value_parser};
use spool::{Detail, ValueDetail};

use super::traces::{DEFAULT_FOLDER, FormatName};

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
    #[command(flatten)]
    pub recording: RecordingArguments,
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

/// Follow what a running process records of itself, for the Python package
#[derive(Debug, Args)]
pub struct AttachArguments {
    /// The process
    #[arg(long)]
    pub pid: u32,
    /// The folder for the trace; an earlier trace in it is replaced
    #[arg(long, value_name = "DIR")]
    pub out: PathBuf,
    #[command(flatten)]
    pub recording: RecordingArguments,
}

/// Print the path of the recorder's library, for the Python package
#[derive(Debug, Args)]
pub struct RecorderArguments {
    /// A private folder to write it to; the cache if none is named
    #[arg(value_name = "DIR")]
    pub folder: Option<PathBuf>,
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

/// The options by which a recording is chosen.
#[derive(Debug, Args)]
pub struct RecordingArguments {
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
