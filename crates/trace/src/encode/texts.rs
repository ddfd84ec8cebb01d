//! Encoded events that come again and again.

use std::io::Write;

use runtime_tracing::{Line, PathId, StepRecord, TraceLowLevelEvent as Event};

use super::encoding::encode;
use crate::format::Format;

/// Texts of events that come again and again, encoded once.
pub struct Texts {
    format: Format,
    bytes: Vec<u8>,
    /// The bytes of texts that are forgotten again.
    passing: Vec<u8>,
    /// By path: the steps of a file as far as their lines.
    steps: Vec<Text>,
}

/// One or more encoded events, as a number: two that are the same number have the same bytes.
///
/// The highest two bits say what it is, the lowest ones are its length:
///
/// | kind | middle | length |
/// |---|---|--:|
/// | shared, passing or own | where its bytes start: 34 bits | 28 bits |
/// | step | the path, 18 bits, and the line, 32 bits | 12 bits |
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Text(u64);

/// The kind of a text, with what it takes to find its bytes.
pub enum Content {
    /// So many bytes of a [`Texts`], from here.
    Shared { start: usize },
    /// So many bytes of a [`Texts`], from here, until it [forgets](Texts::forget) them.
    Passing { start: usize },
    /// A step to a line.
    Step { path: usize, line: u32 },
    /// Bytes that no other text has, which are kept by whoever holds it.
    Own { start: usize },
}

const KIND: u32 = 62;
const STEP: u64 = 1;
const OWN: u64 = 2;
const PASSING: u64 = 3;
const START: u32 = 28;
const PATH: u32 = 44;
const LINE: u32 = 12;
const LENGTH_MASK: u64 = (1 << START) - 1;
const STEP_LENGTH_MASK: u64 = (1 << LINE) - 1;
/// The number of paths whose steps are texts.
const PATHS: usize = 1 << (KIND - PATH);

impl Text {
    /// Returns a text whose bytes are kept by whoever holds it.
    #[inline]
    pub fn own(start: usize, length: usize) -> Self {
        debug_assert!(length as u64 <= LENGTH_MASK);
        Self(OWN << KIND | (start as u64) << START | length as u64)
    }

    fn shared(start: usize, length: usize) -> Self {
        debug_assert!(length as u64 <= LENGTH_MASK);
        Self((start as u64) << START | length as u64)
    }

    #[inline]
    fn step(path: usize, line: u32, length: usize) -> Self {
        Self(STEP << KIND | (path as u64) << PATH | u64::from(line) << LINE | length as u64)
    }

    /// Returns the number of its bytes.
    #[inline]
    pub fn length(self) -> usize {
        let mask = match self.0 >> KIND {
            STEP => STEP_LENGTH_MASK,
            _ => LENGTH_MASK,
        };
        (self.0 & mask) as usize
    }

    pub fn content(self) -> Content {
        let middle = self.0 & ((1 << KIND) - 1);
        let start = (middle >> START) as usize;
        match self.0 >> KIND {
            STEP => Content::Step {
                path: (middle >> PATH) as usize,
                line: (middle >> LINE) as u32,
            },
            OWN => Content::Own { start },
            PASSING => Content::Passing { start },
            _ => Content::Shared { start },
        }
    }

    /// Returns its number, for a hash.
    #[inline]
    pub fn number(self) -> u64 {
        self.0
    }
}

impl Texts {
    pub fn new(format: Format) -> Self {
        Self {
            format,
            bytes: Vec::new(),
            passing: Vec::new(),
            steps: Vec::new(),
        }
    }

    /// Returns the format of the events.
    pub fn format(&self) -> Format {
        self.format
    }

    /// Encodes events, which all formats can.
    pub fn add(&mut self, events: &[Event]) -> Text {
        let start = self.bytes.len();
        for event in events {
            let encoded = encode(self.format, event, &mut self.bytes);
            debug_assert!(encoded.is_ok());
        }
        Text::shared(start, self.bytes.len() - start)
    }

