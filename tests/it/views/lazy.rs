//! `truename lazy`, which needs Python 3.15.

use std::collections::BTreeSet;
use std::fs;

use interpreters::Interpreter;
use serde_json::{Value, json};

use crate::context::{Context, err, out, pythons, show};

/// Plugins that register themselves when they are imported, which is too late under lazy imports.
const FILES: [(&str, &str); 6] = [
    (
        "main.py",
        "import heavy\nimport registry, first\nfrom pkg import second, unused\n\
         def use(): registry.names.append('used')\nuse()\nprint(sorted(registry.names))\n",
    ),
    ("heavy.py", "import below\n"),
    ("below.py", ""),
    ("registry.py", "names = []\n"),
    (
        "first.py",
        "import registry\nregistry.names.append('first')\n",
    ),
    ("pkg/__init__.py", ""),
];

fn context() -> Context {
    let context = Context::of(FILES);
    context.write(
        "pkg/second.py",
        "import registry\nregistry.names.append('second')\n",
    );
    context.write("pkg/unused.py", "");
    context
}

/// Returns a Python with lazy imports, if the tests are to use one.
fn python() -> Option<&'static Interpreter> {
    pythons().iter().find(|it| it.version >= (3, 15, 0))
}

#[track_caller]
fn lazy(context: &Context, words: &[&str]) -> Option<(i32, String, String)> {
    let mut command = context.truename(&["lazy", "--python"]);
    let output = command.arg(&python()?.path).args(words).output().unwrap();
    let status = output
        .status
        .code()
        .unwrap_or_else(|| panic!("{}", show(&output)));
    Some((status, out(&output), err(&output)))
}

fn names(list: &Value) -> BTreeSet<&str> {
    let items = list.as_array().unwrap().iter();
    items
        .flat_map(|it| {
            let with = it["with"].as_array().into_iter().flatten();
            with.chain([&it["name"]]).map(|it| it.as_str().unwrap())
        })
        .collect()
}

#[test]
fn imports_that_must_stay_eager_are_found() {
    let context = context();
    let Some((status, text, stderr)) = lazy(&context, &["--json", "--repeat", "2", "main.py"])
    else {
        return;
    };
    assert_eq!((status, stderr.as_str()), (0, ""));
    let report: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(
        names(&report["kept_eager"]),
        BTreeSet::from(["first", "pkg"])
    );
    assert_eq!(report["kept_eager"][0]["asked"]["line"], 2);
    assert_eq!(
        report["deviation"],
        json!({"what": "output", "stream": "stdout", "line": 1,
               "before": "['first', 'second', 'used']", "after": "['used']"})
    );
    // `from pkg import second, unused` is one import, which stays eager as a whole.
    assert_eq!(
        names(&report["not_needed"]),
        BTreeSet::from(["heavy", "below"])
    );
    assert_eq!(
        (&report["eager"]["runs"], &report["lazy"]["runs"]),
        (&json!(2), &json!(2))
    );
    for folder in ["truename-lazy/eager", "truename-lazy/lazy"] {
        let output = context.truename(&["top", folder]).output().unwrap();
        assert!(
            out(&output).contains("(median of 2 runs; "),
            "{}",
            show(&output)
        );
    }
    let (_, text, _) = lazy(&context, &["main.py"]).unwrap();
    assert!(text.starts_with("As it is: "), "{text}");
    assert!(
        text.contains("not needed: 2 modules\n  - heavy  main.py:1  "),
        "{text}"
    );
    assert!(
        text.contains("  ! first  main.py:2\n  ! pkg  main.py:3\n"),
        "{text}"
    );
    assert!(
        text.contains("  - ['first', 'second', 'used']\n  + ['used']\n"),
        "{text}"
    );
}

