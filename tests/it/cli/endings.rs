//! The ends of processes and of what they wrote: a trace says how it ended.

use std::fs::{self, OpenOptions};
use std::os::unix::fs::FileExt;
use std::path::PathBuf;
use std::process::Output;

use trace::document::{Document, Ending};

use super::output::{finish, finish_after_the_program, kill, kill_truename};
use crate::context::{Context, err, out, pythons, show};

#[track_caller]
fn expect_end(document: &Document, ended: Ending, reason: Option<&str>) {
    let run = &document.run;
    assert_eq!((run.ended, run.reason.as_deref()), (ended, reason));
}

/// Returns what `check` and `tree` print, and the status of `check`.
fn shown(context: &Context) -> (Option<i32>, String) {
    let [check, tree] = ["check", "tree"].map(|it| context.truename(&[it]).output().unwrap());
    (check.status.code(), out(&check) + &out(&tree))
}

#[test]
fn a_signal_kills_the_program() {
    for python in pythons() {
        let context = Context::new();
        let code = "import json, os\nos.kill(os.getpid(), 9)";
        let output = context.record(python, &["-c", code]).output().unwrap();
        assert!(output.status.code().is_none(), "{}", show(&output));
        expect_end(&context.trace().document, Ending::Killed, Some("signal 9"));
        let (status, shown) = shown(&context);
        assert_eq!(status, Some(0), "{shown}");
        assert!(
            shown.contains("the process was killed: signal 9"),
            "{shown}"
        );
        assert!(
            shown.contains("The process was killed here: signal 9."),
            "{shown}"
        );
    }
}

#[test]
fn a_child_ends_in_the_middle() {
    for python in pythons() {
        for end in ["os.kill(os.getpid(), 9)", "os._exit(3)"] {
            let context = Context::of([("child.py", "import json, os\n")]);
            context.write("child.py", &format!("import json, os\n{end}\n"));
            let code = "import subprocess, sys\nsubprocess.run([sys.executable, 'child.py'])";
            let output = context.record(python, &["-c", code]).output().unwrap();
            assert!(output.status.success(), "{}", show(&output));
            let trace = context.trace();
            expect_end(&trace.document, Ending::ProcessEnded, None);
            expect_end(&trace.children[0].document, Ending::Vanished, None);
            let (status, shown) = shown(&context);
            assert_eq!(status, Some(0), "{shown}");
            assert!(shown.contains("nobody saw which"), "{shown}");
        }
    }
}

#[test]
fn a_program_leaves_in_the_middle() {
    for python in pythons() {
        let context = Context::new();
        let run = context.run(python, &["-c", "import json, os\nos._exit(0)"]);
        assert!(run.output.status.success());
        expect_end(&context.trace().document, Ending::ProcessEnded, None);
    }
}

#[test]
fn a_program_replaces_itself() {
    for python in pythons() {
        let context = Context::of([("next.py", "import json\n")]);
        let code = "import os, sys\nos.execv(sys.executable, [sys.executable, 'next.py'])";
        context.run(python, &["-c", code]);
        let trace = context.trace();
        expect_end(&trace.document, Ending::ProcessEnded, None);
        expect_end(&trace.children[0].document, Ending::ProcessEnded, None);
    }
}

#[test]
fn a_child_outlives_the_program() {
    for python in pythons() {
        let context = Context::new();
        let code = "import subprocess, sys\n\
            wait = 'import time; print(1, flush=True); time.sleep(60)'\n\
            child = subprocess.Popen([sys.executable, '-c', wait], stdin=subprocess.DEVNULL,\n\
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)\n\
            child.stdout.readline()\n";
        let output = context.record(python, &["-c", code]).output().unwrap();
        assert!(output.status.success(), "{}", show(&output));
        assert_eq!(err(&output), "");
        let trace = context.trace();
        let child = &trace.children[0].document;
        kill(child.run.process.pid.cast_signed());
        expect_end(child, Ending::StillRunning, None);
        let (_, shown) = shown(&context);
        assert!(
            shown.contains("truename ended before the process did"),
            "{shown}"
        );
    }
}

/// A program whose truename was killed, and that was killed itself.
fn killed() -> (Context, PathBuf) {
    let context = Context::new();
    kill(kill_truename(&context));
    let files = fs::read_dir(context.spool()).unwrap();
    let mut files = files.map(|entry| entry.unwrap().path());
    let is_spool = |file: &PathBuf| file.extension().is_some_and(|it| it == "spool");
    let spool = files.find(is_spool).unwrap();
    (context, spool)
}

