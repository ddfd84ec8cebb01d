//! Asking an interpreter what it is.

use std::ffi::OsString;
use std::io::{self, Read};
use std::os::unix::ffi::OsStringExt;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{self, Receiver};
use std::thread;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::interpreter::OLDEST;
use super::{Interpreter, Refusal, Stage, Version};

/// The time that an interpreter has for its answer.
pub(super) const LIMIT: Duration = Duration::from_secs(10);

/// More than any answer: a program that writes without end is cut off here.
const LONGEST_ANSWER: u64 = 64 * 1024;

/// Writes one line of JSON. Must be readable to Python 2.7, so that an old Python is named with its
/// version, and imports nothing but built-ins: with `-c`, an import would look in the working
/// directory first. A path is given as its bytes, since it need not be text.
const QUESTION: &str = r#"
import sys
def path_bytes(path):
    if not isinstance(path, bytes):
        path = path.encode(sys.getfilesystemencoding(), "surrogateescape")
    return list(bytearray(path))
if hasattr(sys, "implementation"):
    implementation = sys.implementation.name
else:
    implementation = getattr(sys, "subversion", ["unknown"])[0].lower()
print('{"implementation": "%s", "version": %s, "stage": {"%s": %d}, "free_threaded": %s, "platform": "%s", "executable": %s}' % (
    implementation,
    list(sys.version_info[:3]),
    sys.version_info[3],
    sys.version_info[4],
    str("t" in getattr(sys, "abiflags", "")).lower(),
    sys.platform,
    path_bytes(sys.executable or ""),
))
"#;

/// The answer of an interpreter.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Report {
    /// `sys.implementation.name`.
    implementation: String,
    version: Version,
    /// `sys.version_info.releaselevel` and `serial`.
    stage: Stage,
    /// True if `sys.abiflags` has a `t`, which is how a build without the lock marks itself.
    free_threaded: bool,
    /// `sys.platform`.
    platform: String,
    /// The bytes of `sys.executable`; none if Python does not know it.
    executable: Vec<u8>,
}

impl Report {
    /// Returns the interpreter's own path; `None` if it does not know it.
    pub(super) fn executable(&self) -> Option<PathBuf> {
        let executable = OsString::from_vec(self.executable.clone());
        (!executable.is_empty()).then(|| executable.into())
    }

    /// Says whether the interpreter at `path` can be recorded.
    pub(super) fn judge(&self, path: &Path) -> Result<Interpreter, Refusal> {
        let version = self.version;
        if self.implementation != "cpython" {
            return Err(Refusal::NotCPython(self.implementation.clone(), version));
        }
        if version < OLDEST {
            return Err(Refusal::TooOld(version));
        }
        if self.free_threaded {
            return Err(Refusal::FreeThreaded(version));
        }
        if !["linux", "darwin"].contains(&self.platform.as_str()) {
            return Err(Refusal::Platform(self.platform.clone(), version));
        }
        // A script is run as it was found, though the interpreter that it starts is now known and
        // would start sooner: `pyenv exec`, behind every pyenv shim, also sets PYENV_VERSION and
        // puts that version's folder first on PATH, a wrapper of one's own may do anything, and
        // nothing about the program may change but time.
        Ok(Interpreter {
            path: path.to_owned(),
            version,
            stage: self.stage,
            executable: self.executable().unwrap_or_else(|| path.to_owned()),
        })
    }
}

/// Starts `path` and asks it what it is, stopping it when it takes longer than `limit`.
pub(super) fn ask(path: &Path, limit: Duration) -> Result<Report, Refusal> {
    let answer = start(path, limit)?;
    let text = String::from_utf8_lossy(&answer.output);
    // Other lines may come before it: a shell's complaint about the locale, for one.
    let report = text
        .lines()
        .rev()
        .find_map(|line| serde_json::from_str(line).ok());
    report.ok_or_else(|| Refusal::NoAnswer {
        status: answer.status.to_string(),
        said: text.lines().map(plain).find(|line| !line.is_empty()),
    })
}

struct Answer {
    output: Vec<u8>,
    status: ExitStatus,
}