#[test]
fn a_program_that_behaves_the_same_needs_no_search() {
    let context = context();
    context.write(
        "main.py",
        "import heavy, sys, time\nprint(time.time())\nprint('x', file=sys.stderr)\nsys.exit(3)\n",
    );
    let Some((status, text, stderr)) = lazy(&context, &["main.py"]) else {
        return;
    };
    assert_eq!((status, stderr.as_str()), (0, ""));
    assert!(text.contains("not needed: 2 modules\n"), "{text}");
    let same =
        "the program behaved the same. Its stdout differs from run to run and was not compared.\n";
    assert!(text.contains(same), "{text}");
    // What it writes elsewhere is no output, and a module that an exception comes from no reason.
    context.write("main.py", "import heavy\nraise KeyError('why')\n");
    let (status, text, _) = lazy(&context, &["main.py"]).unwrap();
    assert!(
        status == 0 && text.contains("behaved the same.\n"),
        "{text}"
    );
}

#[test]
fn another_end_is_said_with_its_last_words() {
    let context = Context::of([
        (
            "main.py",
            "import setup, sys\nsys.exit(0 if 'setup' in sys.modules else 4)\n",
        ),
        ("setup.py", ""),
    ]);
    let Some((_, text, _)) = lazy(&context, &["main.py"]) else {
        return;
    };
    assert!(
        text.contains("behaves otherwise: exit status 4 instead of exit status 0."),
        "{text}"
    );
    assert!(text.contains("  ! setup  main.py:1\n"), "{text}");
    // Without `site` nothing can keep imports eager.
    let (_, text, _) = lazy(&context, &["--", "-I", "main.py"]).unwrap();
    assert!(
        text.contains("imports that must stay eager are not known"),
        "{text}"
    );
}

#[test]
fn a_program_that_goes_on_for_ever_is_ended() {
    let wait = "import os, registry, first, signal, time\n\
        if not registry.names:\n    \
            signal.signal(signal.SIGTERM, signal.SIG_IGN)\n    \
            os.fork()\n    \
            with open('pids', 'a') as pids: print(os.getpid(), file=pids)\n\
        while not registry.names: time.sleep(0.01)\n";
    let context = context();
    context.write("main.py", wait);
    // Under -E nothing is searched for.
    let Some((status, text, stderr)) = lazy(&context, &["--repeat", "2", "-E", "main.py"]) else {
        return;
    };
    assert_eq!((status, stderr.as_str()), (0, ""), "{text}");
    let what = "behaves otherwise: no end within ";
    assert!(text.contains(what), "{text}");
    let pids = fs::read_to_string(context.at("pids")).unwrap();
    assert_eq!(pids.lines().count(), 2, "{pids}");
    for pid in pids.lines() {
        let state = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
        assert!(state.is_empty() || state.contains(") Z "), "{state}");
    }
}

#[test]
fn what_cannot_be_compared_is_refused() {
    let context = context();
    let refused = |words: &[&str], status: i32, part: &str| {
        let output = context.truename(words).output().unwrap();
        assert_eq!(output.status.code(), Some(status), "{}", show(&output));
        assert!(err(&output).contains(part), "{}", show(&output));
    };
    refused(&["lazy", "-"], 2, "standard input can be read once only");
    refused(
        &["lazy", "--frob", "x.py"],
        2,
        "truename lazy has no option --frob",
    );
    refused(&["lazy", "pytest"], 2, "run: truename lazy -m pytest");
    if let Some(older) = pythons().iter().find(|it| it.version < (3, 15, 0)) {
        let path = older.path.to_str().unwrap();
        refused(
            &["lazy", "--python", path, "main.py"],
            2,
            "lazy imports begin with CPython 3.15, and ",
        );
    }
    if let Some(python) = python() {
        let path = python.path.to_str().unwrap();
        refused(
            &["lazy", "--python", path, "absent.py"],
            1,
            "can't open file",
        );
        assert!(!context.at("truename-lazy").exists());
        let changing = "import os, pathlib; p = pathlib.Path('n'); n = len(p.read_text()) if p.exists() else 0; \
                        p.write_text('x' * (n + 1)); os._exit(n % 2)";
        refused(
            &["lazy", "--python", path, "-c", changing],
            1,
            "does not end alike in each run",
        );
    }
}
