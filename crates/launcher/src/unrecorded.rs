//! Python processes that the program started and that are not recorded.

use std::ffi::OsString;
use std::fmt;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use interpreters::command_line::{PythonArguments, PythonProgram};
use spool::{ChildLaunch, LAUNCH_EXTENSION, REFUSAL_EXTENSION};

use super::spool_folder;

/// A Python process that the program started and that is not recorded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum UnrecordedProcess {
    /// It was started in a way in which the recorder does not get in.
    Started {
        /// Its command line, on one line and not too long.
        command: String,
        /// The reason.
        reason: UnrecordedReason,
    },
    /// The recorder could not start in it.
    Refused {
        /// The process.
        pid: u32,
        /// The interpreter of that process; 0 is the main one.
        interpreter: u64,
        /// The reason.
        reason: String,
    },
    /// It is a fork that could not write, nor leave word of its own.
    Fork {
        /// The process that it was forked from, or a parent of that.
        parent: u32,
        /// The error that it met.
        reason: String,
        /// It may not write there.
        is_denied: bool,
    },
    /// Its spool cannot be read.
    Unreadable {
        /// The process, as the name of its spool has it.
        pid: String,
        /// The reason.
        reason: String,
    },
}

impl UnrecordedProcess {
    /// Names a process that was started; `None` where it ran no program.
    pub(super) fn started(launch: &ChildLaunch) -> Option<Self> {
        Some(Self::Started {
            reason: reason(launch)?,
            command: shown(&launch.arguments),
        })
    }

    /// Names the process of a spool that cannot be read.
    pub(super) fn unreadable((spool, error): (PathBuf, io::Error)) -> Self {
        let name = spool.file_stem().unwrap_or_default().to_string_lossy();
        Self::Unreadable {
            pid: name.split('-').next().unwrap_or_default().to_owned(),
            reason: error.to_string(),
        }
    }
}

/// The reason why the recorder does not get into a process.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum UnrecordedReason {
    /// The program made up the environment.
    OwnEnvironment,
    /// Python ignores `PYTHONPATH` or leaves out `site`.
    NoSitecustomize,
    /// Another `sitecustomize` comes first, and does not import the next one.
    OtherSitecustomize(String),
    /// The recorder never started, and nothing says why.
    NeverBegan,
}

impl fmt::Display for UnrecordedProcess {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Started { command, reason } => write!(f, "`{command}`, {reason}"),
            Self::Refused {
                pid,
                interpreter,
                reason,
            } => {
                if *interpreter > 0 {
                    write!(f, "sub-interpreter {interpreter} of ")?;
                }
                write!(
                    f,
                    "process {pid}, in which the recorder could not start: {reason}"
                )
            }
            Self::Fork { parent, reason, .. } => write!(
                f,
                "a fork of process {parent}, which could not write to the trace folder: {reason}"
            ),
            Self::Unreadable { pid, reason } => write!(
                f,
                "process {pid}, and what it wrote cannot be read: {reason}"
            ),
        }
    }
}

impl fmt::Display for UnrecordedReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::OwnEnvironment => {
                f.write_str("whose environment is of the program's own making")
            }
            Self::NoSitecustomize => {
                f.write_str("which ignores PYTHONPATH or site (-I, -E or -S)")
            }
            Self::OtherSitecustomize(file) => write!(
                f,
                "which ran another sitecustomize instead of truename's ({file})"
            ),
            Self::NeverBegan => f.write_str(
                "in which the recorder did not start: it ended too soon, or runs as a user who may not \
                 read truename's files",
            ),
        }
    }
}

/// Lists the Python processes that the program started and that have no recording, in the order in which they
/// started; then those in which the recorder could not start.
pub(super) fn unrecorded(spools: &Path) -> Vec<UnrecordedProcess> {
    let files = files(spools);
    let refusals = refusals_among(&files);
    let launches = with_extension(&files, LAUNCH_EXTENSION);
    let launches = launches.filter_map(|file| ChildLaunch::read_from(file).ok());
    let mut open: Vec<_> = refusals.iter().collect();
    let started = launches.filter_map(|launch| {
        // What the process itself says is the better reason.
        if let Some(index) = open.iter().position(|it| it.is_of(&launch)) {
            open.remove(index);
            return None;
        }
        UnrecordedProcess::started(&launch)
    });
    let started: Vec<_> = started.collect();
    let refused = refusals.into_iter().map(|it| UnrecordedProcess::Refused {
        pid: it.pid,
        interpreter: it.interpreter,
        reason: it.reason,
    });
    started.into_iter().chain(refused).collect()
}

