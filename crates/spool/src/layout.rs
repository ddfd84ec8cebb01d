//! How records and events lie in the file.

/// The extension of a spool's file name.
pub const FILE_EXTENSION: &str = "spool";

/// The first bytes of each spool: what it is, and the version of its layout.
pub(crate) const MAGIC: [u8; 8] = [b't', b'n', b's', b'p', b'o', b'o', b'l', VERSION];

/// The version of the layout, and of what records and events mean.
pub(crate) const VERSION: u8 = 5;

/// Where the reader writes how far it has read, eight bytes: the writer waits for it.
pub(crate) const READ: usize = 8;

/// Stands there when nobody will read any more.
pub(crate) const NEVER: u64 = u64::MAX;

/// Where the reader writes how far it has freed the file after the first chunk, eight bytes.
pub(crate) const FREED: usize = 16;

/// Where the first word is.
pub(crate) const HEADER: usize = 64;

/// Bytes that are mapped first, enough for most programs; a multiple of every page size in use.
pub(crate) const FIRST_CHUNK: usize = 1 << 16;

/// Bytes that are mapped at a time after that.
pub(crate) const CHUNK: usize = 1 << 20;

/// How much the writer writes before the reader has read it, in bytes.
pub(crate) const UNREAD: usize = 64 << 20;

/// Everything starts at multiples of this many bytes, the size of a word.
pub(crate) const WORD: usize = 4;

/// Marks a word that tells how many bytes to skip, to where the next chunk begins.
pub(crate) const SKIP: u32 = 1 << 31;

/// Marks a word that tells how long an event with values is, which follows: the event's word, then the
/// values.
pub(crate) const VALUED: u32 = 0b11 << 30;

/// The bits of a word that tell what it is: none for the length of a record, [`SKIP`], an event, or
/// [`VALUED`].
pub(crate) const KIND: u32 = 0b11 << 30;

/// `length` rounded up to whole words.
pub(crate) fn in_words(length: usize) -> usize {
    length.next_multiple_of(WORD)
}

/// Bytes at the end of each chunk that only the last word of a spool may use.
pub(crate) const RESERVE: usize = 256;
