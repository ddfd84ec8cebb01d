//! The same story for CodeTracer's crates, and from one format to another.

use std::fs;
use std::path::Path;
use std::process::Output;

use codetracer_trace_reader::{TraceEventsFileFormat, create_trace_reader};
use rstest::rstest;
use serde::Serialize;
use serde_json::Value;
use trace::read::Folder;

use crate::context::{Context, err, out, pythons, show};
use crate::events::formats::BUSY;

const FULL: [&str; 6] = [
    "--events",
    "lines",
    "--values",
    "full",
    "--filter",
    "only.toml",
];

/// Records `main.py` alone.
const ONLY_MAIN: &str = "
[meta]
name = 'only'
version = 1
[scope]
default_exec = 'skip'
default_value_action = 'allow'
[[scope.rules]]
selector = 'file:**/main.py'
exec = 'trace'
";

const FILES: [&str; 4] = [
    "trace.bin",
    "trace_modules.json",
    "trace_paths.json",
    "trace_metadata.json",
];

const FLOATS: &str = "
def floats():
    small, big, none, third = -0.0, 1e300, 0.0, 1 / 3
    least, most = 5e-324, -1.7976931348623157e308
    nan, inf, minus = float('nan'), float('inf'), -float('inf')
    hard = 8.41e21, 2.2250738585072011e-308, 1.0000000000000002, 2 ** 0.5, 0.1 + 0.2
    nested = {1.5: [(2.5, 1 - 2j)], 'text': '1.5'}
    return nested
";

/// Returns events as JSON in which floats are texts.
pub fn normal(events: &[impl Serialize]) -> Vec<Value> {
    fn texts(value: &mut Value) {
        match value {
            Value::Number(number) if number.is_f64() => {
                *value = number.as_f64().unwrap().to_string().into();
            }
            Value::Array(items) => items.iter_mut().for_each(texts),
            Value::Object(fields) => fields.values_mut().for_each(texts),
            _ => {}
        }
    }
    let mut values: Vec<_> = events
        .iter()
        .map(|event| serde_json::to_value(event).unwrap())
        .collect();
    values.iter_mut().for_each(texts);
    values
}

/// Reads with `trace`.
pub fn ours(trace: &Path) -> Vec<Value> {
    normal(&Folder::open(trace).unwrap().events().unwrap())
}

/// Reads with `runtime_tracing` alone.
pub fn runtime_tracings(trace: &Path) -> Vec<Value> {
    use runtime_tracing::{TraceEventsFileFormat, create_trace_reader};
    let (file, format) = match trace.join("trace.bin") {
        file if file.exists() => (file, TraceEventsFileFormat::Binary),
        _ => (trace.join("trace.json"), TraceEventsFileFormat::Json),
    };
    let events = create_trace_reader(format).load_trace_events(&file);
    normal(&events.unwrap())
}

/// Reads with CodeTracer's crates alone.
pub fn codetracers(trace: &Path) -> Vec<Value> {
    let (file, format) = match trace.join("trace.bin") {
        file if file.exists() => (file, TraceEventsFileFormat::Binary),
        _ => (trace.join("trace.json"), TraceEventsFileFormat::Json),
    };
    let events = create_trace_reader(format)
        .load_trace_events(&file)
        .unwrap();
    if matches!(format, TraceEventsFileFormat::Json) {
        let theirs = serde_json::to_vec(&events).unwrap();
        assert!(theirs == fs::read(file).unwrap(), "other bytes");
    }
    normal(&events)
}

/// Runs truename, which has to succeed.
fn truename(context: &Context, words: &[&str]) -> Output {
    let output = context.truename(words).output().unwrap();
    assert!(output.status.success(), "{words:?}\n{}", show(&output));
    output
}

/// Each format is read by the crate that it is for, and by truename.
#[rstest]
#[case::codetracer("codetracer")]
#[case::codetracer_json("codetracer-json")]
fn codetracers_crates_read_what_runtime_tracing_reads(#[case] format: &str) {
    let code = format!("{BUSY}{FLOATS}\nwork()\nfloats()\n");
    let context = Context::of([("main.py", code.as_str()), ("only.toml", ONLY_MAIN)]);
    for python in pythons() {
        let options = [&FULL[..], &["--format", format, "main.py"]].concat();
        let trace = context.run(python, &options).trace;
        let events = codetracers(&trace);
        assert!(events == ours(&trace), "on {}", python.path.display());
        truename(&context, &["convert", "--format", "binary", "--out", "old"]);
        let old = runtime_tracings(&context.at("old"));
        assert!(events == old, "on {}", python.path.display());
        fs::remove_dir_all(context.at("old")).unwrap();
        let text = serde_json::to_string(&events).unwrap();
        for float in [-0.0, 1e300, 5e-324, 1.5, -2.0, -f64::MAX] {
            let record = format!("\"f\":\"{float}\",\"kind\":\"Float\"");
            assert!(text.contains(&record), "{float} is missing");
        }
        for raw in ["nan", "inf", "-inf"] {
            let record = format!("\"kind\":\"Raw\",\"r\":\"{raw}\"");
            assert!(text.contains(&record), "{raw} is missing");
        }
        assert!(
            fs::read_to_string(trace.join("trace_modules.json"))
                .unwrap()
                .contains("\n\"dialect\": \"codetracer\",\n")
        );
    }
}

