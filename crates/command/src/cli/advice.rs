//! Advice: from the errors of libraries to what a person can do about them.

use std::io;

use interpreters::{InterpreterError, RequestError, RequestedBy, UnusablePython, python_of};
use launcher::{LauncherError, NoTrace, UnrecordedProcess, UnrecordedReason};
use trace::TraceError;
use trace_filter::FilterError;

use super::failure::Failure;

const INSTALL: &str = "install CPython 3.12 or newer (`uv python install 3.13`, `pyenv install 3.13` \
                       or the system's packages)";

impl From<InterpreterError> for Failure {
    fn from(error: InterpreterError) -> Self {
        Self::usage(match &error {
            InterpreterError::Requested { by, error } => {
                let by = match by {
                    RequestedBy::Caller => "--python".to_owned(),
                    RequestedBy::Variable => by.to_string(),
                };
                format!("{by} asks for {error}. {}", on_request(error))
            }
            InterpreterError::VirtualEnv { .. } => format!(
                "{error}. Make it anew with CPython 3.12 or newer, leave it with `deactivate`, or \
                 name another interpreter with --python."
            ),
            InterpreterError::NoneUsable { .. } => {
                format!("{error}. To go on, {INSTALL}, or name one with --python.")
            }
        })
    }
}

fn on_request(error: &RequestError) -> String {
    match error {
        RequestError::NoSuchCommand { .. } => {
            "Name one that `truename pythons` lists, by its path, its command or its version."
                .into()
        }
        RequestError::Unusable {
            path,
            reason: UnusablePython::Folder,
        } => format!(
            "Name the interpreter inside it, such as {}.",
            python_of(path).display()
        ),
        RequestError::Unusable { .. } | RequestError::UnusableVersion { .. } => {
            format!("Name one that `truename pythons` lists as usable, or {INSTALL}.")
        }
        RequestError::NoSuchVersion { .. } => {
            "Install it, or name another one by its path, its command or its version.".into()
        }
    }
}

impl From<FilterError> for Failure {
    fn from(error: FilterError) -> Self {
        Self::usage(error.to_string())
    }
}

/// Says what to do when a program could not be recorded.
impl From<LauncherError> for Failure {
    fn from(error: LauncherError) -> Self {
        let usage = |advice: &str| Self::usage(format!("{error}. {advice}"));
        let failed = |advice: &str| Self::new(format!("{error}. {advice}"));
        match &error {
            LauncherError::Filter(_) | LauncherError::FilterOfVariable(_) => {
                Self::usage(error.to_string())
            }
            LauncherError::NoWayIn => usage("Run it without these options."),
            LauncherError::NotEverywhere => usage("Leave out --everywhere."),
            LauncherError::FolderName { .. } => {
                Self::usage(format!("--out {error}. Name a folder."))
            }
            LauncherError::FolderIsFile { .. } => usage("Name another with --out."),
            LauncherError::FolderHoldsOthers { .. } => {
                usage("Name an empty or a new folder with --out.")
            }
            LauncherError::FolderInUse { .. } => {
                usage("Name another folder with --out, or wait until that has ended.")
            }
            LauncherError::Folder { source, .. } => failed(on_writing(source)),
            LauncherError::FolderGone { moved_to, .. } => failed(&match moved_to {
                Some(folder) => format!(
                    "It is {0} now: truename finish {0} makes a trace of what was recorded there.",
                    folder.display()
                ),
                None => {
                    "Record the program again, and leave that folder alone meanwhile.".to_owned()
                }
            }),
            LauncherError::Payload(_) => failed(
                "Set TMPDIR to a folder that can be written and whose path has no colon and no space.",
            ),
            LauncherError::NotStarted { source, .. } => failed(match source.kind() {
                io::ErrorKind::ArgumentListTooLong => "Give it fewer or shorter arguments.",
                io::ErrorKind::PermissionDenied => {
                    "Make it executable, or name another one with --python."
                }
                io::ErrorKind::WouldBlock => {
                    "There are as many processes as there may be (`ulimit -u`): end some, or allow more."
                }
                _ => "Name another one with --python.",
            }),
            LauncherError::NoTrace(reason) => reason.into(),
            LauncherError::NotFollowed { folder } => failed(&format!(
                "It is kept: truename finish {} makes a trace of it.",
                folder.display()
            )),
            LauncherError::SpoolsNotRead { folder, .. } => failed(&format!(
                "What was recorded is kept: truename finish {} makes a trace of it where more files \
                 may be open (`ulimit -n`).",
                folder.display()
            )),
            LauncherError::TraceNotWritten { folder, source } => Self::new(format!(
                "{} What was recorded is kept: truename finish {} makes a trace of it.",
                Self::from(source),
                folder.display()
            )),
            LauncherError::NothingUnfinished { .. } => {
                usage("Name a folder that `truename run` was writing to when it was killed.")
            }
            LauncherError::ForeignSpool { .. } => {
                failed("Use the truename that recorded it, or record the program again.")
            }
            LauncherError::StillRunning { .. } => {
                failed("Wait for it, or stop it, then run truename finish again.")
            }
            LauncherError::EmptyRecording { .. } => failed("Record the program again."),
        }
    }
}

