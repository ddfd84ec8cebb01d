//! The trace folder, and runs that leave none.

use std::fs::{self, File};
use std::os::fd::AsRawFd;
use std::os::unix::fs::PermissionsExt;
use std::process::{Command, Output};
use std::thread;
use std::time::{Duration, Instant};

use interpreters::Interpreter;

use crate::context::{Context, err, labels, out, pythons, show};

fn python() -> Interpreter {
    pythons()[0].clone()
}

#[test]
fn is_made_and_used_again() {
    let context = Context::new();
    for _ in 0..2 {
        let mut command = context.record(&python(), &["--out", "a/b", "-c", "pass"]);
        let output = command.output().unwrap();
        assert!(output.status.success() && err(&output).is_empty());
        assert!(context.at("a/b/trace.bin").exists());
    }
    let words = ["--out", "a/b", "--format", "json", "-c", "pass"];
    assert!(
        context
            .record(&python(), &words)
            .status()
            .unwrap()
            .success()
    );
    assert!(context.at("a/b/trace.json").exists() && !context.at("a/b/trace.bin").exists());
}

#[test]
fn is_never_something_else() {
    let context = Context::new();
    context.write("mine/notes.txt", "mine");
    for (folder, part) in [
        ("mine", "mine holds files that are not a trace"),
        (
            "mine/notes.txt",
            "mine/notes.txt is a file, and a trace is a folder",
        ),
    ] {
        let words = ["--out", folder, "-c", "print('ran')"];
        let output = context.record(&python(), &words).output().unwrap();
        assert_eq!(output.status.code(), Some(2));
        assert!(err(&output).contains(part), "{}", err(&output));
        assert!(output.stdout.is_empty());
    }
    assert_eq!(
        fs::read_to_string(context.at("mine/notes.txt")).unwrap(),
        "mine"
    );
}

#[test]
fn is_not_left_where_nothing_was_recorded() {
    let context = Context::new();
    let wrapper = context.write(
        "wrapper",
        &format!(
            "#!/bin/sh\nunset PYTHONPATH\nexec {} \"$@\"\n",
            python().path.display()
        ),
    );
    fs::set_permissions(&wrapper, fs::Permissions::from_mode(0o755)).unwrap();
    let run = |code: &str| {
        let mut command = context.truename(&["run", "--python", "./wrapper", "-c", code]);
        command.output().unwrap()
    };
    let output = run("pass");
    assert_eq!(output.status.code(), Some(1), "{}", err(&output));
    assert!(err(&output).contains("nothing was recorded, so there is no trace"));
    assert_eq!(run("exit(4)").status.code(), Some(4));
    assert!(!context.at("truename-trace").exists());
}

#[test]
fn is_not_left_where_the_program_never_began() {
    let context = Context::new();
    let python = python().path.display().to_string();
    let words = ["run", "--python", &python, "missing.py"];
    let output = context.truename(&words).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(err(&output).contains("stopped before the program's first line ran"));
    assert!(!context.at("truename-trace").exists());
}

/// A folder behind a link is not truename's, whoever put the link there.
#[test]
fn is_cleared_without_following_links() {
    let context = Context::new();
    let record = || {
        let code = "import os\npid = os.fork()\nimport colorsys\nif pid: os.waitpid(pid, 0)\n";
        let output = context.record(&python(), &["-c", code]).output().unwrap();
        assert!(output.status.success(), "{}", err(&output));
        assert_eq!(context.trace().children.len(), 1);
    };
    record();
    let victims = ["victim/1/trace.bin", "victim/trace_modules.json"];
    for (name, target) in [("children", "victim"), ("children/1", "victim")] {
        for victim in victims {
            context.write(victim, "mine");
        }
        let link = context.at("truename-trace").join(name);
        fs::remove_dir_all(&link).unwrap();
        std::os::unix::fs::symlink(context.at(target), link).unwrap();
        record();
        for victim in victims {
            assert_eq!(fs::read_to_string(context.at(victim)).unwrap(), "mine");
        }
    }
}

