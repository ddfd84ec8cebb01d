//! Encoded events that come again and again.

use std::io::Write;
use std::ops::Range;

use runtime_tracing::{Line, PathId, StepRecord, TraceLowLevelEvent as Event};

use super::encoding::encode;
use crate::format::Format;

/// Texts of events that come again and again, encoded once.
pub struct Texts {
    format: Format,
    bytes: Vec<u8>,
}

/// A range of the encoded bytes.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Text {
    start: u32,
    end: u32,
}

impl Texts {
    pub fn new(format: Format) -> Self {
        Self {
            format,
            bytes: Vec::new(),
        }
    }

    /// Encodes events, which all formats can.
    pub fn add(&mut self, events: &[Event]) -> Text {
        let start = self.bytes.len() as u32;
        for event in events {
            let encoded = encode(self.format, event, &mut self.bytes);
            debug_assert!(encoded.is_ok());
        }
        let end = self.bytes.len() as u32;
        Text { start, end }
    }

    /// Encodes a step on this path as far as its line.
    pub fn add_step(&mut self, path_id: PathId) -> Text {
        let line = Line(0);
        let mut text = self.add(&[Event::Step(StepRecord { path_id, line })]);
        text.end -= self.end_of_step(0).1 as u32;
        text
    }

    /// Encodes the end of a step: its line, and what closes it.
    #[inline]
    pub fn end_of_step(&self, line: u32) -> ([u8; 16], usize) {
        let mut bytes = [0; 16];
        let length = if self.format.is_json() {
            let mut room = &mut bytes[..];
            // Ten digits and two brackets have room.
            let _ = write!(room, "{line}}}}}");
            16 - room.len()
        } else {
            cbor(line, &mut bytes)
        };
        (bytes, length)
    }

    #[inline]
    pub fn get(&self, text: Text) -> &[u8] {
        &self.bytes[Range {
            start: text.start as usize,
            end: text.end as usize,
        }]
    }
}

/// A number in CBOR, as short as it can be; gives its length.
#[inline]
fn cbor(number: u32, bytes: &mut [u8; 16]) -> usize {
    let [_, _, high, low] = number.to_be_bytes();
    match number {
        0..24 => {
            bytes[0] = low;
            1
        }
        24..=0xff => {
            bytes[..2].copy_from_slice(&[0x18, low]);
            2
        }
        0x100..=0xffff => {
            bytes[..3].copy_from_slice(&[0x19, high, low]);
            3
        }
        _ => {
            bytes[0] = 0x1a;
            bytes[1..5].copy_from_slice(&number.to_be_bytes());
            5
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_step_in_two_pieces_is_the_whole_step() {
        for format in Format::ALL {
            let mut texts = Texts::new(format);
            for line in [0, 1, 23, 24, 255, 256, 65_535, 65_536, 60_000_000] {
                let path_id = PathId(line as usize / 7);
                let step = StepRecord {
                    path_id,
                    line: Line(line.into()),
                };
                let mut whole = Vec::new();
                encode(format, &Event::Step(step), &mut whole).unwrap();
                let beginning = texts.add_step(path_id);
                let (bytes, length) = texts.end_of_step(line);
                let pieces = [texts.get(beginning), &bytes[..length]].concat();
                assert_eq!(pieces, whole, "line {line}");
            }
        }
    }
}
