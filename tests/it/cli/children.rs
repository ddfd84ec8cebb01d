//! Python processes that the program starts.

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::Output;
use std::time::{Duration, Instant};

use trace::document::Ending;
use trace::read::Family;

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

/// Forks children, one after the other or all alive at a time, which import a module each.
const FORKS: &str = "import os, sys\n\
    count, together = int(sys.argv[1]), sys.argv[2] == 'together'\n\
    read, write = os.pipe()\n\
    for number in range(count):\n\
    \x20   pid = os.fork()\n\
    \x20   if pid == 0:\n\
    \x20       import colorsys\n\
    \x20       if together:\n\
    \x20           os.close(write)\n\
    \x20           os.read(read, 1)\n\
    \x20       os._exit(number % 7)\n\
    \x20   if not together: os.waitpid(pid, 0)\n\
    os.close(write)\n\
    for number in range(count if together else 0): os.wait()\n";

/// Runs `truename run` under a limit of open files.
fn record_forks(context: &Context, limit: &str, words: &str) -> Output {
    let script = format!(
        "ulimit {limit}; exec {} run --python {} forks.py {words}",
        env!("CARGO_BIN_EXE_truename"),
        pythons()[0].path.display()
    );
    context.write("forks.py", FORKS);
    let mut command = context.plain(Path::new("/bin/sh"), &["-c", &script]);
    command.output().unwrap()
}

/// A child that has ended keeps nothing open, and of those that run few are followed.
#[test]
fn may_be_many() {
    for (limit, words, count) in [
        ("-n 64", "300 apart", 300),
        ("-n 64", "200 together", 200),
        ("-Sn 32", "40 together", 40),
        ("-n 24", "30 apart", 30),
        ("-n 20", "30 together", 30),
    ] {
        let context = Context::new();
        let output = record_forks(&context, limit, words);
        assert!(output.status.success(), "{limit} {}", err(&output));
        assert_eq!(err(&output), "", "{limit}");
        let trace = context.trace();
        assert_eq!(trace.children.len(), count, "{limit} {words}");
        let parents: BTreeSet<_> = trace.children.iter().map(parent).collect();
        assert_eq!(parents, BTreeSet::from([trace.document.run.process.pid]));
        let started = |child: &Family| child.document.run.started.clone();
        assert!(words.ends_with("together") || trace.children.is_sorted_by_key(started));
        assert!(
            trace
                .children
                .iter()
                .all(|child| labels(child).contains(&"<colorsys>"))
        );
    }
}

fn parent(child: &Family) -> u32 {
    child.document.run.process.parent
}

/// So few files that the folder of the spools cannot be looked into, or that no trace can be written.
#[test]
fn are_never_lost_without_a_word() {
    let set = |limit| {
        format!(
            "import os, resource\n\
            resource.prlimit(os.getppid(), resource.RLIMIT_NOFILE, ({limit}, 4096))\n"
        )
    };
    for limit in 0..=9 {
        let context = Context::new();
        context.write("set.py", &set(limit));
        let code = format!("exec(open('set.py').read())\n{FORKS}");
        let words = ["-c", &code, "10", "apart"];
        let output = context.record(&pythons()[0], &words).output().unwrap();
        if limit == 0 || !output.status.success() {
            assert_eq!(output.status.code(), Some(1), "{limit} {}", err(&output));
            let said = err(&output);
            assert!(said.contains("Too many open files"), "{limit} {said}");
            let finished = context.truename(&["finish"]).output().unwrap();
            assert!(finished.status.success(), "{limit} {}", err(&finished));
        }
        assert_eq!(context.trace().children.len(), 10, "{limit}");
    }
}

