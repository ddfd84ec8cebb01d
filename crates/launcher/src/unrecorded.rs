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
    /// Its spool cannot be read.
    Unreadable {
        /// The process, as the name of its spool has it.
        pid: String,
        /// The reason.
        reason: String,
    },
}

impl UnrecordedProcess {
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
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UnrecordedReason {
    /// The program made up the environment.
    OwnEnvironment,
    /// Python ignores `PYTHONPATH` or leaves out `site`.
    NoSitecustomize,
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
            Self::Unreadable { pid, reason } => write!(
                f,
                "process {pid}, and what it wrote cannot be read: {reason}"
            ),
        }
    }
}

impl fmt::Display for UnrecordedReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::OwnEnvironment => "whose environment is of the program's own making",
            Self::NoSitecustomize => "which ignores PYTHONPATH or site (-I, -E or -S)",
        })
    }
}

/// Lists the Python processes that the program started in a way in which the recorder does not get in, in
/// the order in which they started; then those in which it could not start.
pub(super) fn unrecorded(spools: &Path) -> Vec<UnrecordedProcess> {
    let files = files(spools);
    let started = with_extension(&files, LAUNCH_EXTENSION).filter_map(|file| {
        let launch = ChildLaunch::read_from(file).ok()?;
        Some(UnrecordedProcess::Started {
            reason: reason(&launch)?,
            command: shown(&launch.arguments),
        })
    });
    let refused = refusals_among(&files).map(|refusal| UnrecordedProcess::Refused {
        pid: refusal.pid,
        interpreter: refusal.interpreter,
        reason: refusal.reason,
    });
    started.chain(refused).collect()
}

/// A process in which the recorder could not start.
pub(super) struct Refusal {
    pub(super) pid: u32,
    /// The interpreter; 0 is the main one.
    pub(super) interpreter: u64,
    pub(super) reason: String,
}

/// Lists the processes in which the recorder could not start.
pub(super) fn refusals(spools: &Path) -> Vec<Refusal> {
    let files = files(spools);
    let all = refusals_among(&files);
    all.filter(|refusal| refusal.interpreter == 0).collect()
}

fn refusals_among(files: &[PathBuf]) -> impl Iterator<Item = Refusal> {
    with_extension(files, REFUSAL_EXTENSION).filter_map(|file| {
        let name = file.file_stem()?.to_str()?;
        let (pid, interpreter) = match name.split_once('-') {
            Some((pid, interpreter)) => (pid, interpreter.parse().ok()?),
            None => (name, 0),
        };
        let pid = pid.parse().ok()?;
        let text = String::from_utf8_lossy(&fs::read(file).ok()?).into_owned();
        let reason = match text.trim_end_matches('.') {
            "" => "it could not write to the trace folder (a full disk, or `ulimit -f`)",
            reason => reason,
        };
        Some(Refusal {
            pid,
            interpreter,
            reason: reason.to_owned(),
        })
    })
}

fn with_extension<'a>(files: &'a [PathBuf], extension: &str) -> impl Iterator<Item = &'a PathBuf> {
    let has_it = move |file: &&PathBuf| file.extension().is_some_and(|it| it == extension);
    files.iter().filter(has_it)
}

/// Lists the files that processes have left, by the times in their names.
fn files(spools: &Path) -> Vec<PathBuf> {
    let entries = spool_folder::entries(spools).unwrap_or_default();
    let mut files: Vec<_> = entries.into_iter().map(|(_, file)| file).collect();
    files.sort_by_cached_key(|file| {
        let name = file
            .file_stem()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        let time = name
            .split('-')
            .nth(1)
            .and_then(|time| time.parse::<u64>().ok());
        (time, name)
    });
    files
}

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
    } else {
        None
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