fn start(path: &Path, limit: Duration) -> Result<Answer, Refusal> {
    refuse_what_is_no_file(path)?;
    let not_started = |error: io::Error| Refusal::NotStarted(error.to_string());
    let (reader, writer) = io::pipe().map_err(not_started)?;
    let second_writer = writer.try_clone().map_err(not_started)?;
    let child = Command::new(path)
        // Not `-I`, which Python 2.7 does not know. `-S` leaves out `site`, and with it what others
        // have put in `.pth` files; the executable is known without it, in a virtual environment too.
        .args(["-E", "-s", "-S", "-c", QUESTION])
        .stdin(Stdio::null())
        .stdout(writer)
        .stderr(second_writer)
        // A group of its own, so that what a script has started is stopped along with it.
        .process_group(0)
        .spawn()
        .map_err(not_started)?;
    let group = child.id();
    let answer = listen(child, reader);
    match answer.recv_timeout(limit) {
        Ok(answer) => answer.map_err(not_started),
        Err(_) => {
            stop(group);
            Err(Refusal::Hung(limit))
        }
    }
}

fn refuse_what_is_no_file(path: &Path) -> Result<(), Refusal> {
    match path.metadata() {
        Ok(found) if found.is_dir() => Err(Refusal::Folder),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Err(match path.read_link() {
            Ok(target) => Refusal::BrokenLink(target),
            Err(_) => Refusal::Missing,
        }),
        // The attempt to start it gives the best message for any other difficulty.
        _ => Ok(()),
    }
}

/// Waits in a thread for the answer and the end of `child`.
///
/// When a process outlives its group (it made itself a session) and keeps the pipe, the thread is
/// left behind; it holds nothing that anyone waits for.
fn listen(mut child: Child, reader: io::PipeReader) -> Receiver<io::Result<Answer>> {
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || {
        let mut output = Vec::new();
        let read = reader.take(LONGEST_ANSWER).read_to_end(&mut output);
        let ended = child.wait();
        let answer = read.and(ended).map(|status| Answer { output, status });
        // Nobody listens any more once the limit has passed.
        let _ = sender.send(answer);
    });
    receiver
}

fn stop(group: u32) {
    let Ok(group) = libc::pid_t::try_from(group) else {
        return;
    };
    // SAFETY: kill takes plain numbers. Should the child have ended just now, its number is free
    // again, yet far from being given out again: the kernel goes once round all numbers first.
    unsafe { libc::kill(-group, libc::SIGKILL) };
}

