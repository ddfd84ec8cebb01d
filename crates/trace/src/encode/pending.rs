//! Texts that wait until there are enough of them to be compressed.

use super::texts::{Text, Texts};

/// The bytes that are compressed together at most: a reader that wants one event decodes so many.
const LIMIT: usize = 2 << 20;
/// The bytes of a piece of a longer text. zstd takes no more than twice as many at a time.
pub const PIECE: usize = 64 << 10;

/// Texts that wait until there are enough of them to be compressed.
#[derive(Default)]
pub struct Pending {
    texts: Vec<Text>,
    /// The bytes of those texts that no other has.
    own: Vec<u8>,
    length: usize,
}

impl Pending {
    /// Returns whether so many more bytes can wait, too.
    #[inline]
    pub fn has_room(&self, length: usize) -> bool {
        self.length + length <= LIMIT
    }

    /// Appends a text; it is short, and there is room.
    #[inline]
    pub fn push(&mut self, text: Text) {
        self.texts.push(text);
        self.length += text.length();
    }

    /// Appends bytes as far as there is room. Returns the rest.
    pub fn push_bytes<'a>(&mut self, bytes: &'a [u8]) -> &'a [u8] {
        let (now, rest) = bytes.split_at(bytes.len().min(LIMIT - self.length));
        for piece in now.chunks(PIECE) {
            self.push(Text::own(self.own.len(), piece.len()));
            self.own.extend_from_slice(piece);
        }
        rest
    }

    pub fn texts(&self) -> &[Text] {
        &self.texts
    }

    /// Returns the number of all bytes.
    pub fn length(&self) -> usize {
        self.length
    }

    /// Appends the bytes of a text.
    #[inline]
    pub fn write(&self, text: Text, texts: &Texts, bytes: &mut Vec<u8>) {
        texts.write(text, &self.own, bytes);
    }

    /// Forgets all texts, and keeps the room.
    pub fn clear(&mut self) {
        self.texts.clear();
        self.own.clear();
        self.length = 0;
    }
}
