//! How records lie in the file.

/// The extension of a spool's file name.
pub const FILE_EXTENSION: &str = "spool";

/// The first bytes of each spool: what it is, and the version of its layout.
pub(crate) const MAGIC: [u8; 8] = *b"tnspool\x01";

/// Bytes that are mapped first, enough for most programs; a multiple of every page size in use.
pub(crate) const FIRST_CHUNK: usize = 1 << 16;

/// Bytes that are mapped at a time after that.
pub(crate) const CHUNK: usize = 1 << 20;

/// Records start at multiples of this many bytes, the size of the word before each.
pub(crate) const WORD: usize = 4;

/// Marks a word that tells how many bytes to skip, to where the next chunk begins.
pub(crate) const SKIP: u32 = 1 << 31;

/// `length` rounded up to whole words.
pub(crate) fn in_words(length: usize) -> usize {
    length.next_multiple_of(WORD)
}

/// Bytes at the end of each chunk that only the last word of a spool may use.
pub(crate) const RESERVE: usize = 256;