/// A line of a stranger's output that can be put in a message.
fn plain(line: &str) -> String {
    let line = line.trim().chars().take(200);
    line.map(|c| if c.is_control() { ' ' } else { c }).collect()
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use rstest::rstest;

    use super::super::testing::{Machine, report};
    use super::*;

    fn refused(path: &Path) -> String {
        ask(path, LIMIT).unwrap_err().to_string()
    }

    #[test]
    fn finds_the_answer_among_other_lines() {
        let machine = Machine::new();
        let answer = report((3, 13, 1), Path::new("/usr/bin/python3"));
        let line = serde_json::to_string(&answer).unwrap();
        let python = machine.script(
            "python3",
            &format!("echo 'cannot change locale' >&2; echo '{line}'; echo goodbye"),
        );
        assert_eq!(ask(&python, LIMIT), Ok(answer));
    }

    #[test]
    fn what_cannot_be_started_is_refused_with_the_reason() {
        let machine = Machine::new();
        machine.write("plain", "text");
        let broken = machine.link("link", "/nowhere/python3");
        assert_eq!(refused(&machine.at("missing")), "does not exist");
        assert_eq!(
            refused(&broken),
            "is a link to /nowhere/python3, which does not exist"
        );
        assert_eq!(
            refused(&machine.at("path")),
            "is a folder, not an interpreter"
        );
        assert_eq!(
            refused(&machine.at("plain")),
            "cannot be started (Permission denied (os error 13))"
        );
    }

    #[rstest]
    #[case::a_shim_without_a_version(
        "echo 'pyenv: python3: command not found' >&2; exit 127",
        "did not answer as a Python does (exit status: 127, saying \"pyenv: python3: command not found\")"
    )]
    #[case::silence(
        "exit 0",
        "did not answer as a Python does (exit status: 0, saying nothing)"
    )]
    #[case::a_signal(
        "kill -9 $$",
        "did not answer as a Python does (signal: 9 (SIGKILL), saying nothing)"
    )]
    #[case::control_characters(
        r"printf '\n  \033[1mno\tway\n'",
        "did not answer as a Python does (exit status: 0, saying \" [1mno way\")"
    )]
    #[case::another_answer(
        r#"echo '{"implementation": "cpython"}'"#,
        "did not answer as a Python does (exit status: 0, saying \"{\"implementation\": \"cpython\"}\")"
    )]
    fn what_is_no_python_is_refused_with_its_words(#[case] script: &str, #[case] reason: &str) {
        let machine = Machine::new();
        assert_eq!(refused(&machine.script("python3", script)), reason);
    }

    #[test]
    fn a_program_that_writes_without_end_is_cut_off() {
        let machine = Machine::new();
        assert_eq!(
            refused(&machine.script("python3", "exec yes")),
            "did not answer as a Python does (signal: 13 (SIGPIPE), saying \"y\")"
        );
    }

    #[test]
    fn a_program_that_hangs_is_stopped_with_all_that_it_started() {
        let machine = Machine::new();
        let late = machine.at("late");
        let python = machine.script(
            "python3",
            &format!("(sleep 1; touch '{}') & wait", late.display()),
        );
        let limit = Duration::from_millis(200);
        let start = Instant::now();
        assert_eq!(ask(&python, limit), Err(Refusal::Hung(limit)));
        assert!(start.elapsed() < Duration::from_millis(900));
        thread::sleep(Duration::from_millis(1300));
        assert!(!late.exists());
    }

    #[rstest]
    #[case::older(
        |report: &mut Report| report.version = (3, 11, 9),
        "is CPython 3.11.9, and truename needs 3.12 or newer"
    )]
    #[case::much_older(
        |report: &mut Report| (report.version, report.platform) = ((2, 7, 18), "linux2".to_owned()),
        "is CPython 2.7.18, and truename needs 3.12 or newer"
    )]
    #[case::pypy(
        |report: &mut Report| report.implementation = "pypy".to_owned(),
        "is pypy (Python 3.13.1), and truename records CPython only"
    )]
    #[case::free_threaded(
        |report: &mut Report| report.free_threaded = true,
        "is a free-threaded build of CPython 3.13.1, and truename records builds with the GIL only"
    )]
    #[case::platform(
        |report: &mut Report| report.platform = "cygwin".to_owned(),
        "is CPython 3.13.1 for the platform \"cygwin\", and truename records on Linux and macOS only"
    )]
    fn what_cannot_be_recorded_is_refused(#[case] change: fn(&mut Report), #[case] reason: &str) {
        let path = Path::new("/usr/bin/python3");
        let mut report = report((3, 13, 1), path);
        change(&mut report);
        assert_eq!(report.judge(path).unwrap_err().to_string(), reason);
    }

    #[rstest]
    #[case((3, 12, 0), "linux")]
    #[case((3, 15, 2), "darwin")]
    #[case((4, 0, 0), "linux")]
    fn a_cpython_that_can_be_recorded_is_run_as_it_was_found(
        #[case] version: Version,
        #[case] platform: &str,
    ) {
        let mut report = report(version, Path::new("/opt/python/bin/python3.12"));
        report.platform = platform.to_owned();
        let found = Path::new("/home/me/.pyenv/shims/python3");
        assert_eq!(
            report.judge(found),
            Ok(Interpreter {
                path: found.to_owned(),
                version,
                stage: Stage::Final(0),
                executable: "/opt/python/bin/python3.12".into(),
            })
        );
    }

    #[test]
    fn a_python_that_does_not_know_its_path_has_the_one_it_was_found_by() {
        let found = Path::new("/usr/bin/python3");
        let interpreter = report((3, 12, 0), Path::new("")).judge(found).unwrap();
        assert_eq!(interpreter.executable, found);
    }
}