/// Values may be secrets; without them a trace is as readable as other files.
#[test]
fn is_its_owners_alone_where_it_has_values() {
    let context = Context::new();
    let code = "import os\ndef f(password): pass\npid = os.fork()\nimport colorsys\n\
        if pid: os.waitpid(pid, 0)\nf('secret')\n";
    for (words, mode) in [
        (&["--events", "calls", "--values", "args"][..], 0o600),
        (&["--events", "lines", "--values", "full"], 0o600),
        (&["--events", "calls", "--format", "json"], 0o644),
    ] {
        let words = [words, &["-c", code]].concat();
        let status = context.record(&python(), &words).status().unwrap();
        assert!(status.success());
        for folder in ["truename-trace", "truename-trace/children/1"] {
            let entries = fs::read_dir(context.at(folder)).unwrap();
            let files = entries
                .map(|entry| entry.unwrap())
                .filter(|it| it.path().is_file());
            let modes: Vec<_> = files
                .map(|file| file.metadata().unwrap().permissions().mode() & 0o777)
                .collect();
            assert_eq!(modes, [mode; 4], "{words:?}");
        }
    }
}

/// The later one would take the spools of the first away, and each the other's for its own.
#[test]
fn takes_one_recording_at_a_time() {
    let context = Context::new();
    let code = "import json, subprocess, sys\n\
        print(subprocess.run(sys.argv[1:], capture_output=True, text=True))\n\
        import wave\n";
    let inner = [
        env!("CARGO_BIN_EXE_truename"),
        "run",
        "-c",
        "print('begun')",
    ];
    let words = [&["-c", code][..], &inner].concat();
    let output = context.record(&python(), &words).output().unwrap();
    assert!(output.status.success(), "{}", err(&output));
    assert!(
        out(&output).contains("returncode=2, stdout=''"),
        "{}",
        out(&output)
    );
    assert!(out(&output).contains("another truename is recording into truename-trace"));
    let trace = context.trace();
    assert!(labels(&trace).contains(&"<json>") && labels(&trace).contains(&"<wave>"));
    assert!(trace.children.is_empty());
}

/// Starts a Python and forks, each of which would be recorded, when another program says so.
const ORPHAN: &str = "import os, subprocess, sys, time
open('begun', 'w').close()
while not os.path.exists('later'): time.sleep(0.01)
subprocess.run([sys.executable, '-c', 'import wave'], check=True)
pid = os.fork()
if pid == 0:
    import wave
    os._exit(0)
os.waitpid(pid, 0)
os.rename(open('new', 'w').name, 'over')
";

/// Records a program, with so many warnings, while the orphan starts processes. They are silent, in no recording, and bring no
/// folder back.
fn record_beside_the_orphan(python: &Interpreter, context: &Context, warnings: usize) {
    let code = "import os, time
open('later', 'w').close()
limit = time.monotonic() + 30
while not os.path.exists('over') and time.monotonic() < limit: time.sleep(0.01)
print(len(os.listdir('truename-trace')), os.path.exists('over'))
";
    let output = context.record(python, &["-c", code]).output().unwrap();
    assert!(output.status.success());
    assert_eq!(err(&output).lines().count(), warnings, "{}", err(&output));
    assert_eq!(out(&output), "1 True\n");
    assert!(context.trace().children.is_empty());
    assert_eq!(fs::read_to_string(context.at("said")).unwrap(), "");
    assert_eq!(
        fs::read_dir(context.at("truename-trace")).unwrap().count(),
        4
    );
}

#[test]
fn has_nothing_of_what_outlived_the_run_before() {
    let code = "import os, subprocess, sys, time
said = open('said', 'w')
subprocess.Popen([sys.executable, 'orphan.py'], stdout=said, stderr=said)
while not os.path.exists('begun'): time.sleep(0.01)
";
    for python in pythons() {
        for option in ["-u", "-I"] {
            let context = Context::new();
            context.write("orphan.py", ORPHAN);
            let words = [option, "-c", code];
            let output = context.record(python, &words).output().unwrap();
            assert!(output.status.success(), "{}", err(&output));
            assert_eq!(context.trace().children.len(), 1);
            record_beside_the_orphan(python, &context, 0);
        }
    }
}