    /// Keeps encoded events until they are [forgotten](Self::forget).
    pub fn add_passing(&mut self, events: &[u8]) -> Text {
        let start = self.passing.len();
        self.passing.extend_from_slice(events);
        Text(PASSING << KIND | (start as u64) << START | events.len() as u64)
    }

    /// Forgets all passing texts.
    pub fn forget(&mut self) {
        self.passing.clear();
    }

    /// Returns a step, if its path is one of those whose steps are texts.
    #[inline]
    pub fn step(&mut self, path: PathId, line: u32) -> Option<Text> {
        let beginning = match self.steps.get(path.0) {
            Some(beginning) => beginning.length(),
            None => self.add_steps(path.0)?,
        };
        let length = beginning + end_length(self.format, line);
        Some(Text::step(path.0, line, length))
    }

    /// Encodes the steps on all paths up to this one as far as their lines. Returns the length of the last.
    #[cold]
    fn add_steps(&mut self, path: usize) -> Option<usize> {
        if path >= PATHS {
            return None;
        }
        for path in self.steps.len()..=path {
            let step = StepRecord {
                path_id: PathId(path),
                line: Line(0),
            };
            let text = self.add(&[Event::Step(step)]);
            let Content::Shared { start } = text.content() else {
                return None;
            };
            let length = text.length() - end_length(self.format, 0);
            self.steps.push(Text::shared(start, length));
        }
        self.steps.last().map(|text| text.length())
    }

    /// Appends the bytes of a text; `own` are those of its holder.
    pub fn write(&self, text: Text, own: &[u8], bytes: &mut Vec<u8>) {
        let (kept, start) = match text.content() {
            Content::Shared { start } => (&self.bytes[..], start),
            Content::Passing { start } => (&self.passing[..], start),
            Content::Own { start } => (own, start),
            Content::Step { path, line } => {
                self.write(self.steps[path], own, bytes);
                return write_end(self.format, line, bytes);
            }
        };
        bytes.extend_from_slice(&kept[start..start + text.length()]);
    }
}

/// Returns the length of the end of a step.
#[inline]
fn end_length(format: Format, line: u32) -> usize {
    if format.is_json() {
        // The digits and two brackets.
        return line.checked_ilog10().unwrap_or(0) as usize + 3;
    }
    match line {
        0..24 => 1,
        24..=0xff => 2,
        0x100..=0xffff => 3,
        _ => 5,
    }
}

/// Appends the end of a step: its line, in CBOR as short as it can be, and what closes it.
fn write_end(format: Format, line: u32, bytes: &mut Vec<u8>) {
    if format.is_json() {
        // A vector takes all.
        let _ = write!(bytes, "{line}}}}}");
        return;
    }
    let [_, _, high, low] = line.to_be_bytes();
    match line {
        0..24 => bytes.push(low),
        24..=0xff => bytes.extend_from_slice(&[0x18, low]),
        0x100..=0xffff => bytes.extend_from_slice(&[0x19, high, low]),
        _ => {
            bytes.push(0x1a);
            bytes.extend_from_slice(&line.to_be_bytes());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_text_of_a_step_is_the_whole_step() {
        for format in Format::ALL {
            let mut texts = Texts::new(format);
            for line in [
                0,
                1,
                9,
                10,
                23,
                24,
                99,
                100,
                255,
                256,
                65_535,
                65_536,
                60_000_000,
                u32::MAX,
            ] {
                let path_id = PathId(line as usize / 7 % PATHS);
                let step = StepRecord {
                    path_id,
                    line: Line(line.into()),
                };
                let mut whole = Vec::new();
                encode(format, &Event::Step(step), &mut whole).unwrap();
                let text = texts.step(path_id, line).unwrap();
                let mut bytes = Vec::new();
                texts.write(text, &[], &mut bytes);
                assert_eq!(bytes, whole, "line {line}");
                assert_eq!(text.length(), whole.len(), "line {line}");
            }
        }
    }

    #[test]
    fn steps_of_too_many_paths_are_no_texts() {
        let mut texts = Texts::new(Format::Binary);
        assert!(texts.step(PathId(PATHS), 1).is_none());
        assert!(texts.step(PathId(PATHS - 1), 1).is_some());
    }
}
