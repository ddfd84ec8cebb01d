//! Python processes that the program starts.

use std::path::Path;

use crate::context::{Context, err, labels, out, pythons};

const SPAWN: &str = "import subprocess, sys\n\
    subprocess.run([sys.executable, '-c', 'import json'], check=True)\n";

#[test]
fn get_traces_of_their_own() {
    for python in pythons() {
        for option in ["-u", "-I", "-S"] {
            let context = Context::new();
            let output = context
                .record(python, &[option, "-c", SPAWN])
                .output()
                .unwrap();
            assert!(output.status.success(), "{}", err(&output));
            let trace = context.trace();
            assert_eq!(trace.children.len(), 1, "{option}");
            assert!(labels(&trace.children[0]).contains(&"<json>"));
            assert!(!labels(&trace).contains(&"<json>"));
        }
    }
}

#[test]
fn are_left_alone_on_request() {
    let code = "import os, subprocess, sys\n\
        print([k for k in ('TRUENAME_SPOOL', 'TRUENAME_NO_CHILDREN', 'TRUENAME_PYTHONPATH',\n\
            'LD_PRELOAD') if k in os.environ])\n\
        print(os.environ.get('PYTHONPATH'), flush=True)\n\
        subprocess.run(['sh', '-c', 'echo $PYTHONPATH$TRUENAME_SPOOL$LD_PRELOAD'])\n\
        subprocess.run([sys.executable, '-c', 'import json'], check=True)\n";
    for python in pythons() {
        for option in ["-u", "-I", "-E", "-S"] {
            for original in [None, Some(""), Some("/nowhere:")] {
                let context = Context::new();
                let words = ["--no-children", option, "-c", code];
                let mut command = context.record(python, &words);
                command.env_remove("LD_PRELOAD");
                if let Some(original) = original {
                    command.env("PYTHONPATH", original);
                }
                let output = command.output().unwrap();
                let expected = format!(
                    "[]\n{}\n{}\n",
                    original.unwrap_or("None"),
                    original.unwrap_or("")
                );
                assert_eq!(out(&output), expected, "{option} {}", err(&output));
                assert!(context.trace().children.is_empty());
            }
        }
    }
}

#[test]
fn may_be_forked() {
    let code = "import os\n\
        pid = os.fork()\n\
        if pid == 0:\n    import json\n    os._exit(0)\n\
        os.waitpid(pid, 0)\n";
    for python in pythons() {
        let context = Context::new();
        let output = context.record(python, &["-c", code]).output().unwrap();
        assert!(output.status.success(), "{}", err(&output));
        let trace = context.trace();
        assert_eq!(trace.children.len(), 1);
        assert!(labels(&trace.children[0]).contains(&"<json>"));
    }
}

#[test]
fn that_are_not_recorded_are_reported() {
    let starts = [
        (
            "[sys.executable, '-I', 'tool.py', 'a\\nb']",
            "-I tool.py a b`, which ignores",
        ),
        (
            "[sys.executable, '-uSc', 'pass']",
            "-uSc pass`, which ignores",
        ),
        (
            "[sys.executable, '-c', 'pass'], env={}",
            "-c pass`, whose environment is",
        ),
        (
            "[sys.executable, '-c', 'pass'], env={**os.environ, 'PYTHONPATH': 'lib'}",
            "-c pass`, whose environment is",
        ),
        (
            "[sys.executable, '-c', 'pass', os.environ.pop('PYTHONPATH')]",
            "-c pass ",
        ),
        (
            "[sys.executable, '-c', 'pass', str(os.environ.clear())]",
            "-c pass None`, whose environment is",
        ),
        (
            "[name, '-c', 'pass'], env={'PATH': '/nowhere:' + folder}",
            "-c pass`, whose environment is",
        ),
        (
            "[name, '-Ic', 'pass', os.environ.update(PATH=folder) or '-x']",
            "-Ic pass -x`, which ignores",
        ),
    ];
    for python in pythons() {
        let context = Context::new();
        context.write("tool.py", "");
        for (start, said) in starts {
            let code = format!(
                "import os, subprocess, sys\n\
                folder, name = os.path.split(sys.executable)\n\
                subprocess.run({start}, check=True)\n"
            );
            let output = context.record(python, &["-c", &code]).output().unwrap();
            assert!(output.status.success(), "{}", err(&output));
            let warning = "truename: warning: 1 Python process that the program started was not \
                           recorded: `python";
            assert!(err(&output).starts_with(warning), "{}", err(&output));
            assert!(err(&output).contains(said), "{}", err(&output));
            assert!(context.trace().children.is_empty());
        }
        let code = format!(
            "import os, subprocess, sys\nfor _ in '12': subprocess.run({})",
            starts[2].0
        );
        let output = context.record(python, &["-c", &code]).output().unwrap();
        assert!(err(&output).contains("2 Python processes that the program started were not"));
    }
}

