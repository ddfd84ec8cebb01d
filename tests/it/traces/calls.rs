//! Traces of all calls: the bytes, and what the check finds.

use std::fs;
use std::path::Path;

use rstest::rstest;
use runtime_tracing::{
    FunctionId, Line, NONE_VALUE, ThreadId, TraceEventsFileFormat, TraceLowLevelEvent as Event,
    TraceWriter, TypeKind, ValueRecord, create_trace_writer,
};
use serde_json::Value;
use spool::{Code, Detail, Event as Happening, Item, NUMBERS, Record, Tail, Writer};
use tempfile::TempDir;
use trace::Format;
use trace::LiveTrace;
use truename::check;

use crate::traces::event_bytes;
use crate::traces::records::{begin, end, program_of, start};

/// Lists what a recorder writes, in a short form.
enum Entry {
    Record(Record<'static>),
    Event(Happening),
    /// An event with values.
    Valued(Happening, Vec<u8>),
}

fn code(number: u32, name: &'static str, line: u32) -> Entry {
    Entry::Record(Record::Code(Code {
        number,
        name: name.into(),
        file: "/home/app/main.py".into(),
        line,
    }))
}

/// A program that calls `f` many times, with lines, a generator, an exception and a thread.
fn entries(calls: u32) -> Vec<Entry> {
    use Happening::*;
    let mut entries = vec![
        Entry::Event(Thread(0)),
        code(0, "<module>", 1),
        Entry::Record(begin(0, 0, 1, "__main__", "/home/app/main.py")),
        code(1, "f", 3),
        code(2, "g", 70_000),
    ];
    for _ in 0..calls {
        entries.extend([Start(1), In(1), Line(4), Return(1)].map(Entry::Event));
    }
    entries.extend([Start(2), Yield(2), Throw(2)].map(Entry::Event));
    entries.push(Entry::Record(Record::Exception(spool::Exception {
        number: 0,
        name: "KeyError".into(),
    })));
    entries.extend(
        [
            Exception(0),
            Unwind(2),
            Thread(1),
            Start(1),
            Line(300),
            Return(1),
        ]
        .map(Entry::Event),
    );
    entries.extend([ThreadEnd(1), Thread(0)].map(Entry::Event));
    entries.push(Entry::Record(end(0, 2)));
    entries
}

/// The trace of `entries` in a folder.
fn write(entries: &[Entry], format: Format) -> TempDir {
    let folder = TempDir::new().unwrap();
    let spool = folder.path().join("1.spool");
    let mut writer = Writer::create(&spool).unwrap();
    for entry in entries {
        match entry {
            Entry::Record(record) => writer.append(record).unwrap(),
            Entry::Event(event) => writer.push(*event).unwrap(),
            Entry::Valued(event, values) => writer.push_valued(*event, values).unwrap(),
        }
    }
    let mut start = start();
    start.recorded.events = Detail::Lines;
    let trace = TempDir::new().unwrap();
    let program = program_of(&start.process.arguments);
    let mut live = LiveTrace::new(start, program, trace.path(), format);
    let mut tail = Tail::open(&spool).unwrap();
    while tail.refill().unwrap() {
        while let Some(item) = tail.next_item() {
            match item.unwrap() {
                Item::Record(record) => live.take(record),
                Item::Events(events) => live.take_events(events),
            }
        }
        live.advance();
    }
    live.publish(trace.path()).unwrap();
    trace
}

/// The same program written by `runtime_tracing`'s own writer.
fn write_theirs(calls: u32, format: TraceEventsFileFormat, file: &Path) {
    // Each method exists twice, in two traits, so that it must be called by its trait's name.
    let mut writer = create_trace_writer("main.py", &[], format);
    let w = &mut *writer;
    w.begin_writing_trace_events(file).unwrap();
    let path = Path::new("/home/app/main.py");
    TraceWriter::start(w, Path::new("main.py"), Line(1));
    TraceWriter::register_function(w, "<__main__>", path, Line(1));
    TraceWriter::register_call(w, FunctionId(1), vec![]);
    for number in 0..calls {
        if number == 0 {
            TraceWriter::register_function(w, "f", path, Line(3));
        }
        TraceWriter::register_call(w, FunctionId(2), vec![]);
        TraceWriter::register_step(w, path, Line(4));
        TraceWriter::register_return(w, NONE_VALUE);
    }
    TraceWriter::register_function(w, "g", path, Line(70_000));
    TraceWriter::register_call(w, FunctionId(3), vec![]);
    TraceWriter::register_return(w, NONE_VALUE);
    TraceWriter::register_call(w, FunctionId(3), vec![]);
    let type_id = TraceWriter::ensure_type_id(w, TypeKind::Error, "KeyError");
    let msg = "KeyError".to_owned();
    TraceWriter::register_return(w, ValueRecord::Error { msg, type_id });
    for event in [
        Event::ThreadStart(ThreadId(0)),
        Event::ThreadStart(ThreadId(1)),
        Event::ThreadSwitch(ThreadId(1)),
    ] {
        TraceWriter::add_event(w, event);
    }
    TraceWriter::register_call(w, FunctionId(2), vec![]);
    TraceWriter::register_step(w, path, Line(300));
    TraceWriter::register_return(w, NONE_VALUE);
    TraceWriter::add_event(w, Event::ThreadExit(ThreadId(1)));
    TraceWriter::add_event(w, Event::ThreadSwitch(ThreadId(0)));
    TraceWriter::register_return(w, NONE_VALUE);
    TraceWriter::register_return(w, NONE_VALUE);
    TraceWriter::add_event(w, Event::ThreadExit(ThreadId(0)));
    w.finish_writing_trace_events().unwrap();
}

/// Enough calls for several frames of the compressor, too.
#[rstest]
#[case::binary(Format::Binary, TraceEventsFileFormat::Binary)]
#[case::json(Format::Json, TraceEventsFileFormat::Json)]
fn the_bytes_are_those_of_runtime_tracings_own_writer(
    #[case] format: Format,
    #[case] theirs: TraceEventsFileFormat,
    #[values(1, 60_000)] calls: u32,
) {
    let trace = write(&entries(calls), format);
    let other = tempfile::tempdir().unwrap();
    let file = other.path().join("events");
    write_theirs(calls, theirs, &file);
    let ours = event_bytes(&trace.path().join(format.file_name()), format);
    assert!(ours == event_bytes(&file, format), "{calls} calls");
    let report = check(trace.path()).unwrap();
    let expected = format!(
        "ok: 1 module body, {} calls, 0 child processes\n",
        calls + 4
    );
    assert_eq!(report.to_string(), expected);
}

#[test]
fn what_ends_and_never_began_is_not_recorded() {
    use Happening::*;
    let mut entries = vec![Entry::Event(Thread(0)), code(0, "f", 3), code(1, "g", 5)];
    entries.extend(
        [
            Return(0),
            Start(0),
            Return(1),
            Yield(1),
            Return(0),
            Unwind(0),
        ]
        .map(Entry::Event),
    );
    let trace = write(&entries, Format::Json);
    let report = check(trace.path()).unwrap();
    assert_eq!(
        report.to_string(),
        "ok: 0 module bodies, 1 call, 0 child processes\n"
    );
}

/// Two stacks that take turns, as greenlets do.
#[test]
fn what_is_over_first_waits_for_what_began_later() {
    use Happening::*;
    let mut entries = vec![Entry::Event(Thread(0)), code(0, "f", 3), code(1, "g", 5)];
    entries.extend(
        [
            Start(0),
            Start(1),
            Return(0),
            Start(0),
            Return(0),
            Return(1),
        ]
        .map(Entry::Event),
    );
    let trace = write(&entries, Format::Json);
    let report = check(trace.path()).unwrap();
    assert_eq!(
        report.to_string(),
        "ok: 0 module bodies, 3 calls, 0 child processes\n"
    );
}

#[test]
fn a_module_without_a_call_is_missed() {
    let trace = write(&entries(1), Format::Json);
    let file = trace.path().join("trace.json");
    let text = fs::read_to_string(&file).unwrap();
    fs::write(&file, text.replace("<__main__>", "other")).unwrap();
    let report = check(trace.path()).unwrap();
    let shown = report
        .to_string()
        .replace(&trace.path().display().to_string(), "DIR");
    assert_eq!(
        shown,
        "DIR/trace.json: event 25: no call of <__main__> (/home/app/main.py:1) up to here, where \
         trace_modules.json lists it as module 0\n1 problem\n"
    );
}

/// A function whose name looks like a label is none: its name may be anything.
#[test]
fn a_call_of_a_body_that_no_module_has_is_found() {
    use Happening::*;
    let mut entries = entries(1);
    let names = ["<lambda>", "<string>", "<acme.till>", "<main>", "<module>"];
    let functions = (3..).zip(names).flat_map(|(number, name)| {
        let [start, end] = [Start(number), Return(number)].map(Entry::Event);
        [code(number, name, 1), start, end]
    });
    entries.splice(5..5, functions.collect::<Vec<_>>());
    let trace = write(&entries, Format::Json);
    let report = check(trace.path()).unwrap();
    assert!(report.is_ok());
    let [note] = &report.notes[..] else {
        panic!("{report}");
    };
    let note = note.split_once(": a call of ").unwrap().1;
    assert_eq!(
        note,
        "<string> (/home/app/main.py:1), which trace_modules.json does not list: a function with the name of a body, \
         unless a body was lost"
    );
    let file = trace.path().join("trace_modules.json");
    let mut document: Value = serde_json::from_slice(&fs::read(&file).unwrap()).unwrap();
    document["modules"] = Value::Array(Vec::new());
    fs::write(&file, document.to_string()).unwrap();
    let report = check(trace.path()).unwrap().to_string();
    let shown = report.replace(&trace.path().display().to_string(), "DIR");
    assert_eq!(
        shown,
        "DIR/trace.json: event 7: a call of <__main__> (/home/app/main.py:1), which \
         trace_modules.json does not list\n1 problem\n"
    );
}

/// Others that are not listed have a place in the list that is another's.
#[test]
fn an_import_whose_body_is_another_modules_is_found() {
    let trace = write(&entries(1), Format::Json);
    let file = trace.path().join("trace_modules.json");
    let text = fs::read_to_string(&file).unwrap();
    let import = serde_json::json!({
        "name": "acme", "outcome": "loaded", "exception": null, "kind": "source", "file": null,
        "importer": null, "within": null, "body": 0, "thread": 0, "start_ns": 0, "total_ns": 9,
        "finding_ns": 0, "loading_ns": 0, "running_ns": 0,
    });
    let verdict = |name: &str, within: Value| {
        let mut document: Value = serde_json::from_str(&text).unwrap();
        document["imports"] = Value::Array(vec![import.clone()]);
        document["imports"][0]["name"] = name.into();
        document["modules"][0]["within"] = within;
        fs::write(&file, document.to_string()).unwrap();
        let report = check(trace.path()).unwrap().to_string();
        report.replace(&trace.path().display().to_string(), "DIR")
    };
    let within = serde_json::json!({"import": 0});
    assert!(verdict("__main__", within.clone()).starts_with("ok: "));
    assert_eq!(
        verdict("acme", within),
        "DIR/trace_modules.json: import 0 of acme ran module 0, which is not its body\n1 problem\n"
    );
    assert!(verdict("__main__", Value::Null).ends_with("which is not its body\n1 problem\n"));
}

#[test]
fn a_function_that_is_defined_twice_is_found() {
    let trace = write(&entries(1), Format::Json);
    let file = trace.path().join("trace.json");
    let text = fs::read_to_string(&file).unwrap();
    let twice = text.replace(r#""line":70000,"name":"g""#, r#""line":3,"name":"f""#);
    assert_ne!(text, twice);
    fs::write(&file, twice).unwrap();
    let report = check(trace.path()).unwrap();
    assert!(
        report.problems[0]
            .to_string()
            .ends_with("function 3 is function 2 once more"),
        "{report}"
    );
}

/// No recorder writes such numbers and such values, and a few wrong bytes are enough for them.
#[test]
fn what_only_damage_says_takes_no_memory() {
    use Happening::*;
    let mut entries = vec![Entry::Event(Thread(0)), code(0, "f", 3)];
    entries.push(Entry::Record(Record::Exception(spool::Exception {
        number: u32::MAX,
        name: "KeyError".into(),
    })));
    let range = 12;
    entries.extend([Thread(NUMBERS - 1), Start(0), Thread(NUMBERS - 1)].map(Entry::Event));
    entries.push(Entry::Valued(Return(0), vec![range; 100_000]));
    let trace = write(&entries, Format::Json);
    let report = check(trace.path()).unwrap();
    assert_eq!(
        report.to_string(),
        "ok: 0 module bodies, 1 call, 0 child processes\n"
    );
}