/// Word that the recorder could not start.
pub(super) struct Refusal {
    /// The process.
    pub(super) pid: u32,
    /// Its parent, unless it is a fork of a process that was recorded.
    parent: Option<u32>,
    /// The interpreter; 0 is the main one.
    interpreter: u64,
    /// The reason.
    pub(super) reason: String,
}

impl Refusal {
    /// Returns whether it may be of the process that was started, or of the one that replaced its starter.
    fn is_of(&self, launch: &ChildLaunch) -> bool {
        let is_starter = |parent| [parent, self.pid].contains(&launch.process);
        self.interpreter == 0 && self.parent.is_some_and(is_starter)
    }
}

/// Lists the processes in which the recorder could not start.
pub(super) fn refusals(spools: &Path) -> Vec<Refusal> {
    let mut refusals = refusals_among(&files(spools));
    refusals.retain(|refusal| refusal.interpreter == 0);
    refusals
}

fn refusals_among(files: &[PathBuf]) -> Vec<Refusal> {
    let refusals = with_extension(files, REFUSAL_EXTENSION).filter_map(|file| {
        let name = file.file_stem()?.to_str()?;
        let mut numbers = name.split('-');
        let pid = numbers.next()?.parse().ok()?;
        let parent = numbers.next().and_then(|it| it.parse().ok());
        let interpreter = numbers.next().and_then(|it| it.parse().ok());
        let text = String::from_utf8_lossy(&fs::read(file).ok()?).into_owned();
        let reason = match text.trim_end_matches('.') {
            "" => "it could not write to the trace folder (a full disk, or `ulimit -f`)",
            reason => reason,
        };
        Some(Refusal {
            pid,
            parent,
            interpreter: interpreter.unwrap_or(0),
            reason: reason.to_owned(),
        })
    });
    let mut refusals: Vec<_> = refusals.collect();
    // A fork may have left word before it became another program.
    refusals.sort_by_key(|it| (it.pid, it.interpreter, it.parent.is_none()));
    refusals.dedup_by_key(|it| (it.pid, it.interpreter));
    refusals
}

fn with_extension<'a>(files: &'a [PathBuf], extension: &str) -> impl Iterator<Item = &'a PathBuf> {
    let has_it = move |file: &&PathBuf| file.extension().is_some_and(|it| it == extension);
    files.iter().filter(has_it)
}

/// Lists the files that processes have left, by the numbers in their names.
fn files(spools: &Path) -> Vec<PathBuf> {
    let entries = spool_folder::entries(spools).unwrap_or_default();
    let mut files: Vec<_> = entries.into_iter().map(|(_, file)| file).collect();
    spool_folder::sort_by_time(&mut files);
    files
}

/// Returns the reason why a process that was started is not recorded; `None` where it ran no program.
fn reason(launch: &ChildLaunch) -> Option<UnrecordedReason> {
    let words: Vec<_> = launch
        .arguments
        .iter()
        .skip(1)
        .map(OsString::from)
        .collect();
    let read = PythonArguments::read(&words);
    if read.program == PythonProgram::Nothing {
        None
    } else if !launch.has_environment {
        Some(UnrecordedReason::OwnEnvironment)
    } else if read.bypasses_sitecustomize() && !launch.is_preloaded {
        Some(UnrecordedReason::NoSitecustomize)
    } else if let Some(file) = &launch.rival {
        Some(UnrecordedReason::OtherSitecustomize(file.clone()))
    } else {
        Some(UnrecordedReason::NeverBegan)
    }
}

/// Writes a command line on one line, and not too long.
fn shown(words: &[String]) -> String {
    const LONGEST: usize = 60;
    let line = words.join(" ");
    let line: String = line
        .chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect();
    match line.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", &line[..end]),
        None => line,
    }
}
