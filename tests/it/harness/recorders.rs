//! Recorders that go wrong.

use std::time::Duration;

use crate::harness::support::{Bench, GOLDEN, SCENARIO};

#[test]
fn one_that_works_passes() {
    let goldens = Bench::new().examine(SCENARIO).unwrap();
    assert_eq!(goldens.len(), 1);
    assert_eq!(goldens[0].suffix, "");
    assert_eq!(goldens[0].text, GOLDEN);
    // So does the one that the cases below go wrong with.
    let goldens = Bench::new().recorder_then("").examine(SCENARIO).unwrap();
    assert_eq!(goldens[0].text, GOLDEN);
}

#[test]
fn one_that_drops_an_event() {
    let program = "
import json
events = json.loads((folder / 'trace.json').read_text())
returns = [event for event in events if 'Return' in event]
events.remove(returns[-1])
(folder / 'trace.json').write_text(json.dumps(events))
";
    let bench = Bench::new().recorder_then(program);
    bench.fails_with(SCENARIO, &["the trace is not sound:", "files:", "main.py"]);
}

#[test]
fn one_that_drops_a_module() {
    let program = "
file = folder / 'trace_modules.json'
lines = file.read_text().splitlines(keepends=True)
file.write_text(''.join(line for line in lines if '<spare>' not in line).replace('},\\n]', '}\\n]'))
";
    Bench::new()
        .recorder_then(program)
        .fails_with(SCENARIO, &["trace_modules.json is damaged: import"]);
}

#[test]
fn one_that_mislabels() {
    let program = "
for name in ['trace.json', 'trace_modules.json']:
    file = folder / name
    text = file.read_text()
    assert '<acme>' in text
    text = text.replace('<acme>', '<spam>').replace('\"name\":\"acme\"', '\"name\":\"spam\"')
    file.write_text(text)
";
    Bench::new()
        .recorder_then(program)
        .fails_with(SCENARIO, &["scenario.md:29: no body of <acme> ran"]);
}

#[test]
fn one_that_mislabels_in_one_place() {
    let program = "
file = folder / 'trace.json'
file.write_text(file.read_text().replace('<acme>', '<spam>'))
";
    Bench::new()
        .recorder_then(program)
        .fails_with(SCENARIO, &["the trace is not sound:", "<spam>"]);
}

#[test]
fn one_that_writes_a_truncated_trace() {
    let program = "
file = folder / 'trace.json'
os.truncate(file, file.stat().st_size - 10)
";
    Bench::new()
        .recorder_then(program)
        .fails_with(SCENARIO, &["trace.json is truncated"]);
}

#[test]
fn one_that_writes_no_trace() {
    let program = "
import shutil
shutil.rmtree(folder)
";
    Bench::new()
        .recorder_then(program)
        .fails_with(SCENARIO, &["nothing was recorded: there is no trace."]);
}

#[test]
fn one_that_changes_the_exit_status() {
    Bench::new().recorder_then("sys.exit(1)").fails_with(
        SCENARIO,
        &["the program ends with `exit 99`, and nobody claims that. If it should, write: exit 99"],
    );
}

#[test]
fn one_that_crashes() {
    let bench = Bench::new().recorder("#!/bin/sh\necho so long >&2\nkill -SEGV $$\n");
    bench.fails_with(
        SCENARIO,
        &[
            "nothing was recorded: there is no trace.",
            "exit SIGSEGV",
            "so long",
            "env -i",
        ],
    );
}

#[test]
fn one_that_hangs() {
    let mut bench = Bench::new().recorder("#!/bin/sh\nsleep 600\n");
    bench.harness.limit = Duration::from_millis(300);
    bench.fails_with(
        SCENARIO,
        &[
            "it still ran after 0.3 s, and was killed.",
            "killed at the time limit",
        ],
    );
}

#[test]
fn one_that_cannot_be_started() {
    let mut bench = Bench::new();
    bench.harness.truename = "/no/such/truename".into();
    bench.fails_with(SCENARIO, &["/no/such/truename: No such file or directory"]);
}
