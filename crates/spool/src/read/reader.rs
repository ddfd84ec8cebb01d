//! Reading a spool back as a whole.

use std::fs;
use std::io;
use std::path::Path;

use super::items::{Damage, Found, Item, find};
use crate::layout::{HEADER, MAGIC, VERSION};
use crate::record::Record;

/// A spool, read whole.
pub struct Reader {
    bytes: Vec<u8>,
}

impl Reader {
    /// Reads the spool at `path`.
    ///
    /// # Errors
    ///
    /// When the file cannot be read, `Unsupported` when it is a spool of another version, and `InvalidData`
    /// when it is none.
    pub fn open(path: &Path) -> io::Result<Self> {
        let bytes = fs::read(path)?;
        refuse_foreign(&bytes)?;
        Ok(Self { bytes })
    }

    /// Iterates over all that the spool holds, in order. After [`Damage`] there is no more.
    pub fn items(&self) -> impl Iterator<Item = Result<Item<'_>, Damage>> {
        let mut offset = HEADER;
        std::iter::from_fn(move || match find(&self.bytes, 0, offset) {
            Found::Nothing => None,
            Found::Item(item, end) => {
                offset = end;
                Some(Ok(item))
            }
            Found::Damage => {
                let damage = Damage {
                    offset: offset as u64,
                };
                offset = self.bytes.len();
                Some(Err(damage))
            }
        })
    }

    /// Iterates over the records, in order. After [`Damage`] there are no more.
    pub fn records(&self) -> impl Iterator<Item = Result<Record<'_>, Damage>> {
        self.items().filter_map(|item| match item {
            Ok(Item::Record(record)) => Some(Ok(record)),
            Ok(Item::Events(_)) => None,
            Err(damage) => Some(Err(damage)),
        })
    }
}

/// # Errors
///
/// `Unsupported` when a spool of another version begins with `bytes`, and `InvalidData` when none does.
pub(super) fn refuse_foreign(bytes: &[u8]) -> io::Result<()> {
    let mark = &MAGIC[..MAGIC.len() - 1];
    match bytes.strip_prefix(mark).and_then(<[u8]>::first) {
        Some(&VERSION) => Ok(()),
        Some(other) => Err(io::Error::new(
            io::ErrorKind::Unsupported,
            format!(
                "this is a spool of version {other}, and this truename reads version {VERSION}"
            ),
        )),
        None => Err(io::Error::new(
            io::ErrorKind::InvalidData,
            "this is no spool",
        )),
    }
}
