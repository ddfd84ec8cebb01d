//! Following a spool while it is written.

use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::FileExt;
use std::path::Path;

use crate::items::{Damage, Found, Item, find, sealed};
use crate::layout::{FIRST_CHUNK, FREED, HEADER, NEVER, READ};
use crate::reader::refuse_foreign;
use crate::space;

/// How much is read at a time.
const WINDOW: usize = 1 << 20;

/// How much of what has been read stays in the file, in bytes, for a truename that comes after one
/// that was killed. The rest is given back to the disk.
const KEPT: u64 = 256 << 20;

/// How much is given back at a time.
const FREED_AT_ONCE: u64 = 16 << 20;

/// Reads a spool that may still be written.
pub struct Tail {
    file: File,
    buffer: Vec<u8>,
    /// The offset of the buffer's first byte in the file.
    start: u64,
    /// How far the buffer has been given out.
    given: usize,
    /// How far the buffer holds what is written for good.
    sealed: usize,
    freed: u64,
}

impl Tail {
    /// Opens the spool at `path`.
    ///
    /// # Errors
    ///
    /// When the file cannot be opened, and `InvalidData` when it is no spool of this version (or
    /// none yet).
    pub fn open(path: &Path) -> io::Result<Self> {
        let file = OpenOptions::new().read(true).write(true).open(path)?;
        let mut header = [0; HEADER];
        let read = file.read_at(&mut header, 0)?;
        refuse_foreign(&header[..read])?;
        let mut freed = [0; 8];
        freed.copy_from_slice(&header[FREED..FREED + 8]);
        Ok(Self {
            file,
            buffer: Vec::new(),
            start: HEADER as u64,
            given: 0,
            sealed: 0,
            freed: u64::from_le_bytes(freed),
        })
    }

    /// How many bytes an earlier reader has given back to the disk, so that they cannot be read.
    pub fn missing(&self) -> u64 {
        self.freed.saturating_sub(FIRST_CHUNK as u64)
    }

    /// How often [`refill`](Self::refill) has to read at most until it has come to the end that the
    /// file has now.
    pub fn windows(&self) -> u64 {
        let length = self.file.metadata().map_or(0, |file| file.len());
        length.saturating_sub(self.start).div_ceil(WINDOW as u64) + 1
    }

    /// Reads more, when all of what was read has been given out; tells whether there is any.
    ///
    /// # Errors
    ///
    /// When the file cannot be read.
    pub fn refill(&mut self) -> io::Result<bool> {
        if self.given < self.sealed {
            return Ok(true);
        }
        self.start += self.given as u64;
        self.given = 0;
        self.sealed = 0;
        let mut window = WINDOW;
        loop {
            self.buffer.resize(window.max(self.buffer.len()), 0);
            let read = self.file.read_at(&mut self.buffer, self.start)?;
            let found = sealed(&self.buffer[..read]);
            if let Some(wanted) = found.wanted
                && wanted > self.buffer.len()
            {
                window = wanted;
                continue;
            }
            if found.has_records {
                // A record is complete once its word is there; this reading may have come to the
                // word later than to what follows it.
                let again = found.length.min(read);
                self.file
                    .read_exact_at(&mut self.buffer[..again], self.start)?;
            }
            self.sealed = found.length;
            return Ok(self.sealed > 0);
        }
    }

    /// The next item; `None` when all that [`refill`](Self::refill) read has been given. After
    /// [`Damage`] there are no more.
    pub fn next_item(&mut self) -> Option<Result<Item<'_>, Damage>> {
        if self.given >= self.sealed {
            return None;
        }
        let read = &self.buffer[..self.sealed.min(self.buffer.len())];
        match find(read, self.given) {
            Found::Nothing => {
                self.given = self.sealed;
                None
            }
            Found::Item(item, end) => {
                self.given = end;
                Some(Ok(item))
            }
            Found::Damage => {
                let offset = self.start + self.given as u64;
                self.given = self.sealed;
                Some(Err(Damage { offset }))
            }
        }
    }

    /// Tells the writer how far this reader is, and gives back to the disk what lies far behind.
    ///
    /// # Errors
    ///
    /// When the file cannot be written.
    pub fn acknowledge(&mut self) -> io::Result<()> {
        let read = self.start + self.given as u64;
        self.file.write_all_at(&read.to_le_bytes(), READ as u64)?;
        let free = read.saturating_sub(KEPT) / FREED_AT_ONCE * FREED_AT_ONCE;
        let from = self.freed.max(FIRST_CHUNK as u64);
        if free > from {
            // First told, then done: who comes later knows what may be missing.
            self.file.write_all_at(&free.to_le_bytes(), FREED as u64)?;
            space::free(&self.file, from, free - from)?;
            self.freed = free;
        }
        Ok(())
    }

    /// Tells the writer that nobody will ever read, so that it stops at the end of its chunk.
    ///
    /// # Errors
    ///
    /// When the file cannot be written.
    pub fn ignore(path: &Path) -> io::Result<()> {
        let file = OpenOptions::new().write(true).open(path)?;
        file.write_all_at(&NEVER.to_le_bytes(), READ as u64)
    }
}
