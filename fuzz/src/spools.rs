//! Any bytes as what a killed program left in its spool, behind the header.

use std::fs;
use std::path::Path;

use spool::{Item, Reader, Record, Tail, Writer};
use tempfile::TempDir;
use trace::read::Folder;
use trace::{Format, LiveTrace, RecordedProgram};

const HEADER: usize = 64;

/// Reads bytes as a spool, both whole and as a follower does, and makes a trace of what is there.
///
/// # Panics
///
/// When the two find different things, or a trace cannot be read back.
pub fn check(bytes: &[u8]) {
    let folder = TempDir::new().expect("a folder for temporary files");
    let path = folder.path().join("1.spool");
    Writer::create(&path).expect("a temporary file can be written");
    // A header that is wrong is refused, and nothing else is learnt from it.
    let mut spool = fs::read(&path).expect("a temporary file can be read");
    spool.truncate(HEADER);
    spool.extend_from_slice(bytes);
    fs::write(&path, spool).expect("a temporary file can be written");
    let reader = Reader::open(&path).expect("the header is sound");
    let whole = shown(reader.items());
    let mut tail = Tail::open(&path).expect("what can be read can be followed");
    let mut followed = Vec::new();
    while tail.refill().expect("a file can be read") {
        while let Some(item) = tail.next_item() {
            followed.extend(shown([item]));
        }
    }
    let differs = (0..whole.len().max(followed.len()))
        .find(|place| whole.get(*place) != followed.get(*place));
    if let Some(place) = differs {
        let (whole, followed) = (whole.get(place), followed.get(place));
        panic!("number {place} is {whole:?}, and {followed:?} for a follower");
    }
    for format in Format::ALL {
        make_trace(&reader, folder.path(), format);
    }
}

/// Shows what a spool holds, event by event: readers cut the rows of events as they like.
fn shown<'a>(items: impl IntoIterator<Item = Result<Item<'a>, spool::Damage>>) -> Vec<String> {
    let mut shown = Vec::new();
    for item in items {
        match item {
            Ok(Item::Record(record)) => shown.push(format!("{record:?}")),
            Ok(Item::Events(events)) => shown.extend(events.map(|it| format!("{it:?}"))),
            Err(damage) => shown.push(damage.to_string()),
        }
    }
    shown
}

fn make_trace(reader: &Reader, scratch: &Path, format: Format) {
    let mut items = reader.items();
    let Some(Ok(Item::Record(Record::Start(start)))) = items.next() else {
        return;
    };
    let program = RecordedProgram {
        name: "program.py".to_owned(),
        arguments: Vec::new(),
    };
    let mut trace = LiveTrace::new(start, program, scratch, format);
    for item in items {
        match item {
            Ok(Item::Record(record)) => trace.take(record),
            Ok(Item::Events(events)) => trace.take_events(events),
            Err(damage) => trace.take(Record::Lost {
                time: 0,
                reason: damage.to_string().into(),
            }),
        }
        trace.advance();
    }
    let folder = scratch.join(format.file_name());
    trace.publish(&folder).expect("a trace can be written");
    let trace = Folder::open(&folder).expect("a trace was written");
    trace.events().expect("its events can be read");
    trace.metadata().expect("its metadata can be read");
    trace.paths().expect("its paths can be read");
    // It may be refused for what the records say, but never by a panic.
    truename::check(&folder).expect("a trace can be checked");
}
