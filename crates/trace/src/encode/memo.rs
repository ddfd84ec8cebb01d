//! Encoded events by what they were encoded from: the values of a program are the same again and again.

use std::ops::Range;

use super::hash::FACTOR;
use super::texts::Text;

/// The bytes that are remembered. When there are more, all of them are to be forgotten.
const LIMIT: usize = 8 << 20;
/// The number of slots at first; a power of two.
const FIRST_SLOTS: usize = 1 << 10;

/// Encoded events by what they were encoded from: a word, and bytes.
#[derive(Default)]
pub struct Memo {
    entries: Vec<Entry>,
    /// Keys, one after the other.
    keys: Vec<u8>,
    /// The number of bytes of all texts.
    texts: usize,
    /// By their hashes: the number of an entry, and 1; 0 is none. Half empty at least.
    slots: Vec<u32>,
    /// The number of times that all was forgotten.
    generation: u32,
}

struct Entry {
    hash: u64,
    word: u32,
    key: Range<u32>,
    known: Known,
}

/// Events that were encoded before.
#[derive(Clone, Copy)]
pub struct Known {
    pub text: Text,
    /// A note of the caller's.
    pub note: u32,
}

impl Memo {
    #[inline]
    pub fn get(&self, word: u32, key: &[u8]) -> Option<Known> {
        let hash = hash(word, key);
        let mask = self.slots.len().wrapping_sub(1);
        let mut slot = hash as usize & mask;
        loop {
            let number = *self.slots.get(slot)?;
            let entry = self.entries.get(number.checked_sub(1)? as usize)?;
            if entry.hash == hash && entry.word == word && self.key(entry) == key {
                return Some(entry.known);
            }
            slot = (slot + 1) & mask;
        }
    }

    /// Returns the number of times that all was forgotten: what was known before is not any more.
    #[inline]
    pub fn generation(&self) -> u32 {
        self.generation
    }

    /// Returns whether there is too much.
    pub fn is_full(&self) -> bool {
        self.keys.len() + self.texts + self.entries.len() * size_of::<Entry>() > LIMIT
    }

    /// Forgets everything.
    pub fn clear(&mut self) {
        self.entries.clear();
        self.keys.clear();
        self.texts = 0;
        self.slots.fill(0);
        self.generation += 1;
    }

    /// Remembers a text.
    pub fn insert(&mut self, word: u32, key: &[u8], known: Known) {
        if 2 * (self.entries.len() + 1) > self.slots.len() {
            self.grow();
        }
        let hash = hash(word, key);
        let start = self.keys.len() as u32;
        self.keys.extend_from_slice(key);
        self.texts += known.text.length();
        self.entries.push(Entry {
            hash,
            word,
            key: start..self.keys.len() as u32,
            known,
        });
        self.put(hash, self.entries.len() as u32);
    }

    #[inline]
    fn key(&self, entry: &Entry) -> &[u8] {
        &self.keys[entry.key.start as usize..entry.key.end as usize]
    }

    fn grow(&mut self) {
        let count = (2 * self.slots.len()).max(FIRST_SLOTS);
        self.slots.clear();
        self.slots.resize(count, 0);
        for index in 0..self.entries.len() {
            self.put(self.entries[index].hash, index as u32 + 1);
        }
    }

    fn put(&mut self, hash: u64, number: u32) {
        let mask = self.slots.len() - 1;
        let mut slot = hash as usize & mask;
        while self.slots[slot] != 0 {
            slot = (slot + 1) & mask;
        }
        self.slots[slot] = number;
    }
}

/// Mixes a word of eight bytes at a time. Whoever makes collisions on purpose slows but the recording
/// of a program of their own.
#[inline]
fn hash(word: u32, key: &[u8]) -> u64 {
    let mix = |hash: u64, word: u64| {
        let product = u128::from(hash ^ word) * u128::from(FACTOR);
        (product >> 64) as u64 ^ product as u64
    };
    let seed = mix(u64::from(word), key.len() as u64 ^ 0x5851_f42d_4c95_7f2d);
    let (words, rest) = key.as_chunks();
    let whole = words
        .iter()
        .fold(seed, |hash, word| mix(hash, u64::from_le_bytes(*word)));
    let last = rest
        .iter()
        .fold(0, |last, byte| last << 8 | u64::from(*byte));
    mix(whole, last)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn known(number: usize) -> Known {
        Known {
            text: Text::own(number, 100),
            note: number as u32,
        }
    }

    fn note(memo: &Memo, word: u32, key: &[u8]) -> Option<u32> {
        memo.get(word, key).map(|known| known.note)
    }

    #[test]
    fn what_is_remembered_is_given_and_bounded() {
        let mut memo = Memo::default();
        let mut times = 0;
        for number in 0_u32..200_000 {
            if memo.is_full() {
                memo.clear();
                times += 1;
            }
            let key = number.to_le_bytes();
            assert_eq!(note(&memo, 7, &key), None);
            memo.insert(7, &key, known(number as usize));
            assert_eq!(note(&memo, 7, &key), Some(number));
        }
        assert!((1..10).contains(&times), "{times}");
    }

    #[test]
    fn keys_that_are_alike_are_distinct() {
        let mut memo = Memo::default();
        let keys: [&[u8]; 6] = [b"", b"\0", b"\0\0", b"\0\0\0\0\0\0\0\0", b"a", b"a\0"];
        let number = |word: u32, index: usize| 10 * word as usize + index;
        for word in 0..2 {
            for (index, key) in keys.into_iter().enumerate() {
                assert_eq!(note(&memo, word, key), None);
                memo.insert(word, key, known(number(word, index)));
            }
        }
        for word in 0..2 {
            for (index, key) in keys.into_iter().enumerate() {
                assert_eq!(note(&memo, word, key), Some(number(word, index) as u32));
            }
        }
    }
}
