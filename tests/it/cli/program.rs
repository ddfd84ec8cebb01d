//! The program is run as Python runs it, and recorded.

use std::fs;
use std::os::unix::process::ExitStatusExt;

use crate::context::{Context, err, labels, out, pythons, with_input};

/// Prints what a program can see of how it was started.
const SELF: &str = "import sys, os, signal, json\n\
    here = [sys.argv, sys.path, sys.flags, os.getcwd(), sorted(sys.modules), __name__,\n\
        [signal.getsignal(n) == signal.SIG_IGN for n in (2, 3, 13, 15)], sys.stdin is None,\n\
        str(signal.pthread_sigmask(signal.SIG_BLOCK, [])), sorted(sys.path_importer_cache)]\n\
    print(here)\n";

#[test]
fn sees_what_it_sees_without_truename() {
    let context = Context::new();
    context.write("app.py", SELF);
    context.write("pkg/__main__.py", SELF);
    for python in pythons() {
        for words in [
            &["app.py", "a", "--python", "b"][..],
            &["pkg"],
            &["-m", "pkg", "-x"],
            &["-c", SELF, "a"],
            &["-I", "app.py"],
            &["-E", "-c", SELF],
            &["-S", "app.py"],
            &["-u", "-X", "utf8", "app.py"],
        ] {
            let plain = context.plain(&python.path, words).output().unwrap();
            let recorded = context.record(python, words).output().unwrap();
            assert_eq!(err(&recorded), err(&plain), "{words:?}");
            assert_eq!(out(&recorded), out(&plain), "{words:?}");
            let trace = context.trace();
            let is_main = |label: &&str| label.ends_with("__main__>");
            assert!(labels(&trace).iter().any(is_main), "{words:?}");
            assert!(labels(&trace).contains(&"<json>"), "{words:?}");
            let left = fs::read_dir(context.at("truename-trace")).unwrap();
            assert_eq!(left.count(), 4, "four files and no spools");
        }
    }
}

#[test]
fn may_come_from_standard_input() {
    for python in pythons() {
        for words in [&["-", "a"][..], &[]] {
            let context = Context::new();
            let output = with_input(
                context.record(python, words),
                "import json; print(__name__)",
            );
            assert_eq!(out(&output), "__main__\n", "{}", err(&output));
            assert!(labels(&context.trace()).contains(&"<json>"));
        }
    }
}

/// A file that nobody closes is written when the script's namespace goes, which nothing may hold.
#[test]
fn has_its_objects_finalized_at_the_end() {
    let context = Context::new();
    let program = "import sys\nclass Last:\n    def __del__(self, write=print): write('gone')\n\
                   last = Last()\nout = open('out.txt', 'w')\nprint('three coins', file=out)\n\
                   print(sys.getrefcount(globals()))\n";
    context.write("app.py", program);
    for python in pythons() {
        let plain = context.plain(&python.path, &["app.py"]).output().unwrap();
        std::fs::remove_file(context.at("out.txt")).unwrap();
        let recorded = context.record(python, &["app.py"]).output().unwrap();
        assert_eq!(out(&recorded), out(&plain), "{}", err(&recorded));
        assert!(out(&plain).ends_with("gone\n"));
        let written = std::fs::read_to_string(context.at("out.txt")).unwrap();
        assert_eq!(written, "three coins\n");
    }
}

/// The recorder asks module code for events before it runs, which changes it where it is kept.
#[test]
fn has_the_code_objects_that_it_made() {
    let context = Context::new();
    context.write("pkg/__init__.py", "from . import one\n");
    context.write("pkg/one.py", "def f(*a):\n    return [x for x in a]\n");
    let program = "import dis, io, marshal, os, pkg, sys\n\
        text = 'x = 1\\nfor i in range(3): x += i\\n'\n\
        one, other = (compile(text, 'made', 'exec') for _ in 'ab')\n\
        exec(one)\n\
        out = io.StringIO()\n\
        dis.dis(other, file=out)\n\
        print(one == other, hash(one) == hash(other), one.co_code == other.co_code)\n\
        print(marshal.dumps(one).hex(), one.co_code.hex(), list(one.co_lines()), out.getvalue())\n\
        copied = one.replace(co_name='<module>', co_filename='copy')\n\
        exec(copied); exec(one.replace(co_name='f'))\n\
        print(copied.co_code == one.co_code, x)\n\
        for name in sorted(os.listdir('pkg/__pycache__')):\n\
        \x20   print(name, open('pkg/__pycache__/' + name, 'rb').read().hex())\n";
    context.write("app.py", program);
    for python in pythons() {
        let run = |mut command: std::process::Command| {
            let _ = std::fs::remove_dir_all(context.at("pkg/__pycache__"));
            command.env_remove("PYTHONDONTWRITEBYTECODE");
            let output = command.output().unwrap();
            assert!(context.at("pkg/__pycache__").exists(), "{}", err(&output));
            out(&output)
        };
        let plain = run(context.plain(&python.path, &["app.py"]));
        assert!(plain.starts_with("True True True\n"), "{plain}");
        assert_eq!(run(context.record(python, &["app.py"])), plain);
    }
}

