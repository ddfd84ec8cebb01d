//! Items: the meaning of the words in a spool.

use std::fmt;

use super::values::Values;
use crate::event::{Event, is_event};
use crate::layout::{CHUNK, FIRST_CHUNK, KIND, SKIP, VALUED, WORD, in_words};
use crate::record::Record;

/// The next of what a spool holds.
#[derive(Clone, Debug)]
pub enum Item<'a> {
    /// A record.
    Record(Record<'a>),
    /// Events, as many as there are in a row.
    Events(Events<'a>),
}

/// Events in a row, each with its values: most have none.
#[derive(Clone, Debug)]
pub struct Events<'a> {
    bytes: &'a [u8],
}

/// The place from which a spool makes no sense.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Damage {
    /// The offset of the word or record that cannot be read, in bytes.
    pub offset: u64,
}

impl fmt::Display for Damage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the record at byte {} cannot be read", self.offset)
    }
}

impl std::error::Error for Damage {}

impl<'a> Iterator for Events<'a> {
    type Item = (Event, Values<'a>);

    #[inline]
    fn next(&mut self) -> Option<(Event, Values<'a>)> {
        loop {
            let (word, rest) = self.bytes.split_at_checked(WORD)?;
            let word = word_of(word);
            let mut event = word;
            let mut values: &[u8] = &[];
            self.bytes = rest;
            if !is_event(word) {
                let length = (word & !KIND) as usize;
                self.bytes = rest.get(in_words(length)..)?;
                (event, values) = valued(rest.get(..length)?)?;
            }
            // No writer makes such a word: it is damage, and passed over.
            if let Some(event) = Event::of(event) {
                return Some((event, Values(values)));
            }
        }
    }
}

/// The thing at an offset of `bytes`, and the offset right after it, which may be beyond the bytes.
pub(super) enum Found<'a> {
    /// Nothing yet: the writer goes on here.
    Nothing,
    Item(Item<'a>, usize),
    Damage,
}

/// Returns the thing at `offset`, in bytes that end where a writer may go on, or may be cut there. They stand at
/// `start` in the file.
pub(super) fn find(bytes: &[u8], start: u64, mut offset: usize) -> Found<'_> {
    loop {
        let Some(word) = bytes.get(offset..offset + WORD).map(word_of) else {
            return Found::Nothing;
        };
        let body = offset + WORD;
        let length = (word & !KIND) as usize;
        match word & KIND {
            _ if word == 0 => return Found::Nothing,
            SKIP if is_chunk(start + (body + length) as u64) => offset = body + length,
            SKIP => return Found::Damage,
            0 => {
                // As a tail has it: one that is cut in the bytes that fill its last word is not there.
                let end = body + in_words(length);
                let Some(record) = bytes.get(body..end) else {
                    return Found::Nothing;
                };
                return match postcard::take_from_bytes(&record[..length]) {
                    Ok((record, [])) => Found::Item(Item::Record(record), end),
                    _ => Found::Damage,
                };
            }
            _ => {
                let end = end_of_events(bytes, offset);
                if let Some(bytes) = bytes.get(offset..end).filter(|bytes| !bytes.is_empty()) {
                    return Found::Item(Item::Events(Events { bytes }), end);
                }
                let is_cut = word & KIND == VALUED && bytes.len() < body + in_words(length);
                return if is_cut {
                    Found::Nothing
                } else {
                    Found::Damage
                };
            }
        }
    }
}

/// Returns the end of the events that begin at `offset`: before a record, before what is not there as a whole,
/// and before damage.
fn end_of_events(bytes: &[u8], mut offset: usize) -> usize {
    while let Some(word) = bytes.get(offset..offset + WORD).map(word_of) {
        let body = offset + WORD;
        let length = (word & !KIND) as usize;
        offset = match word & KIND {
            _ if is_event(word) => offset + leading(&bytes[offset..], is_event),
            VALUED => match bytes.get(body..body + in_words(length)).and_then(valued) {
                Some((event, _)) if Event::of(event).is_some() => body + in_words(length),
                _ => break,
            },
            _ => break,
        };
    }
    offset
}

