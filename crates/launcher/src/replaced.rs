//! Recorded processes that have replaced themselves by another program, as `os.execv` does.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use spool::{ChildLaunch, Process, ProcessOrigin, RecordingStart, SPOOL_VARIABLE, is_python};

use super::running::{is_descendant, is_running};
use super::unrecorded::UnrecordedProcess;

/// The state of a process whose recording is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Afterlife {
    /// It has ended.
    Ended,
    /// It ends, or runs another program soon.
    Unclear,
    /// It goes on.
    Goes,
}

impl Afterlife {
    /// Looks at the process of a recording.
    pub(super) fn of(start: &RecordingStart) -> Self {
        let pid = start.process.pid;
        if !is_running(pid, start.time) {
            return Self::Ended;
        }
        // A process without memory has no command line.
        match fs::read(format!("/proc/{pid}/cmdline")) {
            Ok(words) if words.is_empty() => Self::Unclear,
            Ok(_) => Self::Goes,
            Err(_) => Self::Ended,
        }
    }
}

/// Returns whether the process of a recording still has the command line with which it began.
pub(super) fn has_same_command(start: &RecordingStart) -> bool {
    let Process { pid, arguments, .. } = &start.process;
    let words = fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
    let words = String::from_utf8_lossy(&words);
    words
        .split_terminator('\0')
        .eq(arguments.iter().map(String::as_str))
}

/// The processes that go on while their recordings are over: each runs another program, which is looked at from
/// outside as long as it has no recording of its own.
#[derive(Default)]
pub(super) struct Replaced {
    /// By process: a time at which it ran, and what is known of the program, if it is a Python.
    programs: BTreeMap<u32, (u64, Option<ChildLaunch>)>,
}

impl Replaced {
    /// Notes that a recording is over while its process goes on.
    pub(super) fn note(&mut self, start: &RecordingStart) {
        let pid = start.process.pid;
        // In a namespace of its own, a process has another's id.
        if is_descendant(pid) {
            self.programs.insert(pid, (start.time, python(pid)));
        }
    }

    /// Looks at the programs that run by now.
    pub(super) fn look(&mut self) {
        self.programs.retain(|&pid, (time, program)| {
            let is_running = is_running(pid, *time);
            if is_running && let Some(found) = python(pid) {
                *program = Some(found);
            }
            is_running || program.is_some()
        });
    }

    /// Forgets a process that has another recording.
    pub(super) fn settle(&mut self, start: &RecordingStart) {
        if start.process.origin == ProcessOrigin::Start {
            self.programs.remove(&start.process.pid);
        }
    }

    /// Takes out the Pythons that processes became and that are not recorded. Those that have left word are not
    /// among them.
    pub(super) fn take(&mut self, has_left_word: impl Fn(u32) -> bool) -> Vec<UnrecordedProcess> {
        let programs = std::mem::take(&mut self.programs).into_iter();
        programs
            .filter(|(pid, _)| !has_left_word(*pid))
            .filter_map(|(_, (_, program))| UnrecordedProcess::started(&program?))
            .collect()
    }
}

/// The recorder's library, as long as it is in a process: this has not run another program then.
const RECORDER: &str = "truename_recorder.abi3.so";

/// Describes the Python that a process runs without a recorder; `None` for another program, and for one that has
/// ended.
fn python(pid: u32) -> Option<ChildLaunch> {
    let process = Path::new("/proc").join(pid.to_string());
    let words = fs::read(process.join("cmdline")).ok()?;
    let executable = fs::read_link(process.join("exe")).ok()?;
    let name = executable.file_name()?.to_str()?;
    let words = String::from_utf8_lossy(words.strip_suffix(b"\0")?).into_owned();
    let maps = fs::read(process.join("maps")).ok()?;
    if String::from_utf8_lossy(&maps).contains(RECORDER) {
        return None;
    }
    let environment = fs::read(process.join("environ")).ok()?;
    let mut variables = environment.split(|byte| *byte == 0);
    let is_spool = |variable: &[u8]| {
        let value = variable.strip_prefix(SPOOL_VARIABLE.as_bytes());
        value.is_some_and(|value| value.starts_with(b"="))
    };
    let mut arguments = ChildLaunch::shortened(words.split('\0'));
    name.clone_into(arguments.first_mut()?);
    is_python(name).then(|| ChildLaunch {
        process: pid,
        time: 0,
        is_preloaded: false,
        has_environment: variables.any(is_spool),
        rival: None,
        arguments,
    })
}
