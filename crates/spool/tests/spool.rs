//! What a writer puts into a spool is what a reader finds.

use std::fs;
use std::io;

use spool::{Damage, Reader, Record, Writer};
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
    bytes[8..12].fill(0);
    fs::write(&path, bytes).unwrap();
    assert_eq!(Reader::open(&path).unwrap().records().count(), 0);
}

#[test]
fn damage_is_told_and_ends_the_records() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("1.spool");
    let mut writer = Writer::create(&path).unwrap();
    writer.append(&Record::Stop { time: 1 }).unwrap();
    writer.append(&Record::Stop { time: 2 }).unwrap();
    let mut bytes = fs::read(&path).unwrap();
    bytes[12] = 0xff;
    fs::write(&path, bytes).unwrap();
    let reader = Reader::open(&path).unwrap();
    assert_eq!(
        reader.records().collect::<Vec<_>>(),
        [Err(Damage { offset: 8 })]
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
}