#[test]
fn has_nothing_of_a_program_whose_truename_was_killed() {
    for python in pythons() {
        for option in ["-u", "-I"] {
            let context = Context::new();
            let said = File::create(context.at("said")).unwrap();
            let mut command = context.record(python, &[option, "-c", ORPHAN]);
            command.stdout(said.try_clone().unwrap()).stderr(said);
            kill_recording(&context, command);
            record_beside_the_orphan(python, &context, 1);
        }
    }
}

#[test]
fn is_finished_when_truename_was_killed() {
    let context = Context::new();
    let program = kill_truename(&context);
    let early = finish(&context);
    assert_eq!(early.status.code(), Some(1), "{}", err(&early));
    assert!(err(&early).contains(&format!("its process {program} still runs")));
    kill(program);
    finish_after_the_program(&context, &[]);
    let trace = context.trace();
    assert!(
        labels(&trace).ends_with(&["<json.scanner>", "<json.encoder>"]),
        "{:?}",
        labels(&trace)
    );
}

#[test]
fn is_finished_in_the_format_of_its_run() {
    for (words, file) in [
        (&[][..], "trace.json"),
        (&["--format", "binary"], "trace.bin"),
    ] {
        let context = Context::new();
        let mut command = context.truename(&["run", "--format", "json", "--python"]);
        command.arg(&python().path).args(["--", "-c", WAITING]);
        kill(kill_recording(&context, command));
        finish_after_the_program(&context, words);
        assert!(context.at("truename-trace").join(file).is_file(), "{file}");
    }
}

/// A process that goes on when the program has ended keeps nobody from the rest.
#[test]
fn is_finished_while_a_daemon_runs() {
    let context = Context::new();
    let code = "import os, subprocess, sys, time
wait = 'import json, time; print(1, flush=True); time.sleep(60)'
daemon = subprocess.Popen([sys.executable, '-c', wait], stdout=subprocess.PIPE)
daemon.stdout.readline()
print(daemon.pid, file=open('new', 'w'), flush=True)
os.rename('new', 'begun')
time.sleep(60)
";
    let program = kill_recording(&context, context.record(&python(), &["-c", code]));
    kill(program);
    finish_after_the_program(&context, &[]);
    let daemon = fs::read_to_string(context.at("begun")).unwrap();
    let daemon = daemon.trim().parse().unwrap();
    // SAFETY: a plain system call, which sends no signal.
    assert_eq!(unsafe { libc::kill(daemon, 0) }, 0, "it was still running");
    kill(daemon);
    let trace = context.trace();
    let ended = trace.children[0].document.run.ended;
    assert_eq!(ended, trace::document::Ending::StillRunning);
    assert!(labels(&trace.children[0]).contains(&"<json>"));
}

#[test]
fn says_so_when_it_replaces_a_recording_that_was_never_finished() {
    let context = Context::new();
    kill(kill_truename(&context));
    let again = || context.record(&python(), &["-c", ""]).output().unwrap();
    let output = again();
    assert!(output.status.success(), "{}", show(&output));
    assert!(
        err(&output).contains("had never been finished"),
        "{}",
        show(&output)
    );
    assert_eq!(err(&again()), "");
}

#[test]
fn is_finished_by_one_truename_at_a_time() {
    let context = Context::new();
    kill(kill_truename(&context));
    let folder = File::open(context.at("truename-trace")).unwrap();
    // SAFETY: a plain system call on a descriptor that is open.
    assert_eq!(unsafe { libc::flock(folder.as_raw_fd(), libc::LOCK_EX) }, 0);
    let output = finish(&context);
    assert_eq!(output.status.code(), Some(1), "{}", err(&output));
    let refusal = "another truename is recording into truename-trace, or finishing what is in it";
    assert!(err(&output).contains(refusal), "{}", err(&output));
    assert!(context.spool().is_dir());
    drop(folder);
    finish_after_the_program(&context, &[]);
}

