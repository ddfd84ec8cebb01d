//! Following a spool while it is written.

use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::FileExt;
use std::path::Path;

use super::items::{Damage, Found, Item, find, sealed};
use super::lease::is_unshared;
use super::reader::refuse_foreign;
use crate::layout::{FIRST_CHUNK, FORKS, FREED, HEADER, NEVER, READ, WORD};
use crate::space;

/// The number of bytes that are read at a time: few at first, as most of a chunk may be empty, and more
/// while there is more.
const FIRST_WINDOW: usize = 1 << 14;
const WINDOW: usize = 1 << 20;

/// The number of bytes that stay in the file after they were read, for a truename that comes after one
/// that was killed. Those before them are given back to the disk.
const KEPT: u64 = 256 << 20;

/// The number of bytes that are given back at a time.
const FREED_AT_ONCE: u64 = 16 << 20;

/// The number of bytes after the end that are looked at.
const LOOKED_AT: usize = 1 << 12;

/// The end of a spool that nobody writes any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SpoolEnd {
    /// Nothing follows what was read.
    Whole,
    /// Something follows that was never completed: the process was killed while it wrote, or a word is damaged.
    Incomplete {
        /// The offset of its word, in bytes.
        offset: u64,
    },
    /// The file ends in the middle.
    Cut {
        /// The offset from which nothing can be read, in bytes.
        offset: u64,
    },
}

/// Reads a spool that may still be written.
pub struct Tail {
    file: File,
    buffer: Vec<u8>,
    /// The same bytes, as they were read before.
    before: Vec<u8>,
    /// The number of bytes that are read next.
    window: usize,
    /// The offset of the buffer's first byte in the file.
    start: u64,
    /// The offset in the buffer up to which it has been given out.
    given: usize,
    /// The offset in the buffer up to which it is written for good.
    sealed: usize,
    freed: u64,
    is_damaged: bool,
}

