//! Several runs of one program, as one trace.

use std::fs;

use serde_json::{Value, json};

use crate::context::{Context, err, out, pythons, show};

/// A program that imports `a` and `slow` always, and `b` in its second run alone.
const MAIN: &str = "import a, slow
from pathlib import Path
count = Path('count')
runs = int(count.read_text()) if count.exists() else 0
count.write_text(str(runs + 1))
if runs == 1:
    import b
";

fn context() -> Context {
    Context::of([
        ("main.py", MAIN),
        ("a.py", "import c\n"),
        ("b.py", ""),
        ("c.py", ""),
        ("slow.py", "import time\ntime.sleep(0.01)\n"),
    ])
}

#[track_caller]
fn json(context: &Context, words: &[&str]) -> Value {
    let output = context.truename(words).output().unwrap();
    serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{}", show(&output)))
}

/// Finds a node of a tree by its name.
fn node<'a>(nodes: &'a Value, name: &str) -> Option<&'a Value> {
    nodes
        .as_array()
        .unwrap()
        .iter()
        .find_map(|it| match it["name"] == name {
            true => Some(it),
            false => node(&it["nodes"], name),
        })
}

#[test]
fn each_view_takes_the_runs_for_one_trace() {
    let context = context();
    let run = context.run_unchecked(&pythons()[0], &["--repeat", "3", "main.py"]);
    assert!(run.output.status.success(), "{}", show(&run.output));
    assert!(err(&run.output).is_empty(), "{}", show(&run.output));
    for number in 1..=3 {
        assert!(
            run.trace
                .join(format!("runs/{number}/trace_modules.json"))
                .is_file()
        );
    }
    let own = |document: &Value| {
        let imports = document["imports"].as_array().unwrap();
        let slow = imports.iter().find(|it| it["name"] == "slow").unwrap();
        slow["total_ns"].as_u64().unwrap()
    };
    let mut totals = [1, 2, 3].map(|number| {
        let file = run.trace.join(format!("runs/{number}/trace_modules.json"));
        own(&serde_json::from_str(&fs::read_to_string(file).unwrap()).unwrap())
    });
    totals.sort_unstable();
    let tree = json(&context, &["tree", "--json"]);
    assert_eq!(tree["runs"], 3);
    let slow = node(&tree["nodes"], "slow").unwrap();
    assert_eq!(slow["total_ns"], totals[1], "the median of {totals:?}");
    let spread = &slow["spread"]["total"];
    assert_eq!(*spread, json!({"min_ns": totals[0], "max_ns": totals[2]}));
    let b = node(&tree["nodes"], "b").unwrap();
    assert_eq!((&b["runs"], &b["first_run"]), (&json!(1), &json!(2)));
    assert_eq!(node(&tree["nodes"], "c").unwrap()["runs"], 3);

    let text = |words: &[&str]| {
        let output = context.truename(words).output().unwrap();
        assert!(err(&output).is_empty(), "{}", show(&output));
        out(&output)
    };
    let tree = text(&["tree"]);
    assert!(
        tree.starts_with("Times are medians of 3 runs; spread is"),
        "{tree}"
    );
    assert!(tree.contains("<b>  b.py  in 1 of 3 runs\n"), "{tree}");
    assert!(tree.contains("<c>  c.py\n"), "{tree}");
    let top = json(&context, &["top", "--json", "-n", "100"]);
    let ranked = top["ranking"].as_array().unwrap().iter();
    let slow = ranked.clone().find(|it| it["name"] == "slow").unwrap();
    assert_eq!((&slow["imports"], &slow["runs"]), (&json!(1), &json!(3)));
    assert_eq!(slow["total_ns"], totals[1]);
    let top = text(&["top"]);
    assert!(
        top.contains(" (median of 3 runs; ") && top.contains("    spread\n"),
        "{top}"
    );
    let why = text(&["why", "slow"]);
    assert!(
        why.contains(" (median of 3 runs; ") && why.matches("main.py:1").count() == 1,
        "{why}"
    );
    assert!(text(&["why", "b"]).contains("  in 1 of 3 runs\n"));
    assert!(text(&["export", "--to", "folded"]).contains("slow"));
    let check = text(&["check"]);
    assert!(check.contains("truename-trace/runs/3:\n"), "{check}");
    // What one run alone imports breaks a rule.
    let output = context
        .truename(&["budget", "--forbid", "b"])
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(1), "{}", show(&output));
    assert!(out(&output).contains("└ b  main.py:7"), "{}", show(&output));
    let output = context
        .truename(&["budget", "--max-time", "1ms"])
        .output()
        .unwrap();
    assert!(
        out(&output).contains(" (median of 3 runs; "),
        "{}",
        show(&output)
    );
}

