//! Sub-interpreters: each has a recording of its own.

use std::collections::BTreeSet;

use runtime_tracing::TraceLowLevelEvent as Event;
use spool::ProcessOrigin;
use trace::document::Ending;
use trace::read::{Family, Folder};

use crate::context::{Context, labels_in, pythons, show};

/// A module that is alike on all versions: `create(kind)`, `run(interpreter, text)` and `destroy(interpreter)`.
const OTHER: &str = "import sys
if sys.version_info >= (3, 13):
    import _interpreters
    create = _interpreters.create
else:
    import _xxsubinterpreters as _interpreters
    def create(kind): return _interpreters.create(isolated=kind == 'isolated')
def run(interpreter, text):
    failure = _interpreters.run_string(interpreter, text)
    assert failure is None, failure
destroy = _interpreters.destroy
";

const THREADS: usize = 6;
const EACH: usize = 8;

/// Each thread has interpreters, of both kinds by turns, of which each calls functions named after it.
const MANY: &str = "import threading, other
def work(thread):
    for count in range(8):
        name = f'only_{thread}_{count}'
        interpreter = other.create('isolated' if (thread + count) % 2 else 'legacy')
        other.run(interpreter, f'import {name}')
        other.run(interpreter, f'{name}.{name}(100)')
        other.destroy(interpreter)
threads = [threading.Thread(target=work, args=(n,)) for n in range(6)]
for thread in threads: thread.start()
for thread in threads: thread.join()
";

#[test]
fn dozens_over_threads_have_whole_recordings_and_none_of_another() {
    let names =
        (0..THREADS).flat_map(|thread| (0..EACH).map(move |n| format!("only_{thread}_{n}")));
    let names: BTreeSet<_> = names.collect();
    let context = Context::of([("main.py", MANY), ("other.py", OTHER)]);
    for name in &names {
        let code = format!(
            "class {name}_Error(Exception): pass
def {name}(count):
    for n in range(count):
        try: {name}_inner(n)
        except {name}_Error: pass
def {name}_inner(n):
    if n % 10 == 0: raise {name}_Error
"
        );
        context.write(&format!("{name}.py"), &code);
    }
    for python in pythons() {
        for options in [
            &["--events", "modules"][..],
            &["--events", "lines", "--values", "full"],
        ] {
            let words: Vec<_> = options.iter().chain(&["main.py"]).copied().collect();
            let run = context.run(python, &words);
            assert!(run.output.status.success(), "{}", show(&run.output));
            assert!(
                !show(&run.output).contains("warning"),
                "{}",
                show(&run.output)
            );
            let trace = context.trace();
            assert_eq!(
                labels_in(&trace, &context.root()),
                ["<__main__>", "<other>"]
            );
            assert_eq!(trace.children.len(), names.len());
            let found: BTreeSet<_> = trace.children.iter().map(only_name).collect();
            assert_eq!(found, names, "each is there");
            if options[1] != "modules" {
                for child in &trace.children {
                    has_its_calls_alone(child);
                }
            }
        }
    }
}

/// Returns the name of the only module of the program's that ran in an interpreter.
fn only_name(interpreter: &Family) -> String {
    let process = &interpreter.document.run.process;
    assert_eq!(process.origin, ProcessOrigin::Interpreter);
    assert_ne!(process.interpreter, 0);
    let modules = interpreter.document.modules.iter();
    let mut names = modules.filter_map(|module| {
        let name = module.name.as_ref()?.as_str();
        name.starts_with("only_").then(|| name.to_owned())
    });
    let name = names.next().expect("its module ran");
    assert_eq!(names.next(), None);
    name
}

fn has_its_calls_alone(interpreter: &Family) {
    let name = only_name(interpreter);
    let events = Folder::open(&interpreter.folder).unwrap().events().unwrap();
    let functions: Vec<_> = events
        .iter()
        .filter_map(|event| match event {
            Event::Function(function) => Some(function.name.as_str()),
            _ => None,
        })
        .collect();
    let others = functions.iter().filter(|function| {
        function.contains("only_") && !function.trim_start_matches('<').starts_with(&name)
    });
    assert_eq!(others.count(), 0, "{functions:?}");
    let inner = format!("{name}_inner");
    let inner = functions.iter().position(|function| *function == inner);
    let inner = inner.expect("its function was called");
    let calls = events
        .iter()
        .filter(|event| matches!(event, Event::Call(call) if call.function_id.0 == inner));
    assert_eq!(calls.count(), 100, "{name}");
}