#[test]
fn passes_its_status_on() {
    let context = Context::new();
    for python in pythons() {
        let run = |words: &[&str]| context.record(python, words).output().unwrap().status;
        assert_eq!(run(&["-c", "raise SystemExit(7)"]).code(), Some(7));
        assert_eq!(run(&["-c", "import os; os._exit(9)"]).code(), Some(9));
        assert_eq!(run(&["-c", "1/0"]).code(), Some(1));
        for signal in [9, 15, 6] {
            let code = format!("import os; os.kill(os.getpid(), {signal})");
            assert_eq!(run(&["-c", &code]).signal(), Some(signal));
            assert_eq!(
                labels(&context.trace()).first(),
                labels(&context.trace()).first()
            );
        }
    }
}

#[test]
fn answers_the_signals_that_truename_gets() {
    let context = Context::new();
    let code = "import signal, os\n\
        signal.signal(signal.SIGTERM, lambda *_: exit(5))\n\
        os.kill(os.getppid(), signal.SIGTERM)\n\
        while True: signal.pause()\n";
    for python in pythons() {
        let status = context.record(python, &["-c", code]).status().unwrap();
        assert_eq!(status.code(), Some(5));
    }
}

/// The command line is in the first record, which may be larger than all that is mapped or read at once.
#[test]
fn may_have_a_long_command_line() {
    let code = "import colorsys, sys\nif sys.argv[1] == 'child':\n    import subprocess\n    \
        subprocess.run([sys.executable, '-c', 'import colorsys', *sys.argv], check=True)\n";
    for python in pythons() {
        for (count, length) in [(700, 93), (650, 99), (2, 120_000), (12_000, 100)] {
            let context = Context::new();
            let path = "p".repeat(length);
            let mut words = vec!["-c", code, "child"];
            words.resize(count + 3, &path);
            let output = context.record(python, &words).output().unwrap();
            assert!(output.status.success(), "{}", err(&output));
            assert!(labels(&context.trace()).contains(&"<colorsys>"));
            let children = context.trace().children;
            assert_eq!(children.len(), 1, "{count} arguments");
            assert!(labels(&children[0]).contains(&"<colorsys>"));
        }
    }
}

/// Every signal but the two that no process can handle, each sent to truename alone. One that this test was
/// started with as ignored, as `nohup` does, stays so.
#[test]
fn answers_every_signal_that_truename_gets() {
    let code = "import os, signal, sys\n\
        got = []\n\
        status = open(f'/proc/{os.getppid()}/status').read()\n\
        ignored = int(status.partition('SigIgn:')[2].split()[0], 16)\n\
        sent = signal.valid_signals() - {signal.SIGKILL, signal.SIGSTOP}\n\
        sent = {n for n in sent if not ignored >> (n - 1) & 1}\n\
        assert len(sent) > 50, sent\n\
        for n in sent: signal.signal(n, lambda n, _: got.append(n))\n\
        for n in sorted(sent):\n\
        \x20   os.kill(os.getppid(), n)\n\
        \x20   for _ in range(2000):\n\
        \x20       if n in got: break\n\
        \x20       signal.sigtimedwait([], 0.001)\n\
        print([signal.Signals(n).name for n in sent if got.count(n) != 1])\n";
    for python in pythons() {
        let context = Context::new();
        let output = context.record(python, &["-c", code]).output().unwrap();
        assert_eq!(out(&output), "[]\n", "{}", err(&output));
        assert!(output.status.success());
        assert!(!labels(&context.trace()).is_empty());
    }
}

/// As an interactive shell starts it: in a process group of its own, which the terminal belongs to.
const JOB: &str = "
import os, pty, signal, sys
shell, terminal = pty.fork()
if shell:
    try:
        while data := os.read(terminal, 1024): os.write(1, data)
    except OSError: pass
    sys.exit(os.waitstatus_to_exitcode(os.waitpid(shell, 0)[1]))
signal.signal(signal.SIGTTOU, signal.SIG_IGN)
signal.alarm(30)
job = os.fork()
if job == 0:
    os.setpgid(0, 0)
    os.tcsetpgrp(0, os.getpid())
    signal.signal(signal.SIGTTOU, signal.SIG_DFL)
    os.execv(sys.argv[1], sys.argv[1:])
while True:
    pid, status = os.waitpid(job, os.WUNTRACED)
    if not os.WIFSTOPPED(status): break
    print('stopped by', signal.Signals(os.WSTOPSIG(status)).name, flush=True)
    os.killpg(job, signal.SIGCONT)
print('status', os.waitstatus_to_exitcode(status), flush=True)
";

