//! The cost of writing a trace from a spool.

use std::hint::black_box;
use std::path::Path;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use module_identity::{Identity, ModuleName, Rule};
use spool::{
    Begin, Code, Detail, End, Event, Item, Outcome, Process, ProcessOrigin, Record, Recorded,
    RecordingStart, Tail, ValueDetail,
};
use tempfile::TempDir;
use trace::recording::{Assembly, Recording};
use trace::{Format, LiveTrace, RecordedProgram};

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
            interpreter: 0,
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
        identity: Identity::new(
            ModuleName::new(format!("package.part{body}.module")).ok(),
            Rule::File,
        ),
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
        raised: Vec::new(),
    })
}

/// Bodies, each of which imports the next one.
fn bodies() -> impl Iterator<Item = Record<'static>> {
    (0..BODIES).map(begin).chain((0..BODIES).rev().map(end))
}

/// Writes the spool of a program that calls; returns the number of its events.
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

fn program() -> RecordedProgram {
    RecordedProgram {
        name: "main.py".to_owned(),
        arguments: Vec::new(),
    }
}

/// Reads a spool and makes its trace, as `truename run` does when the program is faster than it.
fn make_trace(file: &Path, folder: &Path, format: Format) -> Recording {
    let mut tail = Tail::open(file).expect("the spool is there");
    let mut trace = None;
    while tail.refill().expect("the spool can be read") {
        while let Some(item) = tail.next_item() {
            match item.expect("the spool is sound") {
                Item::Record(Record::Start(start)) => {
                    trace = Some(LiveTrace::new(start, program(), folder, format));
                }
                Item::Record(record) => trace.as_mut().expect("a start").take(record),
                Item::Events(events) => trace.as_mut().expect("a start").take_events(events),
            }
        }
        trace.as_mut().expect("a start").advance();
    }
    let trace = trace.expect("the first record is the start");
    trace.publish(folder).expect("the trace can be written")
}

fn benches(criterion: &mut Criterion) {
    let formats = [("binary", Format::Binary), ("json", Format::Json)];
    let folder = TempDir::new().expect("a temporary folder");
    let trace = folder.path().join("trace");
    std::fs::create_dir_all(&trace).expect("a folder can be made");

    let mut group = criterion.benchmark_group("encoder: modules");
    let records: Vec<_> = bodies().collect();
    group.throughput(Throughput::Elements(2 * BODIES));
    group.bench_function("records put together", |bencher| {
        bencher.iter(|| {
            let mut assembly = Assembly::new(start(Detail::Modules));
            for record in black_box(&records) {
                assembly.take(record.clone());
            }
            assembly.finish()
        });
    });
    for (name, format) in formats {
        group.bench_function(BenchmarkId::new("trace", name), |bencher| {
            bencher.iter(|| {
                let mut live = LiveTrace::new(start(Detail::Modules), program(), &trace, format);
                for record in black_box(&records) {
                    live.take(record.clone());
                }
                live.publish(&trace).expect("the trace can be written");
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