#[test]
fn a_trace_goes_through_all_formats_and_is_the_same() {
    let code = format!(
        "import subprocess, sys\n{FLOATS}\nfloats()\n\
         if len(sys.argv) == 1: subprocess.run([sys.executable, __file__, 'child'], check=True)\n"
    );
    let context = Context::of([("main.py", code.as_str()), ("only.toml", ONLY_MAIN)]);
    let options = [&["--out", "first"], &FULL[..], &["main.py"]].concat();
    context.record(&pythons()[0], &options).status().unwrap();
    let parts = ["", "children/1"].map(Path::new);
    let expected = parts.map(|part| runtime_tracings(&context.at("first").join(part)));
    let convert = |words: &[&str]| truename(&context, &[&["convert"], words].concat());
    let checks = |trace: &str| truename(&context, &["check", trace]);

    let output = convert(&["first", "--format", "json", "--out", "json"]);
    assert_eq!(out(&output), "wrote 2 traces to json\n");
    checks("json");
    convert(&["json", "--format", "codetracer-json"]);
    checks("json");
    convert(&["json", "--format", "codetracer", "--out", "new/binary"]);
    checks("new/binary");
    for (part, expected) in parts.iter().zip(&expected) {
        assert!(codetracers(&context.at("json").join(part)) == *expected);
        assert!(codetracers(&context.at("new/binary").join(part)) == *expected);
    }
    convert(&["new/binary", "--format", "json"]);
    convert(&["new/binary", "--format", "binary"]);
    checks("new/binary");
    for (part, expected) in parts.iter().zip(&expected) {
        let (first, last) = (
            context.at("first").join(part),
            context.at("new/binary").join(part),
        );
        assert!(runtime_tracings(&last) == *expected);
        for file in FILES {
            let of = |trace: &Path| fs::read(trace.join(file)).unwrap();
            assert!(of(&first) == of(&last), "{file} differs");
        }
        let count = |trace: &Path| fs::read_dir(trace).unwrap().count();
        assert_eq!(count(&first), count(&last));
    }
}

/// Damage of a child's trace is found before anything is renamed.
#[test]
fn what_cannot_be_converted_stays_as_it_was() {
    let code = "import subprocess, sys\n\
        if len(sys.argv) == 1: subprocess.run([sys.executable, __file__, 'child'], check=True)\n";
    let context = Context::of([("main.py", code), ("only.toml", ONLY_MAIN)]);
    let options = [&FULL[..], &["main.py"]].concat();
    let trace = context.run(&pythons()[0], &options).trace;
    let left_over = trace.join(".truename-interrupted.part");
    fs::write(&left_over, "half").unwrap();
    let child = trace.join("children/1/trace.bin");
    let bytes = fs::read(&child).unwrap();
    fs::write(&child, &bytes[..bytes.len() / 2]).unwrap();

    let names = || {
        let mut names: Vec<_> = ["", "children/1"]
            .iter()
            .flat_map(|part| fs::read_dir(trace.join(part)).unwrap())
            .map(|entry| entry.unwrap().path())
            .filter(|path| *path != left_over)
            .collect();
        names.sort();
        names
    };
    let before = (
        names(),
        FILES.map(|file| fs::read(trace.join(file)).unwrap()),
    );
    for more in [&["--out", "new/copy"][..], &[]] {
        let words = [&["convert", "--format", "json"][..], more].concat();
        let output = context.truename(&words).output().unwrap();
        assert_eq!(output.status.code(), Some(1), "{}", show(&output));
        assert!(
            err(&output).contains("children/1/trace.bin is truncated"),
            "{}",
            show(&output)
        );
        let after = (
            names(),
            FILES.map(|file| fs::read(trace.join(file)).unwrap()),
        );
        assert!(before == after, "{:?}", after.0);
        assert!(!context.at("new").exists());
    }
    fs::write(&child, bytes).unwrap();
    truename(&context, &["convert", "--format", "json"]);
    assert!(
        !left_over.exists(),
        "an interrupted conversion leaves its file for good"
    );
    truename(&context, &["check"]);
}

#[test]
fn a_folder_with_something_in_it_is_no_place_for_a_result() {
    let context = Context::of([("main.py", ""), ("full/mine", "")]);
    let python = pythons()[0].path.to_str().unwrap();
    truename(&context, &["run", "--python", python, "main.py"]);
    let words = ["convert", "--format", "json", "--out", "full"];
    let output = context.truename(&words).output().unwrap();
    assert_eq!(output.status.code(), Some(2), "{}", show(&output));
    let error = String::from_utf8(output.stderr).unwrap();
    assert!(error.contains("full is not empty"), "{error}");
    assert_eq!(fs::read_dir(context.at("full")).unwrap().count(), 1);
}