/// Says what to do when a recording could not be finished. Its folder cannot be chosen: it is the one that
/// the recording is in.
pub fn on_finish(error: LauncherError) -> Failure {
    match &error {
        LauncherError::FolderInUse { .. } => {
            Failure::new(format!("{error}. Wait until that has ended."))
        }
        LauncherError::FolderName { .. } => Failure::usage(format!("{error}. Name a folder.")),
        _ => error.into(),
    }
}

/// Says what to do to have a process recorded that was not, where something can be done.
pub fn on_unrecorded(process: &UnrecordedProcess) -> Option<&'static str> {
    match process {
        UnrecordedProcess::Started { reason, .. } => match reason {
            UnrecordedReason::OwnEnvironment
            | UnrecordedReason::NoSitecustomize
            | UnrecordedReason::OtherSitecustomize(_) => {
                Some("`truename run --everywhere` records it.")
            }
            UnrecordedReason::NeverBegan => None,
        },
        UnrecordedProcess::Fork {
            is_denied: true, ..
        } => Some("Run truename as the user that the program becomes."),
        UnrecordedProcess::Fork { .. }
        | UnrecordedProcess::Refused { .. }
        | UnrecordedProcess::Unreadable { .. } => None,
    }
}

impl From<&NoTrace> for Failure {
    fn from(reason: &NoTrace) -> Self {
        let advice = match reason {
            NoTrace::StoppedEarly => "See what it printed above.",
            NoTrace::Refused { .. } => {
                "`truename pythons` lists interpreters that can be recorded."
            }
            NoTrace::NotPreloaded { .. } => {
                "Run it without these options, or another one with --python."
            }
            NoTrace::NotCustomized { .. } => {
                "If a script in between changes PYTHONPATH or adds -I, -E or -S, name the interpreter \
                 itself with --python."
            }
            NoTrace::EndedEarly { .. } => {
                "See what it printed above; `truename pythons` lists other interpreters."
            }
        };
        Self::new(format!("{reason}. {advice}"))
    }
}

/// Says what to do about a folder that cannot be used.
fn on_writing(error: &io::Error) -> &'static str {
    match error.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
            "Free some space there, or name a folder on another disk with --out."
        }
        _ => "Name a folder that can be written with --out.",
    }
}

/// Says what to do when a trace cannot be read or written.
impl From<&TraceError> for Failure {
    fn from(error: &TraceError) -> Self {
        let usage = |advice: &str| Self::usage(format!("{error}. {advice}"));
        match error {
            TraceError::NoFolder(folder) => usage(&format!(
                "Name the folder of a trace, or make one: truename run --out {} ...",
                folder.display()
            )),
            TraceError::NotAFolder(_) => {
                usage("Name the folder that holds trace.bin or trace.json.")
            }
            TraceError::NotATrace(_) => {
                usage("Name the folder of a trace, or make one: truename run --out DIR ...")
            }
            TraceError::TwoTraces(_) => usage("Remove the one that does not belong."),
            _ => Self::new(format!("{error}. {}", on_trace(error))),
        }
    }
}

impl From<TraceError> for Failure {
    fn from(error: TraceError) -> Self {
        Self::from(&error)
    }
}