#[test]
fn nobody_sees_the_end() {
    let (context, _) = killed();
    finish_after_the_program(&context, &[]);
    expect_end(&context.trace().document, Ending::Vanished, None);
}

/// Returns the offset of the first word that was never written.
fn end_of(spool: &PathBuf) -> u64 {
    let bytes = fs::read(spool).unwrap();
    let last = bytes.iter().rposition(|byte| *byte != 0).unwrap();
    (last as u64 + 1).next_multiple_of(4)
}

#[track_caller]
fn expect_cut(context: &Context) -> String {
    finish_after_the_program(context, &[]);
    let document = context.trace().document;
    assert_eq!(document.run.ended, Ending::Cut);
    let (status, shown) = shown(context);
    assert_eq!(status, Some(1), "{shown}");
    assert!(shown.contains("was cut or damaged"), "{shown}");
    document.run.reason.unwrap()
}

#[test]
fn a_spool_is_cut() {
    for less in [0, 4, 400] {
        let (context, spool) = killed();
        let end = end_of(&spool) - less;
        let file = OpenOptions::new().write(true).open(&spool).unwrap();
        file.set_len(end).unwrap();
        let reason = expect_cut(&context);
        assert!(reason.contains("the spool ends in the middle"), "{reason}");
    }
}

/// Words that say that something long follows cost no memory, and are held against the file.
#[test]
fn a_word_is_damaged() {
    for word in [0x3fff_fff0_u32, 0xbfff_fff0, 0x8000_0010, 0xffff_fff0] {
        let (context, spool) = killed();
        let file = OpenOptions::new().write(true).open(&spool).unwrap();
        file.write_all_at(&word.to_le_bytes(), end_of(&spool))
            .unwrap();
        expect_cut(&context);
    }
}

/// A word that is gone: what was written after it cannot be found.
#[test]
fn a_word_is_erased() {
    let (context, spool) = killed();
    let first = u32::from_le_bytes(fs::read(&spool).unwrap()[64..68].try_into().unwrap());
    let second = 64 + 4 + u64::from(first.next_multiple_of(4));
    let file = OpenOptions::new().write(true).open(&spool).unwrap();
    file.write_all_at(&[0; 4], second).unwrap();
    finish_after_the_program(&context, &[]);
    let document = context.trace().document;
    assert_eq!(document.run.ended, Ending::Vanished);
    let reason = document.run.reason.unwrap();
    assert!(reason.contains(&format!("byte {second}")), "{reason}");
}

#[track_caller]
fn expect_failure(context: &Context, output: &Output, expected: &str) {
    assert_eq!(output.status.code(), Some(1), "{}", show(output));
    let said = err(output);
    assert!(
        said.contains("was moved or removed while the program ran"),
        "{said}"
    );
    assert!(said.contains(expected), "{said}");
    assert!(!context.at("truename-trace").exists());
}

#[test]
fn the_trace_folder_is_renamed() {
    for python in pythons() {
        let context = Context::new();
        let code = "import json, os\nos.rename('truename-trace', 'elsewhere')\nimport wave";
        let output = context.record(python, &["-c", code]).output().unwrap();
        let place = context.at("elsewhere");
        let advice = format!("truename finish {} makes a trace", place.display());
        expect_failure(&context, &output, &advice);
        let finished = context.truename(&["finish", "elsewhere"]).output().unwrap();
        assert!(finished.status.success(), "{}", show(&finished));
        let check = context.truename(&["check", "elsewhere"]).output().unwrap();
        assert!(check.status.success(), "{}", show(&check));
    }
}

#[test]
fn the_trace_folder_is_removed() {
    for python in pythons() {
        for mode in ["modules", "lines"] {
            let context = Context::new();
            let code = "import json, shutil\nshutil.rmtree('truename-trace')\nimport wave";
            let words = ["--events", mode, "-c", code];
            let output = context.record(python, &words).output().unwrap();
            expect_failure(&context, &output, "Record the program again");
        }
    }
}

#[test]
fn a_recording_that_ended_is_not_finished_twice() {
    let (context, _) = killed();
    finish_after_the_program(&context, &[]);
    let output = finish(&context);
    assert_eq!(output.status.code(), Some(2), "{}", show(&output));
}
