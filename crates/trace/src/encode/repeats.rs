//! Repetitions in a row of texts.
//!
//! A compressor looks for bytes that were there before. Here whole texts are compared, each of which is a number: a
//! program that calls the same functions again and again gives the same few numbers. So it is a matter of a few
//! nanoseconds a text, and repetitions are as long as the program's own.

use super::fresh::Fresh;
use super::hash::{FACTOR, place};
use super::pending::Pending;
use super::texts::{Text, Texts};
use super::zstd::{BLOCK, SHORTEST, Sequence};

/// The number of texts that the search begins with, the longest first: the longer, the better the match.
const WIDTHS: [usize; 3] = [12, 4, 1];
/// Inside a match, each text of so many is remembered.
const STRIDE: usize = 8;
/// The number of places that are remembered for each width; a power of two.
const PLACES: usize = 1 << 13;

/// Finds what repeats in a row of texts: each sequence is some literals, then a copy of what was there before.
pub struct Repeats {
    /// By width, then by hash: the last text, and 1, that such a row began with; 0 is none.
    places: [Box<[u32; PLACES]>; 3],
    /// The position of each text, and that behind the last.
    starts: Vec<u32>,
    sequences: Vec<Sequence>,
    literals: Vec<u8>,
    fresh: Fresh,
    /// The position where the block begins.
    block: usize,
}

impl Default for Repeats {
    fn default() -> Self {
        Self {
            places: std::array::from_fn(|_| Box::new([0; PLACES])),
            starts: Vec::new(),
            sequences: Vec::new(),
            literals: Vec::new(),
            fresh: Fresh::default(),
            block: 0,
        }
    }
}

impl Repeats {
    /// Returns the sequences and the literals of texts. `None` when most bytes are of texts that are there once: those are
    /// better compressed as bytes.
    pub fn find(
        &mut self,
        pending: &Pending,
        texts: &Texts,
    ) -> Option<(&[Sequence], &mut Vec<u8>)> {
        for places in &mut self.places {
            places.fill(0);
        }
        self.sequences.clear();
        self.literals.clear();
        self.fresh.clear();
        self.block = 0;
        let all = pending.texts();
        self.starts.clear();
        self.starts.push(0);
        self.starts.extend(all.iter().scan(0, |start, text| {
            *start += text.length() as u32;
            Some(*start)
        }));
        let mut next = 0;
        while next < all.len() {
            let (from, count) = self.remember_and_find(all, next);
            if self.start(next + count) - self.start(next) < SHORTEST {
                self.add_fresh(next, pending, texts);
                if 2 * self.fresh.length() > pending.length() {
                    return None;
                }
                next += 1;
            } else {
                self.copy(from, next, count);
                let after = next + count;
                for index in (next + STRIDE..after).step_by(STRIDE) {
                    self.remember(all, index);
                }
                next = after;
            }
        }
        self.end_block(pending.length());
        Some((&self.sequences, &mut self.literals))
    }

    /// Returns the beginning of an earlier row of texts like the one from here on, and their number, which is 0 where
    /// there is none.
    #[inline]
    fn remember_and_find(&mut self, all: &[Text], next: usize) -> (usize, usize) {
        let mut found = (0, 0);
        for (width, places) in WIDTHS.into_iter().zip(&mut self.places) {
            let Some(row) = all.get(next..next + width) else {
                continue;
            };
            let place = &mut places[slot(row)];
            let earlier = std::mem::replace(place, next as u32 + 1);
            if found.1 == 0 && earlier != 0 {
                let from = earlier as usize - 1;
                let count = equal(&all[from..], &all[next..]);
                if count >= width {
                    found = (from, count);
                }
            }
        }
        found
    }

    #[inline]
    fn remember(&mut self, all: &[Text], index: usize) {
        for (width, places) in WIDTHS.into_iter().zip(&mut self.places).take(2) {
            if let Some(row) = all.get(index..index + width) {
                places[slot(row)] = index as u32 + 1;
            }
        }
    }

    #[inline]
    fn start(&self, index: usize) -> usize {
        self.starts[index] as usize
    }

    /// Adds a text that is not found as a whole.
    fn add_fresh(&mut self, index: usize, pending: &Pending, texts: &Texts) {
        let (start, end) = (self.start(index), self.start(index + 1));
        if end - self.block > BLOCK {
            self.end_block(start);
        }
        self.fresh.extend(start, |bytes| {
            pending.write(pending.texts()[index], texts, bytes);
        });
    }

    /// Adds a copy of a row of texts, which is not shorter than the shortest one.
    fn copy(&mut self, from: usize, next: usize, count: usize) {
        self.fresh
            .finish_run(&mut self.sequences, &mut self.literals);
        let offset = self.start(next) - self.start(from);
        let (mut start, end) = (self.start(next), self.start(next + count));
        while start < end {
            if start - self.block == BLOCK {
                self.end_block(start);
            }
            // No block leaves less than the shortest copy of what goes on behind it.
            let room = self.block + BLOCK - start;
            let length = match end - start {
                length if length <= room => length,
                length if length - room < SHORTEST => room.saturating_sub(SHORTEST),
                _ => room,
            };
            if length < SHORTEST {
                self.end_block(start);
                continue;
            }
            self.fresh.push(&mut self.sequences, length, offset);
            start += length;
        }
    }

    fn end_block(&mut self, position: usize) {
        self.fresh
            .finish_run(&mut self.sequences, &mut self.literals);
        self.fresh.push(&mut self.sequences, 0, 0);
        self.block = position;
    }
}

/// Returns where a row of texts is remembered.
#[inline]
fn slot(row: &[Text]) -> usize {
    let words = row.iter().map(|text| text.number() ^ text.number() >> 32);
    let products = words
        .zip(FACTORS)
        .map(|(word, factor)| word.wrapping_mul(factor));
    place(products.fold(0, u64::wrapping_add), PLACES)
}

/// Factors for a hash, one for each text of a row: odd, and unlike each other.
const FACTORS: [u64; WIDTHS[0]] = {
    let mut factors = [FACTOR; WIDTHS[0]];
    let mut index = 1;
    while index < factors.len() {
        factors[index] = factors[index - 1].wrapping_mul(FACTOR) ^ (index as u64) << 32;
        index += 1;
    }
    factors
};

/// Returns how many texts are the same from the beginning.
#[inline]
fn equal(one: &[Text], other: &[Text]) -> usize {
    one.iter().zip(other).take_while(|(a, b)| a == b).count()
}
