//! Programs that end otherwise than by returning, and those that fork.

use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

use truename::trace::check::check;

use crate::snippet::{INTERPRETERS, Snippet, show, told};

#[track_caller]
fn expect_ending(code: &str, status: Option<i32>, expected: &[&str]) {
    let snippet = Snippet::new(code);
    for python in INTERPRETERS.iter() {
        let run = snippet.run(python, &[]);
        assert_eq!(run.output.status.code(), status, "{}", show(&run.output));
        assert_eq!(told(&run.trace, "main.py"), expected);
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
        "raise f the process ended first",
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
    for python in INTERPRETERS.iter() {
        let run = snippet.run(python, &[]);
        let parent = ["enter f", "enter g", "leave g", "leave f"];
        assert_eq!(told(&run.trace, "main.py"), parent);
        let child = ["enter g", "leave g", "enter g", "leave g"];
        assert_eq!(told(&run.trace.join("children/1"), "main.py"), child);
    }
}

/// A truename that was killed left a spool and files without names.
#[test]
fn what_a_killed_truename_left_can_be_finished() {
    let code = "import pathlib, time
def f():
    g()
    pathlib.Path('ready').touch()
    while not pathlib.Path('go').exists(): time.sleep(0.01)
    g()
def g(): pass
f()
pathlib.Path('over').touch()
";
    let wait_for = |file: std::path::PathBuf| {
        let start = Instant::now();
        while !file.exists() {
            assert!(
                start.elapsed() < Duration::from_secs(30),
                "{} comes",
                file.display()
            );
            thread::sleep(Duration::from_millis(5));
        }
    };
    for python in INTERPRETERS.iter() {
        let snippet = Snippet::new(code);
        let mut truename = snippet.command(python, &[]).spawn().unwrap();
        wait_for(snippet.folder().join("ready"));
        truename.kill().unwrap();
        truename.wait().unwrap();
        std::fs::write(snippet.folder().join("go"), "").unwrap();
        wait_for(snippet.folder().join("over"));
        let trace = snippet.folder().join("truename-trace");
        let start = Instant::now();
        let finish = || {
            let mut command = Command::new(env!("CARGO_BIN_EXE_truename"));
            command.arg("finish").arg(&trace).output().unwrap()
        };
        let mut finished = finish();
        while !finished.status.success() && start.elapsed() < Duration::from_secs(30) {
            // (the process still takes its leave)
            thread::sleep(Duration::from_millis(20));
            finished = finish();
        }
        assert!(finished.status.success(), "{}", show(&finished));
        let report = check(&trace).unwrap();
        assert!(report.is_ok(), "{report}");
        let expected = [
            "enter f", "enter g", "leave g", "enter g", "leave g", "leave f",
        ];
        assert_eq!(told(&trace, "main.py"), expected);
        let left: Vec<_> = std::fs::read_dir(&trace).unwrap().collect();
        assert_eq!(left.len(), 4, "four files and nothing else");
    }
}