/// An event's word and its values.
#[inline]
fn valued(bytes: &[u8]) -> Option<(u32, &[u8])> {
    let (word, values) = bytes.split_at_checked(WORD)?;
    let word = word_of(word);
    is_event(word).then_some((word, values))
}

/// Returns whether a chunk begins at this offset in the file, but for the first one.
fn is_chunk(offset: u64) -> bool {
    let others = offset.checked_sub(FIRST_CHUNK as u64);
    others.is_some_and(|offset| offset.is_multiple_of(CHUNK as u64))
}

/// Measures the part of `bytes` that is written for good. They stand at `start` in the file, and were `before` when they were
/// read for the first time: only a word that was not empty then is whole now.
pub(super) fn sealed(bytes: &[u8], before: &[u8], start: u64) -> Sealed {
    let mut sealed = Sealed {
        length: 0,
        wanted: None,
    };
    while let Some(word) = bytes.get(sealed.length..sealed.length + WORD).map(word_of) {
        let length = (word & !KIND) as usize;
        let was_there = before[sealed.length..sealed.length + WORD] != [0; WORD];
        match word & KIND {
            _ if word == 0 || !was_there => break,
            SKIP => {
                let end = sealed.length + WORD + length;
                if !is_chunk(start + end as u64) {
                    // Damage, at which reading ends.
                    sealed.length += WORD;
                    break;
                }
                sealed.length = end;
            }
            0 | VALUED => {
                let end = sealed.length + WORD + in_words(length);
                if end > bytes.len() {
                    sealed.wanted = (sealed.length == 0).then_some(end);
                    break;
                }
                sealed.length = end;
            }
            _ => {
                let events = leading(&bytes[sealed.length..], is_event);
                let before = &before[sealed.length..][..events];
                sealed.length += leading(before, |word| word != 0);
            }
        }
    }
    sealed
}

/// Returns the number of bytes from the beginning in which all words pass. It looks at many words at once, which processors
/// are fast at.
#[inline]
fn leading(bytes: &[u8], passes: impl Fn(u32) -> bool) -> usize {
    const AT_ONCE: usize = 16 * WORD;
    let all = |bytes: &[u8]| {
        let words = bytes.chunks_exact(WORD);
        words.fold(true, |all, word| all & passes(word_of(word)))
    };
    let many = bytes.chunks_exact(AT_ONCE);
    let whole = AT_ONCE * many.take_while(|bytes| all(bytes)).count();
    let rest = bytes[whole..].chunks_exact(WORD);
    whole + WORD * rest.take_while(|word| passes(word_of(word))).count()
}

/// The part of a buffer that is written for good.
pub(super) struct Sealed {
    /// Its length in bytes; after a skip it may be larger than the buffer.
    pub(super) length: usize,
    /// The number of bytes that the first record takes, when the buffer holds only a part of it.
    pub(super) wanted: Option<usize>,
}

fn word_of(bytes: &[u8]) -> u32 {
    let mut word = [0; WORD];
    word.copy_from_slice(bytes);
    u32::from_le_bytes(word)
}

#[cfg(test)]
mod tests {
    use super::sealed;

    #[test]
    fn a_word_counts_that_was_there_at_the_first_reading() {
        let word = [1, 0, 0, 0x40];
        let now = [word, word, word].concat();
        // Half of the second word had been copied, and nothing of the third.
        let before = [word, [0, 0, 0, 0x40], [0; 4]].concat();
        assert_eq!(sealed(&now, &before, 0).length, 8);
    }

    #[test]
    fn each_word_counts_in_a_long_row() {
        let word = [1, 0, 0, 0x40];
        let now = word.repeat(100);
        for missing in 0..100 {
            let mut before = now.clone();
            before[4 * missing..][..4].fill(0);
            assert_eq!(sealed(&now, &before, 0).length, 4 * missing);
        }
    }
}
