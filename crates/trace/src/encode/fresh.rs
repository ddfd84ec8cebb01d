//! Texts that are found nowhere as a whole, and what repeats in their bytes.

use super::hash::{FACTOR, place};
use super::zstd::{SHORTEST, Sequence};

/// The number of places that are remembered; a power of two.
const PLACES: usize = 1 << 13;
/// After so many bytes in which nothing repeats, one more is left out each time.
const PATIENCE: usize = 64;

/// The bytes of texts that are found nowhere as a whole. Those that follow each other are searched together.
pub struct Fresh {
    bytes: Vec<u8>,
    /// In order.
    stretches: Vec<Stretch>,
    /// By hash: the last place with such bytes.
    places: Box<[Place; PLACES]>,
    /// The place where the run begins that is not searched yet.
    run: usize,
    /// Literals that no sequence has yet.
    waiting: usize,
}

/// Bytes that stand beside each other among all texts, too.
#[derive(Clone, Copy)]
struct Stretch {
    /// The index of its first byte.
    start: usize,
    /// The position of its first byte among all texts.
    position: usize,
}

#[derive(Clone, Copy, Default)]
struct Place {
    index: u32,
    /// The number of its stretch, and 1; 0 is none.
    stretch: u32,
}

impl Default for Fresh {
    fn default() -> Self {
        Self {
            bytes: Vec::new(),
            stretches: Vec::new(),
            places: Box::new([Place::default(); PLACES]),
            run: 0,
            waiting: 0,
        }
    }
}

impl Fresh {
    pub fn clear(&mut self) {
        self.bytes.clear();
        self.stretches.clear();
        self.places.fill(Place::default());
        self.run = 0;
        self.waiting = 0;
    }

    /// Returns the number of all bytes.
    pub fn length(&self) -> usize {
        self.bytes.len()
    }

    /// Appends the bytes that `write` appends, which are at a position among all texts.
    pub fn extend(&mut self, position: usize, write: impl FnOnce(&mut Vec<u8>)) {
        let start = self.bytes.len();
        let last = self.stretches.last();
        if last.is_none_or(|it| it.position + (start - it.start) != position) {
            self.stretches.push(Stretch { start, position });
        }
        write(&mut self.bytes);
    }

    /// Searches the bytes that came since the last search, and gives literals and sequences for them.
    pub fn finish_run(&mut self, sequences: &mut Vec<Sequence>, literals: &mut Vec<u8>) {
        let end = self.bytes.len();
        let mut anchor = self.run;
        self.run = end;
        let Some(stretch) = self.stretches.last().copied() else {
            return;
        };
        let number = self.stretches.len() as u32;
        let mut next = anchor;
        while let Some(word) = self.bytes.get(next..).and_then(<[u8]>::first_chunk) {
            let place = &mut self.places[slot(u64::from_le_bytes(*word))];
            let index = next as u32;
            let earlier = std::mem::replace(
                place,
                Place {
                    index,
                    stretch: number,
                },
            );
            let length = self.common(earlier, next);
            if length < SHORTEST {
                next += 1 + (next - anchor) / PATIENCE;
                continue;
            }
            let from = self.stretches[earlier.stretch as usize - 1];
            let from = from.position + (earlier.index as usize - from.start);
            let offset = stretch.position + (next - stretch.start) - from;
            literals.extend_from_slice(&self.bytes[anchor..next]);
            self.waiting += next - anchor;
            self.push(sequences, length, offset);
            next += length;
            anchor = next;
        }
        literals.extend_from_slice(&self.bytes[anchor..end]);
        self.waiting += end - anchor;
    }

    /// Adds a copy, after the literals that wait for one.
    #[inline]
    pub fn push(&mut self, sequences: &mut Vec<Sequence>, length: usize, offset: usize) {
        sequences.push(Sequence {
            offset: offset as u32,
            litLength: std::mem::take(&mut self.waiting) as u32,
            matchLength: length as u32,
            rep: 0,
        });
    }

    /// Returns how many bytes from `next` on are those at an earlier place, as far as its stretch goes.
    #[inline]
    fn common(&self, earlier: Place, next: usize) -> usize {
        let stretch = earlier.stretch as usize;
        if stretch == 0 {
            return 0;
        }
        let end = self
            .stretches
            .get(stretch)
            .map_or(self.bytes.len(), |it| it.start);
        let one = &self.bytes[earlier.index as usize..end];
        let other = &self.bytes[next..];
        one.iter().zip(other).take_while(|(a, b)| a == b).count()
    }
}

/// Returns where the first six bytes of a word are remembered.
#[inline]
fn slot(word: u64) -> usize {
    place((word << 16).wrapping_mul(FACTOR), PLACES)
}
