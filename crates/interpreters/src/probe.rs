//! Probes: asking an interpreter what it is.

use std::io::{self, Read};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{self, Receiver};
use std::thread;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process_group};

use super::info::InterpreterInfo;
use super::unusable::UnusablePython;

/// The time that an interpreter may take to say what it is.
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

/// Starts `path` and asks it what it is, stopping it when it takes longer than `limit`.
pub(super) fn ask(path: &Path, limit: Duration) -> Result<InterpreterInfo, UnusablePython> {
    let answer = start(path, limit)?;
    let text = String::from_utf8_lossy(&answer.output);
    // Other lines may come before it: a shell's complaint about the locale, for one.
    let info = text
        .lines()
        .rev()
        .find_map(|line| serde_json::from_str(line).ok());
    info.ok_or_else(|| UnusablePython::NoAnswer {
        status: answer.status.to_string(),
        said: text.lines().map(plain).find(|line| !line.is_empty()),
    })
}

struct ProbeOutput {
    output: Vec<u8>,
    status: ExitStatus,
}

fn start(path: &Path, limit: Duration) -> Result<ProbeOutput, UnusablePython> {
    refuse_what_is_no_file(path)?;
    let not_started = |error: io::Error| UnusablePython::NotStarted(error.to_string());
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
    let answer = listen(child, reader).map_err(|error| {
        stop(group);
        not_started(error)
    })?;
    match answer.recv_timeout(limit) {
        Ok(answer) => answer.map_err(not_started),
        Err(_) => {
            stop(group);
            Err(UnusablePython::Hung(limit))
        }
    }
}

fn refuse_what_is_no_file(path: &Path) -> Result<(), UnusablePython> {
    match path.metadata() {
        Ok(found) if found.is_dir() => Err(UnusablePython::Folder),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Err(match path.read_link() {
            Ok(target) => UnusablePython::BrokenLink(target),
            Err(_) => UnusablePython::Missing,
        }),
        // Any other difficulty is described best by the attempt to start it.
        _ => Ok(()),
    }
}

/// Waits in a thread for the answer and the end of `child`.
///
/// When a process outlives its group (it made itself a session) and keeps the pipe, the thread is
/// left behind; it holds nothing that anyone waits for.
///
/// # Errors
///
/// When there can be no more threads.
fn listen(
    mut child: Child,
    reader: io::PipeReader,
) -> io::Result<Receiver<io::Result<ProbeOutput>>> {
    let (sender, receiver) = mpsc::channel();
    let listener = thread::Builder::new();
    listener.spawn(move || {
        let mut output = Vec::new();
        let read = reader.take(LONGEST_ANSWER).read_to_end(&mut output);
        let ended = child.wait();
        let answer = read.and(ended).map(|status| ProbeOutput { output, status });
        // Nobody listens any more once the limit has passed.
        let _ = sender.send(answer);
    })?;
    Ok(receiver)
}

/// Stops a process group. Should the child have ended just now, its number is free again, yet far from
/// being given out again: the kernel goes once round all numbers first.
fn stop(group: u32) {
    if let Some(group) = Pid::from_raw(group.cast_signed()) {
        let _ = kill_process_group(group, Signal::KILL);
    }
}

/// Makes a line of a stranger's output fit for a message.
fn plain(line: &str) -> String {
    let line = line.trim().chars().take(200);
    line.map(|c| if c.is_control() { ' ' } else { c }).collect()
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use rstest::rstest;

    use super::super::testing::{TestMachine, info};
    use super::*;

    fn refused(path: &Path) -> String {
        ask(path, LIMIT).unwrap_err().to_string()
    }

    #[test]
    fn finds_the_answer_among_other_lines() {
        let machine = TestMachine::new();
        let answer = info((3, 13, 1), Path::new("/usr/bin/python3"));
        let line = serde_json::to_string(&answer).unwrap();
        let python = machine.script(
            "python3",
            &format!("echo 'cannot change locale' >&2; echo '{line}'; echo goodbye"),
        );
        assert_eq!(ask(&python, LIMIT), Ok(answer));
    }

    #[test]
    fn what_cannot_be_started_is_refused_with_the_reason() {
        let machine = TestMachine::new();
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
        let machine = TestMachine::new();
        assert_eq!(refused(&machine.script("python3", script)), reason);
    }

    #[test]
    fn a_program_that_writes_without_end_is_cut_off() {
        let machine = TestMachine::new();
        assert_eq!(
            refused(&machine.script("python3", "exec yes")),
            "did not answer as a Python does (signal: 13 (SIGPIPE), saying \"y\")"
        );
    }

    #[test]
    fn a_program_that_hangs_is_stopped_with_all_that_it_started() {
        let machine = TestMachine::new();
        let late = machine.at("late");
        let python = machine.script(
            "python3",
            &format!("(sleep 1; touch '{}') & wait", late.display()),
        );
        let limit = Duration::from_millis(200);
        let start = Instant::now();
        assert_eq!(ask(&python, limit), Err(UnusablePython::Hung(limit)));
        assert!(start.elapsed() < Duration::from_millis(900));
        thread::sleep(Duration::from_millis(1300));
        assert!(!late.exists());
    }
}
