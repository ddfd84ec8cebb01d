//! Encoded events by what they were encoded from: the values of a program are the same again and again.

/// The bytes that are remembered at most. All of them are forgotten then.
const LIMIT: usize = 8 << 20;
/// The number of slots at first; a power of two.
const FIRST_SLOTS: usize = 1 << 10;

/// Encoded events by what they were encoded from: a word, and bytes.
#[derive(Default)]
pub struct Memo {
    entries: Vec<Entry>,
    /// Keys and texts, one after the other.
    bytes: Vec<u8>,
    /// By their hashes: the number of an entry, and 1; 0 is none. Half empty at least.
    slots: Vec<u32>,
}

struct Entry {
    hash: u64,
    word: u32,
    key: ByteSpan,
    text: ByteSpan,
}

/// A range of the remembered bytes, valid until more is remembered.
#[derive(Clone, Copy)]
pub struct ByteSpan {
    start: u32,
    end: u32,
    note: u32,
}

impl ByteSpan {
    /// Returns what was noted of the text.
    #[inline]
    pub fn note(self) -> u32 {
        self.note
    }
}

impl Memo {
    #[inline]
    pub fn get(&self, word: u32, key: &[u8]) -> Option<ByteSpan> {
        let hash = hash(word, key);
        let mask = self.slots.len().wrapping_sub(1);
        let mut slot = hash as usize & mask;
        loop {
            let number = *self.slots.get(slot)?;
            let entry = self.entries.get(number.checked_sub(1)? as usize)?;
            if entry.hash == hash && entry.word == word && self.text(entry.key) == key {
                return Some(entry.text);
            }
            slot = (slot + 1) & mask;
        }
    }

    /// Remembers a text, with a note of the caller's.
    pub fn insert(&mut self, word: u32, key: &[u8], text: &[u8], note: u32) -> ByteSpan {
        let held = self.bytes.len() + self.entries.len() * size_of::<Entry>();
        if held > LIMIT {
            self.entries.clear();
            self.bytes.clear();
            self.slots.fill(0);
        }
        if 2 * (self.entries.len() + 1) > self.slots.len() {
            self.grow();
        }
        let hash = hash(word, key);
        let entry = Entry {
            hash,
            word,
            key: self.add(key),
            text: ByteSpan {
                note,
                ..self.add(text)
            },
        };
        let text = entry.text;
        self.entries.push(entry);
        self.put(hash, self.entries.len() as u32);
        text
    }

    #[inline]
    pub fn text(&self, span: ByteSpan) -> &[u8] {
        &self.bytes[span.start as usize..span.end as usize]
    }

    fn add(&mut self, bytes: &[u8]) -> ByteSpan {
        let start = self.bytes.len() as u32;
        self.bytes.extend_from_slice(bytes);
        let end = self.bytes.len() as u32;
        ByteSpan {
            start,
            end,
            note: 0,
        }
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
        let product = u128::from(hash ^ word) * 0x9e37_79b9_7f4a_7c15;
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

    fn text<'a>(memo: &'a Memo, word: u32, key: &[u8]) -> Option<&'a [u8]> {
        memo.get(word, key).map(|span| memo.text(span))
    }

    #[test]
    fn what_is_remembered_is_given_and_bounded() {
        let mut memo = Memo::default();
        for number in 0_u32..200_000 {
            let key = number.to_le_bytes();
            assert_eq!(text(&memo, 7, &key), None);
            memo.insert(7, &key, &[0; 100], 0);
            assert_eq!(text(&memo, 7, &key), Some(&[0; 100][..]));
            assert!(memo.bytes.len() <= LIMIT + 1000);
        }
        assert!(memo.entries.len() < 100_000);
    }

    #[test]
    fn keys_that_are_alike_are_distinct() {
        let mut memo = Memo::default();
        let keys: [&[u8]; 6] = [b"", b"\0", b"\0\0", b"\0\0\0\0\0\0\0\0", b"a", b"a\0"];
        for word in 0..2 {
            for key in keys {
                assert_eq!(text(&memo, word, key), None);
                memo.insert(word, key, &[word as u8, key.len() as u8], 0);
            }
        }
        for word in 0..2 {
            for key in keys {
                let text_of = [word as u8, key.len() as u8];
                assert_eq!(text(&memo, word, key), Some(&text_of[..]));
            }
        }
    }
}