#[test]
fn stops_and_goes_on_under_a_shell() {
    let context = Context::new();
    let python = &pythons()[0];
    let path = python.path.to_str().unwrap();
    let code = "import os, signal\n\
        for n in signal.SIGSTOP, signal.SIGTSTP, signal.SIGSTOP:\n    os.kill(os.getpid(), n)\n\
        import colorsys\nexit(7)\n";
    let run = |command: &[&str]| {
        let words = [&["-c", JOB], command, &["-c", code]].concat();
        let output = context.plain(&python.path, &words).output().unwrap();
        out(&output)
    };
    let plain = run(&[path]);
    assert!(
        plain.ends_with("stopped by SIGSTOP\r\nstatus 7\r\n"),
        "{plain}"
    );
    let truename = env!("CARGO_BIN_EXE_truename");
    let recorded = run(&[truename, "run", "--python", path]);
    let last = recorded
        .lines()
        .filter(|line| !line.starts_with("truename: "));
    assert!(last.eq(plain.lines()), "{recorded}");
    assert!(labels(&context.trace()).contains(&"<colorsys>"));
}

/// Without a terminal nobody may be there to have truename go on.
#[test]
fn may_be_stopped_by_a_signal_to_truename() {
    let context = Context::new();
    let code = "import os, signal, subprocess, sys, time\n\
        watch = 'import os, signal, sys, time\\n'\\\n    \
            'state = lambda: open(\"/proc/\" + sys.argv[1] + \"/stat\").read().rsplit(\") \")[1][0]\\n'\\\n    \
            'os.kill(int(sys.argv[2]), signal.SIGTSTP)\\n'\\\n    \
            'while state() != \"T\": time.sleep(0.001)\\n'\\\n    \
            'os.kill(int(sys.argv[2]), signal.SIGCONT)\\n'\n\
        watcher = subprocess.Popen([sys.executable, '-c', watch, str(os.getpid()), str(os.getppid())])\n\
        sys.exit(watcher.wait(20))\n";
    for python in pythons() {
        // In a process group of its own, which is no orphan: the kernel stops those for no terminal's sake.
        let shell = "import os, sys\nos.setsid()\njob = os.fork()\n\
            if job: sys.exit(os.waitstatus_to_exitcode(os.waitpid(job, os.WUNTRACED)[1]))\n\
            os.setpgid(0, 0)\nos.execv(sys.argv[1], sys.argv[1:])\n";
        let path = python.path.to_str().unwrap();
        let truename = env!("CARGO_BIN_EXE_truename");
        let words = ["-c", shell, truename, "run", "--python", path, "-c", code];
        let status = context.plain(&python.path, &words).status().unwrap();
        assert_eq!(status.code(), Some(0));
    }
}

#[test]
fn is_not_recorded_where_python_runs_none() {
    let context = Context::new();
    for python in pythons() {
        let output = context.record(python, &["-V"]).output().unwrap();
        assert!(output.status.success() && out(&output).starts_with("Python 3."));
        let output = context.record(python, &["-Z"]).output().unwrap();
        assert_eq!(output.status.code(), Some(2));
        assert!(!context.at("truename-trace").exists());
    }
}

#[test]
fn has_its_own_sitecustomize() {
    let context = Context::new();
    context.write(
        "mine/sitecustomize.py",
        "import builtins; builtins.mine = __file__",
    );
    for python in pythons() {
        let code = "import sys; print(mine, sys.modules['sitecustomize'].__file__)";
        let mut command = context.record(python, &["-c", code]);
        let output = command
            .env("PYTHONPATH", context.at("mine"))
            .output()
            .unwrap();
        let file = context.at("mine/sitecustomize.py");
        let file = file.display();
        assert_eq!(out(&output), format!("{file} {file}\n"), "{}", err(&output));
        assert!(labels(&context.trace()).contains(&"<sitecustomize>"));
    }
}

#[test]
fn keeps_closed_streams_and_ignored_signals() {
    let context = Context::new();
    let code = "import os, signal\n\
        try: os.fstat(0)\n\
        except OSError: print('closed')\n\
        print([line for line in open('/proc/self/status') if line.startswith('SigIgn')])\n";
    for python in pythons() {
        let path = python.path.to_str().unwrap();
        let run = |command: &str| {
            let script = format!("trap '' PIPE INT CHLD; {command} -c \"$CODE\" <&-");
            let mut shell = context.plain("/bin/sh".as_ref(), &["-c", &script]);
            shell.env("CODE", code).output().unwrap()
        };
        let truename = env!("CARGO_BIN_EXE_truename");
        let recorded = run(&format!("{truename} run --python {path}"));
        assert!(out(&recorded).starts_with("closed\n"), "{}", err(&recorded));
        assert_eq!(out(&recorded), out(&run(path)));
    }
}

/// A trace that grows too large does not change how the program ends.
#[test]
fn ends_as_ever_where_files_are_limited() {
    let context = Context::new();
    let python = &pythons()[0];
    let truename = env!("CARGO_BIN_EXE_truename");
    let path = python.path.to_str().unwrap();
    let code = "for _ in range(3000): exec('1')\nprint('over')";
    let script = format!("ulimit -f 200; exec {truename} run --python {path} -c \"$CODE\"");
    let mut shell = context.plain("/bin/sh".as_ref(), &["-c", &script]);
    let output = shell.env("CODE", code).output().unwrap();
    assert_eq!(out(&output), "over\n");
    assert_eq!(output.status.signal(), None);
    assert!(
        err(&output).contains("What was recorded is kept"),
        "{}",
        err(&output)
    );
}
