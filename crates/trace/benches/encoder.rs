//! The cost of writing a trace from a spool.

use std::hint::black_box;
use std::path::Path;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use module_identity::{Grounds, Identity, ModuleName, Rule};
use spool::{
    Begin, Code, Detail, End, Event, Item, Outcome, Process, ProcessOrigin, Record, Recorded,
    RecordingStart, Tail, ValueDetail,
};
use tempfile::TempDir;
use trace::draft::Draft;
use trace::recording::Recording;
use trace::{Format, writer};

/// As many as boto3 runs.
const BODIES: u64 = 400;
/// Functions that take turns.
const FUNCTIONS: u32 = 200;
const CALLS: u32 = 100_000;
/// Lines in each call.
const LINES: u32 = 4;

fn start(events: Detail) -> RecordingStart {
    RecordingStart {
        process: Process {
            pid: 4241,
            parent: 4200,
            origin: ProcessOrigin::Start,
            python: "3.13.0".into(),
            executable: "/usr/bin/python3".into(),
            arguments: vec!["python3".into(), "main.py".into()],
            directory: "/home/app".into(),
        },
        recorded: Recorded {
            events,
            values: ValueDetail::None,
        },
        filters: Vec::new(),
        loaded_before: vec!["builtins".into(), "sys".into()],
        time: 0,
        unix_time: 0,
    }
}

fn begin(body: u64) -> Record<'static> {
    Record::Begin(Begin {
        body,
        thread: 0,
        time: body * 1000,
        identity: Identity {
            name: ModuleName::new(format!("package.part{body}.module")).ok(),
            rule: Rule::File,
            grounds: Grounds::default(),
            rivals: Vec::new(),
        },
        file: format!("/home/app/package/part{body}/module.py").into(),
        line: 1,
    })
}

fn end(body: u64) -> Record<'static> {
    Record::End(End {
        body,
        time: (2 * BODIES - body) * 1000,
        outcome: Outcome::Returned,
        exception: None,
    })
}

/// Bodies, each of which imports the next one.
fn bodies() -> impl Iterator<Item = Record<'static>> {
    (0..BODIES).map(begin).chain((0..BODIES).rev().map(end))
}

/// The spool of a program that calls, and how many events it holds.
fn write_spool(file: &Path, detail: Detail) -> std::io::Result<u64> {
    let mut events = 0;
    let mut spool = spool::Writer::create(file)?;
    spool.append(&Record::Start(start(detail)))?;
    for number in 0..FUNCTIONS {
        spool.append(&Record::Code(Code {
            number,
            name: format!("Handler{number}.get").into(),
            file: format!("/home/app/package/part{number}/module.py").into(),
            line: 10 * (number + 1),
        }))?;
    }
    let mut push = |event| {
        events += 1;
        spool.push(event)
    };
    push(Event::Thread(0))?;
    for call in 0..CALLS {
        let number = call % FUNCTIONS;
        push(Event::Start(number))?;
        if detail == Detail::Lines {
            push(Event::In(number))?;
            for line in 1..=LINES {
                push(Event::Line(10 * (number + 1) + line))?;
            }
        }
        push(Event::Return(number))?;
    }
    Ok(events)
}

/// Reads a spool and makes its trace, as `truename run` does when the program is faster than it.
fn make_trace(file: &Path, folder: &Path, format: Format) -> Recording {
    let mut tail = Tail::open(file).expect("the spool is there");
    let mut draft = None;
    while tail.refill().expect("the spool can be read") {
        while let Some(item) = tail.next_item() {
            match item.expect("the spool is sound") {
                Item::Record(Record::Start(start)) => {
                    draft = Some(Draft::new(start, folder, format));
                }
                Item::Record(record) => draft.as_mut().expect("a process").take(record),
                Item::Events(events) => draft.as_mut().expect("a process").take_events(events),
            }
        }
        draft.as_mut().expect("a process").advance();
    }
    let draft = draft.expect("the first record is a process");
    draft.publish(folder).expect("the trace can be written")
}

fn benches(criterion: &mut Criterion) {
    let formats = [("binary", Format::Binary), ("json", Format::Json)];
    let folder = TempDir::new().expect("a temporary folder");
    let trace = folder.path().join("trace");

    let mut group = criterion.benchmark_group("encoder: modules");
    let records = [Record::Start(start(Detail::Modules))];
    let records: Vec<_> = records.into_iter().chain(bodies()).collect();
    group.throughput(Throughput::Elements(2 * BODIES));
    group.bench_function("records put together", |bencher| {
        bencher.iter(|| Recording::from_records(black_box(records.iter().cloned())));
    });
    let recording = Recording::from_records(records).expect("the first record is a process");
    for (name, format) in formats {
        group.bench_function(BenchmarkId::new("trace", name), |bencher| {
            bencher.iter(|| {
                let written = writer::write(&trace, black_box(&recording), format);
                written.expect("the trace can be written");
            });
        });
    }
    group.finish();

    for detail in [Detail::Calls, Detail::Lines] {
        let (name, file) = match detail {
            Detail::Lines => ("encoder: lines", folder.path().join("lines.spool")),
            _ => ("encoder: calls", folder.path().join("calls.spool")),
        };
        let events = write_spool(&file, detail).expect("a spool can be written");
        std::fs::create_dir_all(&trace).expect("a folder can be made");
        let mut group = criterion.benchmark_group(name);
        group
            .throughput(Throughput::Elements(events))
            .sample_size(20);
        for (name, format) in formats {
            group.bench_function(BenchmarkId::new("spool to trace", name), |bencher| {
                bencher.iter(|| make_trace(&file, &trace, format));
            });
        }
        group.finish();
    }
}

criterion_group!(all, benches);
criterion_main!(all);
