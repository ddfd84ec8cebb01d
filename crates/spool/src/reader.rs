//! Reading a spool back.

use std::fmt;
use std::fs;
use std::io;
use std::path::Path;

use crate::Record;
use crate::layout::{MAGIC, SKIP, WORD, in_words};

/// A spool, read whole.
pub struct Reader {
    bytes: Vec<u8>,
}

/// Where a spool stops making sense.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Damage {
    /// The offset of the record that cannot be read, in bytes.
    pub offset: usize,
}

impl fmt::Display for Damage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the record at byte {} cannot be read", self.offset)
    }
}

impl std::error::Error for Damage {}

impl Reader {
    /// Reads the spool at `path`.
    ///
    /// # Errors
    ///
    /// When the file cannot be read, and `InvalidData` when it is no spool of this version.
    pub fn open(path: &Path) -> io::Result<Self> {
        let bytes = fs::read(path)?;
        if !bytes.starts_with(&MAGIC) {
            return Err(io::Error::new(
                io::ErrorKind::InvalidData,
                "this is no spool of this version",
            ));
        }
        Ok(Self { bytes })
    }

    /// The records in order. After [`Damage`] there are no more.
    pub fn records(&self) -> impl Iterator<Item = Result<Record<'_>, Damage>> {
        let mut position = MAGIC.len();
        std::iter::from_fn(move || {
            let record = self.next(&mut position);
            if let Some(Err(_)) = record {
                position = self.bytes.len();
            }
            record
        })
    }

    fn next(&self, position: &mut usize) -> Option<Result<Record<'_>, Damage>> {
        loop {
            let offset = *position;
            let word = self.bytes.get(offset..offset + WORD)?;
            let word = u32::from_le_bytes(word.try_into().ok()?);
            if word == 0 {
                return None;
            }
            let body = offset + WORD;
            let length = (word & !SKIP) as usize;
            *position = body + in_words(length);
            if word & SKIP == 0 {
                let record = self.bytes.get(body..body + length);
                let record = record.and_then(|bytes| postcard::from_bytes(bytes).ok());
                return Some(record.ok_or(Damage { offset }));
            }
        }
    }
}
