//! Programs that end otherwise than by returning, and those that fork.

use std::fs;
use std::os::unix::fs::FileExt;
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

use interpreters::Interpreter;
use truename::check;

use crate::context::{pythons, show};
use crate::events::snippet::{Snippet, calls_of};

#[track_caller]
fn expect_ending(code: &str, status: Option<i32>, expected: &[&str]) {
    let snippet = Snippet::new(code);
    for python in pythons() {
        let run = snippet.run(python, &[]);
        assert_eq!(run.output.status.code(), status, "{}", show(&run.output));
        assert_eq!(calls_of(&run.trace, "main.py"), expected);
    }
}

#[test]
fn sys_exit_unwinds() {
    let code = "import sys
def f(): sys.exit(3)
f()
";
    expect_ending(code, Some(3), &["enter f", "raise f SystemExit"]);
}

#[test]
fn os_exit_leaves_calls_open() {
    let code = "import os
def f(): os._exit(4)
f()
";
    let expected = ["enter f", "raise f the process ended first"];
    expect_ending(code, Some(4), &expected);
}

#[test]
fn a_signal_that_kills_loses_nothing() {
    let code = "import os, signal
def f(): g(); os.kill(os.getpid(), signal.SIGKILL)
def g(): pass
f()
";
    let expected = [
        "enter f",
        "enter g",
        "leave g",
        "raise f the process was killed first",
    ];
    expect_ending(code, None, &expected);
}

#[test]
fn a_fork_has_a_trace_of_its_own() {
    let code = "import os
def f():
    pid = os.fork()
    g()
    if pid: os.waitpid(pid, 0)
    return pid
def g(): pass
if not f(): g()
";
    let snippet = Snippet::new(code);
    for python in pythons() {
        let run = snippet.run(python, &[]);
        let parent = ["enter f", "enter g", "leave g", "leave f"];
        assert_eq!(calls_of(&run.trace, "main.py"), parent);
        let child = ["enter g", "leave g", "enter g", "leave g"];
        assert_eq!(calls_of(&run.trace.join("children/1"), "main.py"), child);
    }
}

/// A recording whose truename was killed while its program ran, and the program is over by now.
fn abandoned(python: &Interpreter) -> Snippet {
    let snippet = Snippet::new(
        "import pathlib, time
def f():
    g()
    pathlib.Path('ready').touch()
    while not pathlib.Path('go').exists(): time.sleep(0.01)
    g()
def g(): pass
f()
pathlib.Path('over').touch()
",
    );
    let mut truename = snippet.command(python, &[]).spawn().unwrap();
    wait_for("the program", || snippet.folder().join("ready").exists());
    truename.kill().unwrap();
    truename.wait().unwrap();
    fs::write(snippet.folder().join("go"), "").unwrap();
    wait_for("its end", || snippet.folder().join("over").exists());
    snippet
}

#[track_caller]
fn wait_for(what: &str, mut is_there: impl FnMut() -> bool) {
    let start = Instant::now();
    while !is_there() {
        assert!(start.elapsed() < Duration::from_secs(30), "{what} comes");
        thread::sleep(Duration::from_millis(10));
    }
}

fn finish(snippet: &Snippet) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_truename"));
    command.arg("finish").current_dir(snippet.folder());
    // At first the process still takes its leave.
    wait_for("a trace", || command.output().unwrap().status.success());
}

#[test]
fn what_a_killed_truename_left_can_be_finished() {
    for python in pythons() {
        let snippet = abandoned(python);
        finish(&snippet);
        let trace = snippet.folder().join("truename-trace");
        let report = check(&trace).unwrap();
        assert!(report.is_ok(), "{report}");
        let expected = [
            "enter f", "enter g", "leave g", "enter g", "leave g", "leave f",
        ];
        assert_eq!(calls_of(&trace, "main.py"), expected);
        let left: Vec<_> = fs::read_dir(&trace).unwrap().collect();
        assert_eq!(left.len(), 4, "four files and nothing else");
    }
}

/// The room of what had been read long before was given back to the disk.
#[test]
fn what_a_killed_truename_gave_back_is_reported() {
    let snippet = abandoned(&pythons()[0]);
    let trace = snippet.folder().join("truename-trace");
    let spools = fs::read_dir(&trace).unwrap().next().unwrap().unwrap();
    let spool = fs::read_dir(spools.path())
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .find(|file| file.extension().is_some_and(|it| it == "spool"))
        .unwrap();
    let freed = (3_u64 << 20) + (1 << 16);
    let spool = fs::OpenOptions::new().write(true).open(spool).unwrap();
    spool.write_all_at(&freed.to_le_bytes(), 16).unwrap();
    finish(&snippet);
    let report = check(&trace).unwrap().to_string();
    let seen = "what the recorder wrote was cut or damaged: 3 MiB of the spool were given back to the \
                disk by a truename that was killed before its trace was complete";
    assert!(report.contains(seen), "{report}");
}