/// Those that were complete are not made again, and get their places.
#[test]
fn that_had_ended_before_truename_was_killed_are_kept() {
    let code = "import os, signal\n\
        for number in range(20):\n\
        \x20   pid = os.fork()\n\
        \x20   if pid == 0:\n\
        \x20       import colorsys\n\
        \x20       os._exit(0)\n\
        \x20   os.waitpid(pid, 0)\n\
        import time\n\
        time.sleep(0.3)\n\
        if os.fork() == 0:\n\
        \x20   import json\n\
        \x20   os._exit(0)\n\
        os.wait()\n\
        os.kill(os.getppid(), signal.SIGKILL)\n";
    let context = Context::new();
    let output = context.record(&pythons()[0], &["-c", code]).output();
    assert_eq!(output.unwrap().status.signal(), Some(9));
    let names = fs::read_dir(context.spool().join("finished")).unwrap();
    let names: Vec<_> = names.map(|entry| entry.unwrap().file_name()).collect();
    assert!(names.len() >= 20, "{names:?}");
    let deadline = Instant::now() + Duration::from_secs(10);
    let finished = loop {
        let finished = context.truename(&["finish"]).output().unwrap();
        // The program may still be on its way out.
        if finished.status.success() || Instant::now() > deadline {
            break finished;
        }
    };
    assert!(finished.status.success(), "{}", err(&finished));
    let trace = context.trace();
    assert!(labels(&trace).contains(&"<__main__>"));
    let (last, others) = trace.children.split_last().unwrap();
    assert!(labels(last).contains(&"<json>"));
    assert_eq!(others.len(), 20);
    assert!(
        others
            .iter()
            .all(|child| labels(child).contains(&"<colorsys>"))
    );
    assert_eq!(
        fs::read_dir(context.at("truename-trace")).unwrap().count(),
        5
    );
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

#[test]
fn that_ran_another_sitecustomize_are_reported() {
    let code = "import os, subprocess, sys\n\
        path = os.path.abspath(sys.argv[1]) + ':' + os.environ.get('PYTHONPATH', '')\n\
        subprocess.run([sys.executable, 'tool.py'], env={**os.environ, 'PYTHONPATH': path})\n";
    for python in pythons() {
        let context = Context::of([
            ("tool.py", "import colorsys"),
            ("alone/sitecustomize.py", "import this_is_missing"),
            ("chained/sitecustomize.py", CHAINED),
        ]);
        let output = context.record(python, &["-c", code, "alone"]).output();
        let said = err(&output.unwrap());
        assert!(
            said.contains("`python") && said.contains(" tool.py`, which ran another sitecustomize"),
            "{said}"
        );
        assert!(said.contains("alone/sitecustomize.py). `truename run --everywhere` records it."));
        assert!(context.trace().children.is_empty());

        let output = context.record(python, &["-c", code, "chained"]).output();
        assert_eq!(err(&output.unwrap()), "");
        assert_eq!(context.trace().children.len(), 1);

        let words = ["--everywhere", "-c", code, "alone"];
        context.record(python, &words).output().unwrap();
        let children = context.trace().children;
        assert!(labels(&children[0]).contains(&"<colorsys>"));
    }
}

/// A `sitecustomize` that gives way to the next one.
const CHAINED: &str = "import os, sys\n\
    sys.path.remove(os.path.dirname(__file__))\n\
    del sys.modules['sitecustomize']\n\
    import sitecustomize\n";

/// Programs that a process becomes, without a module that starts processes.
#[test]
fn that_replace_a_process_are_recorded_or_reported() {
    let becomes = "import os, sys\n\
        words, keeps = sys.argv[1], sys.argv[2] == 'keeps'\n\
        environment = dict(os.environ) if keeps else {}\n\
        os.execve(sys.executable, [sys.executable, *words.split()], environment)\n";
    for python in pythons() {
        let context = Context::of([
            ("becomes.py", becomes),
            ("tool.py", "import colorsys, time; time.sleep(0.3)"),
        ]);
        for (words, keeps, reason) in [
            ("tool.py", "keeps", None),
            ("-sE tool.py", "keeps", Some("which ignores PYTHONPATH")),
            (
                "tool.py",
                "drops",
                Some("whose environment is of the program's"),
            ),
            ("--version", "drops", None),
        ] {
            let output = context
                .record(python, &["becomes.py", words, keeps])
                .output();
            let output = output.unwrap();
            assert!(output.status.success(), "{}", err(&output));
            match reason {
                None => assert_eq!(err(&output), "", "{words} {keeps}"),
                Some(reason) => {
                    let said = format!("{words}`, {reason}");
                    assert!(err(&output).contains(&said), "{}", err(&output));
                }
            }
            if words == "--version" {
                continue;
            }
            let everywhere = ["--everywhere", "becomes.py", words, keeps];
            let output = context.record(python, &everywhere).output().unwrap();
            assert_eq!(err(&output), "");
            let children = context.trace().children;
            assert_eq!(children.len(), 1, "{words} {keeps}");
            assert!(labels(&children[0]).contains(&"<colorsys>"));
        }
    }
}

/// All that a process was before it became what it is last are complete, also where that has ended by now.
#[test]
fn that_replace_a_process_again_and_again_end_as_they_should() {
    let chain = "import os, sys\n\
        left = int(sys.argv[1])\n\
        if left: os.execv(sys.executable, [sys.executable, 'chain.py', str(left - 1)])\n";
    let main = "import os, sys\n\
        for n in range(6):\n\
        \x20   if os.fork() == 0:\n\
        \x20       os.execv(sys.executable, [sys.executable, 'chain.py', '4'])\n\
        for n in range(6): os.wait()\n";
    let context = Context::of([("main.py", main), ("chain.py", chain)]);
    for python in pythons() {
        let run = context.run(python, &["main.py"]);
        assert!(run.output.status.success(), "{}", err(&run.output));
        let children = context.trace().children;
        assert_eq!(children.len(), 30);
        for child in children {
            let process = &child.document.run;
            assert_eq!(process.ended, Ending::ProcessEnded, "{process:?}");
        }
    }
}

/// Whatever environment a process is given, and whatever it ignores of it.
#[test]
fn are_recorded_everywhere_on_request() {
    let code = "import os, subprocess, sys\n\
        tool = [sys.executable, '-c', 'import colorsys']\n\
        isolated = [sys.executable, '-I', '-S', '-c', 'import colorsys']\n\
        big = {str(number): 'x' for number in range(1500)}\n\
        def wait(pid): assert os.waitpid(pid, 0)[1] == 0\n\
        subprocess.run(tool, env={}, check=True)\n\
        subprocess.run(isolated, check=True)\n\
        subprocess.run(isolated, env={'LD_PRELOAD': ''}, check=True)\n\
        subprocess.run(tool, env=big, check=True, preexec_fn=lambda: None)\n\
        wait(os.posix_spawn(sys.executable, tool, {}))\n\
        wait(os.posix_spawnp(sys.executable, tool, {'PATH': '/nowhere'}))\n\
        wait(os.spawnve(os.P_NOWAIT, sys.executable, tool, {}))\n\
        wait(os.spawnvpe(os.P_NOWAIT, sys.executable, tool, {}))\n\
        subprocess.run(['env', '-i', *tool], check=True)\n\
        for name in 'LD_PRELOAD', 'TRUENAME_SPOOL': del os.environ[name]\n\
        subprocess.run(tool, check=True)\n\
        wait(os.spawnv(os.P_NOWAIT, sys.executable, tool))\n\
        wait(os.spawnvp(os.P_NOWAIT, sys.executable, tool))\n";
    for python in pythons() {
        let context = Context::new();
        let words = ["--everywhere", "-c", code];
        let output = context.record(python, &words).output().unwrap();
        assert!(output.status.success(), "{}", err(&output));
        assert_eq!(err(&output), "");
        let children = context.trace().children;
        let started = children
            .iter()
            .filter(|child| labels(child).contains(&"<colorsys>"));
        assert_eq!(started.count(), 12);
    }
}

/// A program sees one library and two variables of it, and its `sitecustomize` runs as ever.
#[test]
fn are_recorded_everywhere_as_they_are_otherwise() {
    let code = "import os, sys\n\
        print(sorted(k for k in os.environ if 'TRUENAME' in k or k == 'PYTHONPATH'))\n\
        print('sitecustomize' in sys.modules, [p for p in sys.path if '/recorder-' in p])\n";
    for python in pythons() {
        let context = Context::of([("site/sitecustomize.py", "import colorsys"), ("a.py", code)]);
        let record = |words: &[&str]| {
            let mut command = context.record(python, words);
            let output = command
                .env("PYTHONPATH", context.at("site"))
                .output()
                .unwrap();
            assert_eq!(err(&output), "");
            (out(&output), context.trace())
        };
        let (_, usual) = record(&["a.py"]);
        let (said, everywhere) = record(&["--everywhere", "a.py"]);
        assert_eq!(
            said,
            "['PYTHONPATH', 'TRUENAME_EVERYWHERE', 'TRUENAME_SPOOL']\nTrue []\n"
        );
        assert!(labels(&usual).contains(&"<sitecustomize>"));
        assert_eq!(labels(&usual), labels(&everywhere));
    }
}

#[test]
fn that_became_another_user_are_reported() {
    // SAFETY: a plain system call.
    if unsafe { libc::geteuid() } != 0 {
        eprintln!("only root can become another user");
        return;
    }
    let code = "import os\n\
        os.setuid(65534)\n\
        for _ in 'ab':\n\
        \x20   if os.fork() == 0:\n\
        \x20       exec('a = 1', {'__name__': 'a'})\n\
        \x20       if os.fork() == 0:\n\
        \x20           exec('b = 1', {'__name__': 'b'})\n\
        \x20           os._exit(0)\n\
        \x20       os.wait()\n\
        \x20       os._exit(0)\n\
        \x20   os.wait()\n";
    let python = &pythons()[0];
    let context = Context::new();
    let output = context.record(python, &["-c", code]).output().unwrap();
    assert!(output.status.success(), "{}", err(&output));
    let said = err(&output);
    assert!(
        said.contains("4 Python processes that the program started were not recorded"),
        "{said}"
    );
    assert!(
        said.contains("could not write to the trace folder: Permission denied"),
        "{said}"
    );
    assert!(context.trace().children.is_empty());
}

/// The recorder of the outer truename, of another version perhaps, is in none of the inner one's processes.
#[test]
fn may_run_truename() {
    let code = "import os, subprocess, sys\n\
        option, inner = sys.argv[1:3]\n\
        words = [inner, 'run', '--python', sys.executable, '--out', 'inner', option, '-c',\n\
            'import colorsys']\n\
        cache = {'XDG_CACHE_HOME': os.path.abspath('cache')}\n\
        for env in {}, cache:\n\
        \x20   subprocess.run(words, env={**os.environ, **env}, check=True)\n\
        \x20   os.rename('inner', 'inner-' + str(len(env)))\n";
    let python = &pythons()[0];
    for outer in [&[][..], &["-I"], &["--everywhere"]] {
        for inner in ["-u", "-E", "-I", "--everywhere"] {
            let context = Context::new();
            let truename = env!("CARGO_BIN_EXE_truename");
            let words = [outer, &["-c", code, inner, truename]].concat();
            let output = context.record(python, &words).output().unwrap();
            assert!(
                output.status.success(),
                "{outer:?} {inner} {}",
                err(&output)
            );
            for folder in ["inner-0", "inner-1"] {
                let trace = Family::read(&context.at(folder)).unwrap();
                let modules = trace.document.modules.iter();
                let files: Vec<_> = modules.map(|module| module.file.as_str()).collect();
                let is_ours = |file: &&str| *file == "<truename>" || file.contains("sitecustomize");
                assert!(!files.iter().any(is_ours), "{outer:?} {inner} {files:?}");
                assert!(labels(&trace).contains(&"<colorsys>"));
            }
        }
    }
}