fn on_trace(error: &TraceError) -> &'static str {
    match error {
        TraceError::NotAChild(_) => "Move it away.",
        TraceError::Unreadable { source, .. } => match source.kind() {
            io::ErrorKind::PermissionDenied => "Ask its owner for permission to read it.",
            io::ErrorKind::NotFound => "It belongs to the trace: record the program again.",
            _ => "Record the program again.",
        },
        TraceError::OtherFormat { .. } => {
            "Use the truename that wrote it, or record the program again."
        }
        TraceError::Unwritable { source, .. } => on_writing(source),
        _ => "Record the program again.",
    }
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use interpreters::{PythonInstallation, PythonSource};
    use trace::WriteAction;

    use super::*;

    fn requested(by: RequestedBy, error: RequestError) -> String {
        let failure = Failure::from(InterpreterError::Requested { by, error });
        assert_eq!(failure.status(), 2);
        failure.to_string()
    }

    #[test]
    fn an_interpreter_that_was_asked_for_in_vain_has_a_remedy() {
        let old = UnusablePython::TooOld((3, 11, 2));
        let path = PathBuf::from("/usr/bin/python3.11");
        assert_eq!(
            requested(
                RequestedBy::Caller,
                RequestError::Unusable {
                    path: path.clone(),
                    reason: old.clone()
                }
            ),
            "--python asks for /usr/bin/python3.11, which is CPython 3.11.2, and truename needs 3.12 \
             or newer. Name one that `truename pythons` lists as usable, or install CPython 3.12 or \
             newer (`uv python install 3.13`, `pyenv install 3.13` or the system's packages)."
        );
        let found = Box::new(PythonInstallation {
            path,
            source: PythonSource::System,
            executable: None,
            verdict: Err(old),
        });
        assert_eq!(
            requested(
                RequestedBy::Caller,
                RequestError::UnusableVersion {
                    version: "3.11".into(),
                    found
                }
            ),
            "--python asks for Python 3.11; /usr/bin/python3.11 is CPython 3.11.2, and truename needs \
             3.12 or newer. Name one that `truename pythons` lists as usable, or install CPython 3.12 \
             or newer (`uv python install 3.13`, `pyenv install 3.13` or the system's packages)."
        );
        assert_eq!(
            requested(
                RequestedBy::Caller,
                RequestError::NoSuchVersion {
                    version: "3.14".into(),
                    found: Vec::new()
                }
            ),
            "--python asks for Python 3.14, and none was found; usable here: none. Install it, or \
             name another one by its path, its command or its version."
        );
        assert_eq!(
            requested(
                RequestedBy::Caller,
                RequestError::Unusable {
                    path: "/usr".into(),
                    reason: UnusablePython::Folder
                }
            ),
            "--python asks for /usr, which is a folder, not an interpreter. Name the interpreter \
             inside it, such as /usr/bin/python."
        );
        assert_eq!(
            requested(
                RequestedBy::Variable,
                RequestError::NoSuchCommand {
                    name: "python3.11".into()
                }
            ),
            "$TRUENAME_PYTHON asks for the command \"python3.11\", and no folder of PATH holds such a \
             program. Name one that `truename pythons` lists, by its path, its command or its version."
        );
    }

    #[test]
    fn where_no_interpreter_will_do_there_is_a_way_on() {
        let failure = Failure::from(InterpreterError::VirtualEnv {
            folder: "/venv".into(),
            python: "/venv/bin/python".into(),
            reason: UnusablePython::BrokenLink("/gone/python3.12".into()),
        });
        assert_eq!(
            failure.to_string(),
            "The virtual environment /venv is active (VIRTUAL_ENV), and its /venv/bin/python is a link \
             to /gone/python3.12, which does not exist. Make it anew with CPython 3.12 or newer, leave \
             it with `deactivate`, or name another interpreter with --python."
        );
        let failure = Failure::from(InterpreterError::NoneUsable { found: Vec::new() });
        assert_eq!(
            failure.to_string(),
            "There is no Python here that truename can record: it needs CPython 3.12 or newer, and \
             found on PATH and in the folders of pyenv, uv, truename, /usr and /opt: none at all. To go \
             on, install CPython 3.12 or newer (`uv python install 3.13`, `pyenv install 3.13` or the \
             system's packages), or name one with --python."
        );
    }

    #[test]
    fn the_folder_of_a_trace_can_be_chosen_when_it_is_recorded_and_not_when_it_is_finished() {
        let in_use = || LauncherError::FolderInUse { folder: "t".into() };
        let recorded = Failure::from(in_use());
        assert_eq!(recorded.status(), 2);
        assert!(recorded.to_string().contains("with --out, or wait"));
        let finished = on_finish(in_use());
        assert_eq!(finished.status(), 1);
        assert_eq!(
            finished.to_string(),
            "another truename is recording into t, or finishing what is in it. Wait until that has \
             ended."
        );
    }

    #[test]
    fn a_trace_that_cannot_be_written_has_a_remedy() {
        let unwritable = |action, path: &str, errno| {
            let source = io::Error::from_raw_os_error(errno);
            let path = path.into();
            Failure::from(TraceError::Unwritable {
                action,
                path,
                source,
            })
        };
        assert_eq!(
            unwritable(WriteAction::Write, "/t/trace.bin", 28).to_string(),
            "cannot write /t/trace.bin: No space left on device (os error 28). Free some space there, \
             or name a folder on another disk with --out."
        );
        assert_eq!(
            unwritable(WriteAction::MakeFolder, "/t", 13).to_string(),
            "cannot make the folder /t: Permission denied (os error 13). Name a folder that can be \
             written with --out."
        );
    }
}