/// Nobody ends the module that an interpreter runs on a thread when its process ends in the middle.
#[test]
fn that_were_in_a_body_end_as_their_process_does() {
    let main = "import os, sys, threading, time, other
interpreter = other.create('isolated')
run = threading.Thread(target=other.run, args=(interpreter, 'import long'), daemon=True)
run.start()
while not os.path.exists('begun'): time.sleep(0.01)
os.remove('begun')
os.kill(os.getpid(), 9) if sys.argv[1] == 'kill' else os._exit(0)
";
    let long = "import time\nopen('begun', 'w').close()\ntime.sleep(60)\n";
    let context = Context::of([("main.py", main), ("other.py", OTHER), ("long.py", long)]);
    for python in pythons() {
        for (way, ending) in [("kill", Ending::Killed), ("exit", Ending::ProcessEnded)] {
            let run = context.run_unchecked(python, &["main.py", way]);
            let children = context.trace().children;
            assert_eq!(children.len(), 1, "{}", show(&run.output));
            assert_eq!(children[0].document.run.ended, ending, "{way}");
        }
    }
}

#[test]
fn are_left_alone_with_the_children() {
    let main = "import other
interpreter = other.create('isolated')
other.run(interpreter, 'import mod')
other.destroy(interpreter)
";
    let context = Context::of([("main.py", main), ("other.py", OTHER), ("mod.py", "")]);
    for python in pythons() {
        for option in ["-u", "-I"] {
            let words = ["--no-children", option, "main.py"];
            let run = context.run(python, &words);
            if option == "-u" {
                assert!(run.output.status.success(), "{}", show(&run.output));
            }
            assert!(
                !show(&run.output).contains("not recorded"),
                "{}",
                show(&run.output)
            );
            assert!(context.trace().children.is_empty());
        }
    }
}

/// A program that takes the tool id away in one interpreter loses that recording alone, and it is said.
#[test]
fn lose_their_own_recording_alone() {
    let main = "import other
one, two = other.create('isolated'), other.create('legacy')
other.run(one, 'import mod')
other.run(one, 'import thief')
other.run(two, 'import mod')
other.destroy(one)
other.run(two, 'import late')
other.destroy(two)
import late
";
    let thief = "import sys
tools = [n for n in range(6) if sys.monitoring.get_tool(n) == 'truename']
for event in range(20):
    try: sys.monitoring.register_callback(tools[0], 1 << event, None)
    except ValueError: pass
sys.monitoring.free_tool_id(tools[0])
";
    let context = Context::of([
        ("main.py", main),
        ("other.py", OTHER),
        ("thief.py", thief),
        ("mod.py", ""),
        ("late.py", ""),
    ]);
    for python in pythons() {
        let run = context.run_unchecked(python, &["main.py"]);
        assert!(run.output.status.success(), "{}", show(&run.output));
        assert!(
            show(&run.output).contains("is not whole"),
            "{}",
            show(&run.output)
        );
        let trace = context.trace();
        let root = context.root();
        let labels = |trace: &Family| labels_in(trace, &root).join(" ");
        assert_eq!(labels(&trace), "<__main__> <other> <late>");
        let mut others: Vec<_> = trace
            .children
            .iter()
            .map(|child| (labels(child), child.document.run.ended))
            .collect();
        others.sort_by(|one, other| one.0.cmp(&other.0));
        use trace::document::Ending;
        assert_eq!(
            others,
            [
                ("<mod> <late>".to_owned(), Ending::ProcessEnded),
                ("<mod> <thief>".to_owned(), Ending::Lost),
            ]
        );
    }
}

/// The main interpreter and another run on one thread by turns, and the main one's frames stay open meanwhile.
#[test]
fn nest_on_a_thread_without_a_trace_in_each_other() {
    let main = "import other
def outer(interpreter, depth):
    other.run(interpreter, 'import mod; mod.step()')
    if depth: outer(interpreter, depth - 1)
    other.run(interpreter, 'mod.step()')
interpreter = other.create('legacy')
outer(interpreter, 5)
other.destroy(interpreter)
";
    let context = Context::of([
        ("main.py", main),
        ("other.py", OTHER),
        ("mod.py", "def step(): pass\n"),
    ]);
    for python in pythons() {
        let run = context.run(python, &["--events", "lines", "main.py"]);
        assert!(run.output.status.success(), "{}", show(&run.output));
        let trace = context.trace();
        assert_eq!(trace.children.len(), 1);
        let count = |trace: &Family, name: &str| {
            let events = Folder::open(&trace.folder).unwrap().events().unwrap();
            let functions = events.iter().filter_map(|event| match event {
                Event::Function(function) => Some(function.name.clone()),
                _ => None,
            });
            let index = functions
                .into_iter()
                .position(|function| function == name)?;
            let calls = events.iter();
            Some(
                calls
                    .filter(|it| matches!(it, Event::Call(call) if call.function_id.0 == index))
                    .count(),
            )
        };
        assert_eq!(count(&trace, "outer"), Some(6));
        assert_eq!(count(&trace, "step"), None);
        assert_eq!(count(&trace.children[0], "step"), Some(12));
        assert_eq!(count(&trace.children[0], "outer"), None);
    }
}