#[test]
fn slower_is_what_the_runs_do_not_explain() {
    let context = context();
    let python = &pythons()[0];
    let record = |folder: &str, sleep: &str| {
        context.write("slow.py", &format!("import time\ntime.sleep({sleep})\n"));
        let words = ["--repeat", "3", "--out", folder, "main.py"];
        assert!(context.record(python, &words).status().unwrap().success());
    };
    record("before", "0.01");
    record("after", "0.5");
    let diff = json(&context, &["diff", "--json", "before", "after"]);
    assert_eq!(
        (&diff["before"]["runs"], &diff["after"]["runs"]),
        (&json!(3), &json!(3))
    );
    let slower = diff["slower"].as_array().unwrap().iter();
    let slow = slower.clone().find(|it| it["name"] == "slow").unwrap();
    assert!(slow["before_spread"]["max_ns"].as_u64() < slow["after_spread"]["min_ns"].as_u64());
    let output = context
        .truename(&["diff", "before", "after"])
        .output()
        .unwrap();
    let text = out(&output);
    assert!(
        text.contains(" of import time (medians of 3 runs each).\n"),
        "{text}"
    );
    assert!(
        text.contains("slower: own time grew by more than the runs differ\n"),
        "{text}"
    );
    let output = context
        .truename(&["diff", "before", "before"])
        .output()
        .unwrap();
    assert!(
        out(&output).starts_with("No difference"),
        "{}",
        show(&output)
    );
}

/// A child is the same in each run, whenever it starts: its times and its command line stand together.
#[test]
fn children_are_known_by_their_command_lines() {
    let main = "import os, subprocess, sys
runs = len(os.listdir('seen'))
open(f'seen/{runs}', 'w').close()
children = [['a.py', str(os.getpid())], ['d.py']]
for words in children if runs % 2 else children[::-1]:
    subprocess.run([sys.executable, *words], check=True)
";
    let context = context();
    context.write("main.py", main);
    context.write("d.py", "import b\n");
    fs::create_dir(context.at("seen")).unwrap();
    let words = ["--repeat", "3", "main.py"];
    let output = context.record(&pythons()[0], &words).output().unwrap();
    assert!(output.status.success(), "{}", show(&output));
    let tree = json(&context, &["tree", "--json"]);
    let children = tree["children"].as_array().unwrap();
    assert_eq!(children.len(), 2, "{tree}");
    for child in children {
        let command = child["process"]["arguments"].to_string();
        let of = |name: &str| node(&child["nodes"], name).map(|it| it["runs"].clone());
        let (mine, other) = match command.contains("d.py") {
            true => ("b", "c"),
            false => ("c", "b"),
        };
        assert_eq!((of(mine), of(other)), (Some(json!(3)), None), "{child}");
    }
}

#[test]
fn ends_by_different_exceptions_are_different_ends() {
    let main = "import os, sys, slow
runs = len(os.listdir('seen'))
open(f'seen/{runs}', 'w').close()
raise (SystemExit, KeyError, SystemExit)[runs]
";
    let context = context();
    context.write("main.py", main);
    fs::create_dir(context.at("seen")).unwrap();
    let words = ["--repeat", "3", "main.py"];
    context.record(&pythons()[0], &words).output().unwrap();
    let tree = context.truename(&["tree"]).output().unwrap();
    let text = out(&tree);
    let line = |exception: &str| {
        let mut lines = text.lines();
        lines
            .find(|it| it.contains(exception))
            .unwrap_or_else(|| panic!("{text}"))
    };
    assert!(line("SystemExit").contains("in 2 of 3 runs"), "{text}");
    assert!(line("KeyError").contains("in 1 of 3 runs"), "{text}");
}

