//! Python processes that the program starts.

use crate::support::{Place, err, labels, out, pythons};

const SPAWN: &str = "import subprocess, sys\n\
    subprocess.run([sys.executable, '-c', 'import json'], check=True)\n";

#[test]
fn get_traces_of_their_own() {
    for python in pythons() {
        for option in ["-u", "-I", "-S"] {
            let place = Place::new();
            let output = place
                .record(&python, &[option, "-c", SPAWN])
                .output()
                .unwrap();
            assert!(output.status.success(), "{}", err(&output));
            let trace = place.trace();
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
                let place = Place::new();
                let words = ["--no-children", option, "-c", code];
                let mut command = place.record(&python, &words);
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
                assert!(place.trace().children.is_empty());
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
        let place = Place::new();
        let output = place.record(&python, &["-c", code]).output().unwrap();
        assert!(output.status.success(), "{}", err(&output));
        let trace = place.trace();
        assert_eq!(trace.children.len(), 1);
        assert!(labels(&trace.children[0]).contains(&"<json>"));
    }
}

#[test]
fn that_are_not_recorded_are_told_of() {
    let starts = [
        (
            "[sys.executable, '-I', 'tool.py', 'a\\nb']",
            "-I tool.py a b`, which is told to ignore",
        ),
        (
            "[sys.executable, '-uSc', 'pass']",
            "-uSc pass`, which is told to ignore",
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
            "-Ic pass -x`, which is told to ignore",
        ),
    ];
    for python in pythons() {
        let place = Place::new();
        place.write("tool.py", "");
        for (start, told) in starts {
            let code = format!(
                "import os, subprocess, sys\n\
                folder, name = os.path.split(sys.executable)\n\
                subprocess.run({start}, check=True)\n"
            );
            let output = place.record(&python, &["-c", &code]).output().unwrap();
            assert!(output.status.success(), "{}", err(&output));
            let warning = "truename: warning: 1 Python process that the program started was not \
                           recorded: `python";
            assert!(err(&output).starts_with(warning), "{}", err(&output));
            assert!(err(&output).contains(told), "{}", err(&output));
            assert!(place.trace().children.is_empty());
        }
        let code = format!(
            "import os, subprocess, sys\nfor _ in '12': subprocess.run({})",
            starts[2].0
        );
        let output = place.record(&python, &["-c", &code]).output().unwrap();
        assert!(err(&output).contains("2 Python processes that the program started were not"));
    }
}

/// What is recorded, runs no program, is no Python, or is to be left alone.
#[test]
fn are_told_of_only_when_they_should_have_been_recorded() {
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
            let place = Place::new();
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
            let output = place.record(&python, &words).output().unwrap();
            assert_eq!(err(&output), "", "{start}");
            assert!(output.status.success());
        }
    }
}

#[test]
fn are_told_of_only_when_they_are_there_and_are_a_python() {
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
        let place = Place::new();
        let output = place.record(&python, &["-c", code]).output().unwrap();
        assert!(output.status.success());
        assert_eq!(err(&output), "");
    }
}