#[test]
fn is_not_finished_before_the_program_has_begun() {
    let context = Context::new();
    let wrapper = format!(
        "#!/bin/sh\n\
        [ -z \"$TRUENAME_SPOOL\" ] || {} finish 2>said\n\
        exec {} \"$@\"\n",
        env!("CARGO_BIN_EXE_truename"),
        python().path.display()
    );
    let wrapper = context.write("wrapper", &wrapper);
    fs::set_permissions(&wrapper, fs::Permissions::from_mode(0o755)).unwrap();
    let words = ["run", "--python", "./wrapper", "-c", "import wave"];
    let output = context.truename(&words).output().unwrap();
    assert!(output.status.success(), "{}", err(&output));
    let said = fs::read_to_string(context.at("said")).unwrap();
    assert!(
        said.contains("another truename is recording into truename-trace"),
        "{said}"
    );
    assert!(labels(&context.trace()).contains(&"<wave>"));
}

#[test]
fn is_not_finished_by_a_truename_of_another_version() {
    let context = Context::new();
    kill(kill_truename(&context));
    let spools = fs::read_dir(context.spool()).unwrap();
    let mut files = spools.map(|entry| entry.unwrap().path());
    let spool = files
        .find(|file| file.extension().is_some_and(|it| it == "spool"))
        .unwrap();
    let mut bytes = fs::read(&spool).unwrap();
    bytes[7] += 1;
    fs::write(&spool, bytes).unwrap();
    let output = finish(&context);
    assert_eq!(output.status.code(), Some(1), "{}", err(&output));
    assert!(
        err(&output).contains("Use the truename that recorded it, or record the program again."),
        "{}",
        err(&output)
    );
    assert!(spool.is_file());
}

/// Records a program that waits, and kills the truename that does; gives the program's id.
/// A program that says when it has begun, and waits.
const WAITING: &str = "import json, os, time
os.rename(open('new', 'w').name, 'begun')
time.sleep(60)
";

pub(super) fn kill_truename(context: &Context) -> libc::pid_t {
    kill_recording(context, context.record(&python(), &["-c", WAITING]))
}

/// The same with a command that records.
fn kill_recording(context: &Context, mut command: Command) -> libc::pid_t {
    let mut truename = command.spawn().unwrap();
    while !context.at("begun").exists() {
        assert!(truename.try_wait().unwrap().is_none(), "truename has ended");
        thread::sleep(Duration::from_millis(10));
    }
    let program = only_child(truename.id());
    truename.kill().unwrap();
    truename.wait().unwrap();
    program
}

pub(super) fn finish(context: &Context) -> Output {
    context.truename(&["finish"]).output().unwrap()
}

/// Finishes as soon as the program, which was killed, is gone.
pub(super) fn finish_after_the_program(context: &Context, words: &[&str]) {
    let finish = || {
        let mut command = context.truename(&["finish"]);
        command.args(words).output().unwrap()
    };
    let limit = Instant::now() + Duration::from_secs(10);
    while finish().status.code() != Some(0) {
        assert!(Instant::now() < limit, "{}", err(&finish()));
        thread::sleep(Duration::from_millis(10));
    }
}

pub(super) fn kill(program: libc::pid_t) {
    // SAFETY: a plain system call; the process is the one that a test started.
    unsafe { libc::kill(program, libc::SIGKILL) };
}

/// The process that `parent` started, from its own list of children.
fn only_child(parent: u32) -> libc::pid_t {
    let children = format!("/proc/{parent}/task/{parent}/children");
    fs::read_to_string(children)
        .unwrap()
        .trim()
        .parse()
        .unwrap()
}
