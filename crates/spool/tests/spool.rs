//! A reader finds what a writer put into a spool.

use std::fs;
use std::io;

use spool::{Damage, Event, Item, Reader, Record, Tail, Writer};
use tempfile::TempDir;

fn lost(time: u64, reason: &str) -> Record<'static> {
    Record::Lost {
        time,
        reason: reason.to_owned().into(),
    }
}

#[test]
fn records_come_back_in_order_across_chunks() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("1.spool");
    let mut writer = Writer::create(&path).unwrap();
    // Lengths that leave every remainder, up to one that is larger than a chunk.
    let records: Vec<_> = (0..3_000)
        .map(|n| lost(n, &"x".repeat(n as usize)))
        .chain([lost(0, &"y".repeat(3 << 20)), Record::Stop { time: 7 }])
        .collect();
    for record in &records {
        writer.append(record).unwrap();
    }
    // The writer is still at work: nothing waits for it to finish.
    let reader = Reader::open(&path).unwrap();
    let found: Vec<_> = reader.records().map(Result::unwrap).collect();
    assert!(
        found == records,
        "{} records became {}",
        records.len(),
        found.len()
    );
}

#[test]
fn a_spool_is_never_overwritten() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("1.spool");
    Writer::create(&path).unwrap();
    let again = Writer::create(&path).err().unwrap();
    assert_eq!(again.kind(), io::ErrorKind::AlreadyExists);
}

#[test]
fn a_record_that_was_not_sealed_is_not_there() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("1.spool");
    Writer::create(&path)
        .unwrap()
        .append(&Record::Stop { time: 1 })
        .unwrap();
    assert_eq!(Reader::open(&path).unwrap().records().count(), 1);
    let mut bytes = fs::read(&path).unwrap();
    bytes[64..68].fill(0);
    fs::write(&path, bytes).unwrap();
    assert_eq!(Reader::open(&path).unwrap().records().count(), 0);
}

#[test]
fn a_spool_that_is_cut_anywhere_is_the_same_for_both_readers() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("1.spool");
    let mut writer = Writer::create(&path).unwrap();
    for length in 0..4 {
        writer.append(&lost(1, &"x".repeat(length))).unwrap();
        writer.push(Event::Start(7)).unwrap();
    }
    let bytes = fs::read(&path).unwrap();
    for end in 64..192 {
        fs::write(&path, &bytes[..end]).unwrap();
        let whole = Reader::open(&path).unwrap().records().count();
        let mut tail = Tail::open(&path).unwrap();
        let followed = read(&mut tail).into_iter().filter(|it| it == "record");
        assert_eq!(whole, followed.count(), "cut at {end}");
    }
}

#[test]
fn damage_is_reported_and_ends_the_records() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("1.spool");
    let mut writer = Writer::create(&path).unwrap();
    writer.append(&Record::Stop { time: 1 }).unwrap();
    writer.append(&Record::Stop { time: 2 }).unwrap();
    let mut bytes = fs::read(&path).unwrap();
    bytes[68] = 0xff;
    fs::write(&path, bytes).unwrap();
    let reader = Reader::open(&path).unwrap();
    assert_eq!(
        reader.records().collect::<Vec<_>>(),
        [Err(Damage { offset: 64 })]
    );
}

#[test]
fn other_files_are_refused() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("1.spool");
    fs::write(&path, "not a spool").unwrap();
    assert_eq!(
        Reader::open(&path).err().unwrap().kind(),
        io::ErrorKind::InvalidData
    );
    fs::write(&path, b"tnspool\x03").unwrap();
    for error in [Reader::open(&path).err(), Tail::open(&path).err()] {
        assert_eq!(error.unwrap().kind(), io::ErrorKind::Unsupported);
    }
}

/// Reads a tail until there is no more; each item in a short form.
fn read(tail: &mut Tail) -> Vec<String> {
    let mut seen = Vec::new();
    while tail.refill().unwrap() {
        while let Some(item) = tail.next_item() {
            match item.unwrap() {
                Item::Record(Record::Stop { time }) => seen.push(format!("stop {time}")),
                Item::Record(_) => seen.push("record".to_owned()),
                Item::Events(events) => seen.extend(events.map(|(event, mut values)| {
                    let value = values.value();
                    assert!(values.is_over());
                    value.map_or(format!("{event:?}"), |value| format!("{event:?} {value:?}"))
                })),
            }
        }
    }
    seen
}

#[test]
fn a_tail_gives_what_is_new() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("1.spool");
    let mut writer = Writer::create(&path).unwrap();
    let mut tail = Tail::open(&path).unwrap();
    assert!(read(&mut tail).is_empty());
    writer.push(Event::Thread(0)).unwrap();
    writer.push(Event::Start(7)).unwrap();
    assert_eq!(read(&mut tail), ["Thread(0)", "Start(7)"]);
    writer.append(&Record::Stop { time: 1 }).unwrap();
    writer.push(Event::Return(7)).unwrap();
    assert_eq!(read(&mut tail), ["stop 1", "Return(7)"]);
    assert!(read(&mut tail).is_empty());
}

#[test]
fn events_and_records_keep_their_order_across_chunks() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("1.spool");
    let mut writer = Writer::create(&path).unwrap();
    let mut tail = Tail::open(&path).unwrap();
    let (mut expected, mut found) = (Vec::new(), Vec::new());
    for number in 0..700_000 {
        writer.push(Event::Start(number)).unwrap();
        expected.push(format!("Start({number})"));
        if number % 100_000 == 0 {
            // Longer than a tail reads at a time.
            writer.append(&lost(0, &"y".repeat(3 << 20))).unwrap();
            expected.push("record".to_owned());
        }
        if number % 250_000 == 0 {
            found.extend(read(&mut tail));
            tail.acknowledge().unwrap();
        }
    }
    found.extend(read(&mut tail));
    assert!(
        found == expected,
        "{} became {}",
        expected.len(),
        found.len()
    );
}

#[test]
fn a_writer_stops_when_nobody_reads() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("1.spool");
    let mut writer = Writer::create(&path).unwrap();
    let mut failed = None;
    for _ in 0..20 << 20 {
        if let Err(error) = writer.push(Event::Start(1)) {
            failed = Some(error);
            break;
        }
    }
    let failed = failed.expect("80 MB that nobody reads");
    assert_eq!(failed.to_string(), "nobody reads what is recorded");
    // There is still room to say so.
    writer.append_last(&lost(1, "nobody reads")).unwrap();
    let reader = Reader::open(&path).unwrap();
    assert_eq!(reader.records().last(), Some(Ok(lost(1, "nobody reads"))));
    // A reader that catches up lets it go on.
    let mut tail = Tail::open(&path).unwrap();
    while tail.refill().unwrap() {
        while let Some(item) = tail.next_item() {
            assert!(item.is_ok());
        }
    }
    tail.acknowledge().unwrap();
    writer.push(Event::Start(1)).unwrap();
}
