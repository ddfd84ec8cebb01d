//! What was encoded before: the values of a program are the same again and again.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};

/// How much is remembered, in bytes. All of it is forgotten then.
const LIMIT: usize = 8 << 20;
/// What one entry takes beside its bytes, about.
const ENTRY: usize = 64;

/// Encoded events by what they were encoded from.
#[derive(Default)]
pub(super) struct Memo {
    entries: HashMap<Box<[u8]>, Box<[u8]>, BuildHasherDefault<Mixer>>,
    held: usize,
}

impl Memo {
    #[inline]
    pub(super) fn get(&self, key: &[u8]) -> Option<&[u8]> {
        self.entries.get(key).map(|text| &**text)
    }

    pub(super) fn insert(&mut self, key: &[u8], text: &[u8]) {
        if self.held > LIMIT {
            self.entries.clear();
            self.held = 0;
        }
        self.held += key.len() + text.len() + ENTRY;
        self.entries.insert(key.into(), text.into());
    }
}

/// Mixes a word at a time. Whoever makes collisions on purpose slows but the recording of a program
/// of their own.
#[derive(Default)]
struct Mixer(u64);

impl Mixer {
    #[inline]
    fn mix(&mut self, word: u64) {
        let product = u128::from(self.0 ^ word) * 0x9e37_79b9_7f4a_7c15;
        self.0 = (product >> 64) as u64 ^ product as u64;
    }
}

impl Hasher for Mixer {
    #[inline]
    fn write(&mut self, bytes: &[u8]) {
        let (words, rest) = bytes.as_chunks();
        for word in words {
            self.mix(u64::from_le_bytes(*word));
        }
        let mut last = [0; 8];
        last[..rest.len()].copy_from_slice(rest);
        self.mix(u64::from_le_bytes(last));
    }

    #[inline]
    fn write_usize(&mut self, number: usize) {
        self.mix(number as u64 ^ 0x5851_f42d_4c95_7f2d);
    }

    #[inline]
    fn finish(&self) -> u64 {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_remembered_is_given_and_bounded() {
        let mut memo = Memo::default();
        for number in 0_u32..200_000 {
            let key = number.to_le_bytes();
            assert_eq!(memo.get(&key), None);
            memo.insert(&key, &[0; 100]);
            assert_eq!(memo.get(&key), Some(&[0; 100][..]));
            assert!(memo.held <= LIMIT + 1000);
        }
        assert!(memo.entries.len() < 100_000);
    }
}
