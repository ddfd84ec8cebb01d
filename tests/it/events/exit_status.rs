//! The exit status of a program: what its top level returns.

use rstest::rstest;
use runtime_tracing::{TraceLowLevelEvent as Event, ValueRecord};
use trace::read::Folder;

use crate::context::pythons;
use crate::events::snippet::Snippet;

/// Returns what the last return of a trace returns.
fn last_value(folder: &std::path::Path) -> ValueRecord {
    let events = Folder::open(folder).unwrap().events().unwrap();
    let returns = events.iter().rev().filter_map(|event| match event {
        Event::Return(record) => Some(record.return_value.clone()),
        _ => None,
    });
    returns.into_iter().next().unwrap()
}

/// After a signal it is the signal's number, negative, as for Python's `subprocess`.
#[rstest]
#[case::end("pass", 0)]
#[case::exit("raise SystemExit(3)", 3)]
#[case::message("sys.exit('no')", 1)]
#[case::exception("1 / 0", 1)]
#[case::at_once("os._exit(5)", 5)]
#[case::killed("os.kill(os.getpid(), 9)", -9)]
#[case::by_its_thread(
    "threading.Thread(target=os._exit, args=[7]).start(); time.sleep(9)",
    7
)]
fn of_a_program(
    #[case] code: &str,
    #[case] expected: i64,
    #[values("modules", "calls")] events: &str,
) {
    let snippet = Snippet::new(&format!("import os, sys, threading, time\n{code}\n"));
    for python in pythons() {
        let run = snippet.run(python, &["--events", events]);
        let value = last_value(&run.trace);
        assert!(
            matches!(value, ValueRecord::Int { i, .. } if i == expected),
            "{value:?} on {}",
            python.path.display()
        );
    }
}

/// A process that replaces itself ends nothing, and what its child ends with is the parent's to know.
#[test]
fn nobody_knows_that_of_a_child_or_of_a_program_that_was_replaced() {
    let snippet = Snippet::new(
        "import os, sys, subprocess
if len(sys.argv) == 1:
    subprocess.run([sys.executable, __file__, 'child'])
    os.execv(sys.executable, [sys.executable, __file__, 'other'])
sys.exit(4)
",
    );
    for python in pythons() {
        let trace = snippet.run(python, &[]).trace;
        let values = ["", "children/1", "children/2"].map(|part| last_value(&trace.join(part)));
        assert!(
            matches!(
                values,
                [
                    ValueRecord::None { .. },
                    ValueRecord::None { .. },
                    ValueRecord::Int { i: 4, .. }
                ]
            ),
            "{values:?} on {}",
            python.path.display()
        );
    }
}