/// Commands that are recorded, run no program, are no Python, or are to be left alone.
#[test]
fn are_reported_only_when_they_should_have_been_recorded() {
    for python in pythons() {
        for (words, start) in [
            (&[][..], "[sys.executable, '-c', 'import json']"),
            (&[], "[sys.executable, '-c', 'pass'], env=dict(os.environ)"),
            (&[], "[sys.executable, '-c', 'pass'], env=ahead('/mine')"),
            (&[], "[sys.executable, '-c', nested], env=ahead('/mine')"),
            (&[], "[sys.executable, '-I', '--version']"),
            (&[], "['sh', '-c', 'true', '-I'], env={}"),
            (&["-I"], "[sys.executable, '-S', '-c', 'import json']"),
            (
                &["--no-children"],
                "[sys.executable, '-I', '-c', 'import json']",
            ),
        ] {
            let context = Context::new();
            let code = format!(
                "import os, subprocess, sys\n\
                def ahead(folder):\n    \
                    return {{**os.environ, 'PYTHONPATH': folder + ':' + os.environ['PYTHONPATH']}}\n\
                nested = 'import os, subprocess, sys; '\\\n    \
                    'path = os.environ[\"PYTHONPATH\"].removeprefix(\"/mine:\"); '\\\n    \
                    'subprocess.run([sys.executable, \"-c\", \"pass\"], '\\\n    \
                    'env={{**os.environ, \"PYTHONPATH\": path}})'\n\
                subprocess.run({start}, check=True, stdout=subprocess.DEVNULL)\n"
            );
            let words = [words, &["-c", &code]].concat();
            let output = context.record(python, &words).output().unwrap();
            assert_eq!(err(&output), "", "{start}");
            assert!(output.status.success());
        }
    }
}

#[test]
fn are_reported_only_when_they_are_there_and_are_a_python() {
    let code = "import os, subprocess, sys\n\
        os.symlink('/bin/sh', 'python3-tool')\n\
        subprocess.run([os.path.abspath('python3-tool'), '-c', 'true'], env={}, check=True)\n\
        try:\n    os.execvpe('python3', ['python3', 'x.py'], {'PATH': '/nowhere:/neither'})\n\
        except FileNotFoundError:\n    pass\n\
        for env in {'PATH': '/nowhere:/neither'}, None:\n    \
            os.environ['PATH'] = '/nowhere'\n    \
            try: subprocess.run(['python3', '-I', 'x.py'], env=env)\n    \
            except FileNotFoundError: pass\n    \
            else: raise AssertionError\n\
        try:\n    subprocess.run([sys.executable, '-c', 'pass'], env={1: 2})\n\
        except TypeError:\n    pass\n";
    for python in pythons() {
        let context = Context::new();
        let output = context.record(python, &["-c", code]).output().unwrap();
        assert!(output.status.success());
        assert_eq!(err(&output), "");
    }
}

/// Each keeps files open until the end, which the soft limit is no reason to lose any for. What the hard
/// one leaves no room for is reported, and kept.
#[test]
fn may_be_many() {
    let code = "import os\n\
        for _ in range(20):\n\
        \x20   pid = os.fork()\n\
        \x20   if pid == 0:\n\
        \x20       import colorsys\n\
        \x20       os._exit(0)\n\
        \x20   os.waitpid(pid, 0)\n";
    let python = &pythons()[0];
    let context = Context::new();
    let limited = |limit: &str| {
        let script = format!(
            "ulimit {limit}; exec {} run --python {} -c \"$CODE\"",
            env!("CARGO_BIN_EXE_truename"),
            python.path.display()
        );
        let mut command = context.plain(Path::new("/bin/sh"), &["-c", &script]);
        command.env("CODE", code).output().unwrap()
    };
    let output = limited("-Sn 64");
    assert!(output.status.success(), "{}", err(&output));
    assert_eq!(context.trace().children.len(), 20);

    let output = limited("-n 64");
    assert_eq!(output.status.code(), Some(1));
    assert!(
        err(&output).contains("Too many open files"),
        "{}",
        err(&output)
    );
    let finished = context.truename(&["finish"]).output().unwrap();
    assert!(finished.status.success(), "{}", err(&finished));
    assert_eq!(context.trace().children.len(), 20);
}

/// So few that the folder of the spools cannot be looked into any more.
#[test]
fn are_never_lost_without_a_word() {
    let code = "import os\n\
        for _ in range(30):\n\
        \x20   pid = os.fork()\n\
        \x20   if pid == 0:\n\
        \x20       import colorsys\n\
        \x20       os._exit(0)\n\
        \x20   os.waitpid(pid, 0)\n";
    for limit in 23..=27 {
        let context = Context::new();
        let script = format!(
            "ulimit -n {limit}; exec {} run --python {} -c \"$CODE\"",
            env!("CARGO_BIN_EXE_truename"),
            pythons()[0].path.display()
        );
        let mut command = context.plain(Path::new("/bin/sh"), &["-c", &script]);
        let output = command.env("CODE", code).output().unwrap();
        assert_eq!(output.status.code(), Some(1), "{limit} {}", err(&output));
        assert!(
            err(&output).contains("Too many open files"),
            "{}",
            err(&output)
        );
        let finished = context.truename(&["finish"]).output().unwrap();
        assert!(finished.status.success(), "{}", err(&finished));
        assert_eq!(context.trace().children.len(), 30);
    }
}

#[test]
fn that_cannot_be_recorded_are_reported() {
    let code = "import os, resource, subprocess, sys\n\
        limit = lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))\n\
        subprocess.run([sys.executable, '-c', 'import colorsys'], preexec_fn=limit)\n\
        pid = os.fork()\n\
        if pid == 0:\n\
        \x20   limit()\n\
        \x20   import colorsys\n\
        \x20   os._exit(0)\n\
        os.waitpid(pid, 0)\n";
    for python in pythons() {
        let context = Context::new();
        let output = context.record(python, &["-c", code]).output().unwrap();
        assert!(output.status.success(), "{}", err(&output));
        let said = err(&output);
        assert!(
            said.contains("2 Python processes that the program started were not recorded"),
            "{said}"
        );
        assert!(said.contains("`ulimit -f`"), "{said}");
        assert!(context.trace().children.is_empty());
    }
}