impl Tail {
    /// Opens the spool at `path`.
    ///
    /// # Errors
    ///
    /// When the file cannot be opened, `Unsupported` when it is a spool of another version, and
    /// `InvalidData` when it is none (or none yet).
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
            before: Vec::new(),
            window: FIRST_WINDOW,
            start: HEADER as u64,
            given: 0,
            sealed: 0,
            freed: u64::from_le_bytes(freed),
            is_damaged: false,
        })
    }

    /// Returns the number of bytes that an earlier reader has given back to the disk: they cannot be read.
    pub fn missing(&self) -> u64 {
        self.freed.saturating_sub(FIRST_CHUNK as u64)
    }

    /// Returns the number of forks of the process that can have no spool of their own, and the error that the latest of
    /// them met.
    ///
    /// # Errors
    ///
    /// When the file cannot be read.
    pub fn forks_without_spool(&self) -> io::Result<(u32, io::Error)> {
        let mut bytes = [0; 8];
        self.file.read_exact_at(&mut bytes, FORKS as u64)?;
        let [a, b, c, d, error @ ..] = bytes;
        let error = i32::from_le_bytes(error);
        Ok((
            u32::from_le_bytes([a, b, c, d]),
            io::Error::from_raw_os_error(error),
        ))
    }

    /// Returns the number of times that [`refill`](Self::refill) has to read at most until it has come to the end that the
    /// file has now.
    pub fn windows(&self) -> u64 {
        self.left().unwrap_or(0).div_ceil(FIRST_WINDOW as u64) + 1
    }

    /// Returns the length of the file behind the buffer's first byte.
    fn left(&self) -> io::Result<u64> {
        Ok(self.file.metadata()?.len().saturating_sub(self.start))
    }

    /// Looks at the place where reading came to its end, of a spool that nobody writes any more.
    ///
    /// # Errors
    ///
    /// When the file cannot be read.
    pub fn end(&self) -> io::Result<SpoolEnd> {
        let offset = self.position();
        let mut bytes = [0; LOOKED_AT];
        let read = self.file.read_at(&mut bytes, offset)?;
        let (word, rest) = bytes[..read].split_at(WORD.min(read));
        // A writer keeps room for a last word.
        let is_cut = word.len() < WORD || word.iter().any(|byte| *byte != 0);
        Ok(match rest.iter().any(|byte| *byte != 0) {
            _ if is_cut => SpoolEnd::Cut { offset },
            true => SpoolEnd::Incomplete { offset },
            false => SpoolEnd::Whole,
        })
    }

    /// Returns the length that the file has now, of which the end may not be written yet.
    pub fn length(&self) -> u64 {
        self.file.metadata().map_or(0, |file| file.len())
    }

    /// Reads more, when everything that was read has been given out. Returns whether there is any.
    ///
    /// # Errors
    ///
    /// When the file cannot be read.
    pub fn refill(&mut self) -> io::Result<bool> {
        if self.given < self.sealed {
            return Ok(true);
        }
        if self.is_damaged {
            return Ok(false);
        }
        self.start += self.given as u64;
        self.given = 0;
        self.sealed = 0;
        loop {
            for buffer in [&mut self.before, &mut self.buffer] {
                buffer.resize(self.window.max(buffer.len()), 0);
            }
            // What is copied while it is written can be half of a word, and a word without what follows it. All that
            // belongs to a word of which anything was there by now is there for a second reading.
            let read = self
                .file
                .read_at(&mut self.before[..self.window], self.start)?;
            let before = &self.before[..read];
            if before.iter().take(WORD).all(|byte| *byte == 0) {
                self.window = FIRST_WINDOW;
                return Ok(false);
            }
            let now = &mut self.buffer[..read];
            self.file.read_exact_at(now, self.start)?;
            let found = sealed(now, before, self.start);
            if let Some(wanted) = found.wanted
                && wanted > self.window
            {
                // A writer's file is always longer than what it wrote.
                if wanted as u64 > self.left()? {
                    return Ok(false);
                }
                self.window = wanted;
                continue;
            }
            self.sealed = found.length;
            self.window = if found.length < read {
                FIRST_WINDOW
            } else {
                (2 * self.window).min(WINDOW)
            };
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
        match find(read, self.start, self.given) {
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
                self.is_damaged = true;
                Some(Err(Damage { offset }))
            }
        }
    }

    /// Returns the offset that this reader has come to, in bytes from the file's start.
    pub fn position(&self) -> u64 {
        self.start + self.given as u64
    }

    /// Notes the reader's offset for the writer, and gives back to the disk what lies far behind.
    ///
    /// # Errors
    ///
    /// When the file cannot be written.
    pub fn acknowledge(&mut self) -> io::Result<()> {
        let read = self.position();
        self.file.write_all_at(&read.to_le_bytes(), READ as u64)?;
        let free = read.saturating_sub(KEPT) / FREED_AT_ONCE * FREED_AT_ONCE;
        let from = self.freed.max(FIRST_CHUNK as u64);
        if free > from {
            // Noted before it is done, so that a later reader knows what may be missing.
            self.file.write_all_at(&free.to_le_bytes(), FREED as u64)?;
            space::free(&self.file, from, free - from)?;
            self.freed = free;
        }
        Ok(())
    }

    /// Returns whether the writer is gone for good, so that no more comes: no process has the spool mapped. It may be
    /// gone without this where the system [shows nothing](crate::shows_release).
    pub fn is_released(&self) -> bool {
        is_unshared(&self.file)
    }

    /// Notes for the writer that nobody will ever read, so that it stops at the end of its chunk.
    ///
    /// # Errors
    ///
    /// When the file cannot be written.
    pub fn ignore(path: &Path) -> io::Result<()> {
        let file = OpenOptions::new().write(true).open(path)?;
        file.write_all_at(&NEVER.to_le_bytes(), READ as u64)
    }
}
