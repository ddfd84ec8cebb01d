//! The layout of a spool: header, words and chunks.

/// The extension of a spool's file name.
pub const FILE_EXTENSION: &str = "spool";

/// The first bytes of each spool: what it is, and the version of its layout.
pub(crate) const MAGIC: [u8; 8] = [b't', b'n', b's', b'p', b'o', b'o', b'l', VERSION];

/// The version of the layout, and of what records and events mean.
pub(crate) const VERSION: u8 = 9;

/// The offset of eight bytes in which the reader writes the offset that it has read up to: the writer waits for it.
pub(crate) const READ: usize = 8;

/// The offset that stands there when nobody will read any more.
pub(crate) const NEVER: u64 = u64::MAX;

/// The offset of eight bytes in which the reader writes the offset up to which it has freed the file, after
/// the first chunk.
pub(crate) const FREED: usize = 16;

/// The offset of four bytes that count the forks of the process that can have no spool of their own, and behind
/// them four with the error that the latest of them met.
pub(crate) const FORKS: usize = 24;

/// The offset of the first word.
pub(crate) const HEADER: usize = 64;

/// Bytes that are mapped first, enough for most programs; a multiple of every page size in use.
pub(crate) const FIRST_CHUNK: usize = 1 << 16;

/// Bytes that are mapped at a time after that.
pub(crate) const CHUNK: usize = 1 << 20;

/// The number of bytes that the writer writes before the reader has read them.
pub(crate) const UNREAD: usize = 64 << 20;

/// Everything starts at multiples of this many bytes, the size of a word.
pub(crate) const WORD: usize = 4;

/// Marks a word that holds the number of bytes to skip, to where the next chunk begins.
pub(crate) const SKIP: u32 = 1 << 31;

/// Marks a word that holds the length of an event with values, which follows: the event's word, then the
/// values.
pub(crate) const VALUED: u32 = 0b11 << 30;

/// The bits of a word that hold its kind: none for the length of a record, [`SKIP`], an event, or
/// [`VALUED`].
pub(crate) const KIND: u32 = 0b11 << 30;

/// The number of frames whose variables both sides keep; a power of two, and less than 256.
pub(crate) const SNAPSHOTS: usize = 128;

/// Rounds `length` up to whole words.
pub(crate) fn in_words(length: usize) -> usize {
    length.next_multiple_of(WORD)
}

/// Bytes at the end of each chunk that only the last word of a spool may use.
pub(crate) const RESERVE: usize = 256;