/// An import within something that ends differently from run to run still has the times of one import.
#[test]
fn times_are_medians_also_where_the_program_ends_differently() {
    let main = "import os, sys, slow
runs = len(os.listdir('seen'))
open(f'seen/{runs}', 'w').close()
if runs % 2: sys.exit(0)
";
    let context = context();
    context.write("main.py", main);
    fs::create_dir(context.at("seen")).unwrap();
    let words = ["--repeat", "4", "main.py"];
    let output = context.record(&pythons()[0], &words).output().unwrap();
    assert!(output.status.success(), "{}", show(&output));
    let why = json(&context, &["why", "--json", "slow"]);
    let found = &why["found"];
    assert_eq!(found.as_array().unwrap().len(), 1, "{found}");
    let found = &found[0];
    assert_eq!((&found["times"], &found["runs"]), (&json!(1), &json!(4)));
    for (time, spread) in [
        ("total_ns", "total"),
        ("own_ns", "own"),
        ("running_ns", "running"),
    ] {
        let bound = |name| found["spread"][spread][name].as_u64().unwrap();
        let within = bound("min_ns")..=bound("max_ns");
        assert!(within.contains(&found[time].as_u64().unwrap()), "{found}");
    }
}

#[test]
fn the_first_failure_is_the_status_and_a_signal_ends_the_series() {
    let context = Context::of([(
        "main.py",
        "import os, sys
runs = len(os.listdir('seen'))
open(f'seen/{runs}', 'w').close()
code = eval(sys.argv[1])[runs]
os.kill(os.getpid(), 9) if code == 9 else sys.exit(code)
",
    )]);
    let run = |statuses: &str| {
        let _ = fs::remove_dir_all(context.at("seen"));
        fs::create_dir(context.at("seen")).unwrap();
        let words = ["--repeat", "4", "main.py", statuses];
        let output = context.record(&pythons()[0], &words).output().unwrap();
        let runs = fs::read_dir(context.at("seen")).unwrap().count();
        let traces = fs::read_dir(context.at("truename-trace/runs"))
            .unwrap()
            .count();
        assert_eq!(runs, traces, "{}", show(&output));
        (output.status, runs, err(&output))
    };
    let (status, runs, stderr) = run("[0, 3, 4, 0]");
    assert_eq!((status.code(), runs), (Some(3), 4));
    assert!(
        stderr.contains("run 2 of 4 exited with 3, and the first one exited with 0."),
        "{stderr}"
    );
    let (status, runs, stderr) = run("[0, 9, 0, 0]");
    assert_eq!((status.code(), runs), (None, 2));
    assert!(
        stderr.contains("run 2 of 4 was ended by signal 9, and no more were made."),
        "{stderr}"
    );
    let (status, runs, stderr) = run("[5, 5, 5, 5]");
    assert_eq!((status.code(), runs, stderr.as_str()), (Some(5), 4, ""));
    // A single run takes the place of several, and the other way round.
    let output = context
        .record(&pythons()[0], &["-c", "pass"])
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", show(&output));
    assert!(!context.at("truename-trace/runs").exists());
    let (_, runs, _) = run("[0, 0, 0, 0]");
    assert!(runs == 4 && !context.at("truename-trace/trace_modules.json").exists());
}

#[test]
fn what_cannot_be_repeated_is_refused() {
    let context = Context::new();
    for (words, part) in [
        (
            &["run", "--repeat", "3", "-"][..],
            "standard input can be read once only",
        ),
        (
            &["run", "--repeat", "3"],
            "standard input can be read once only",
        ),
        (&["run", "--repeat", "1", "x.py"], "1 is not in 2..=1000"),
    ] {
        let output = context.truename(words).output().unwrap();
        assert_eq!(output.status.code(), Some(2), "{}", show(&output));
        assert!(err(&output).contains(part), "{}", show(&output));
    }
    let output = context
        .record(&pythons()[0], &["--repeat", "3", "-V"])
        .output()
        .unwrap();
    assert!(output.status.success() && !context.at("truename-trace").exists());
}
