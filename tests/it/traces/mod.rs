//! Traces: written, read back, checked, damaged and shown.

mod calls;
mod damage;
mod disagreement;
pub mod records;
mod sound;
mod tree;

use std::fs::{self, File};
use std::io::{Read, Seek, SeekFrom};
use std::path::Path;

use trace::Format;

/// Reads the bytes of a file of events, as they are before they are compressed.
fn event_bytes(file: &Path, format: Format) -> Vec<u8> {
    if format.is_json() {
        return fs::read(file).unwrap();
    }
    let mut file = File::open(file).unwrap();
    let mut bytes = vec![0; 8];
    file.read_exact(&mut bytes).unwrap();
    // The frames and their index follow the header.
    let mut compressed = Vec::new();
    file.seek(SeekFrom::Start(8)).unwrap();
    file.read_to_end(&mut compressed).unwrap();
    let mut decoder = zeekstd::Decoder::new(std::io::Cursor::new(compressed)).unwrap();
    decoder.read_to_end(&mut bytes).unwrap();
    bytes
}
