//! A list of events in JSON.

use std::io::{self, Write};

/// The bytes that are gathered before they are written.
const GATHERED: usize = 1 << 16;

/// Writes events as a list, each with a comma in front.
pub struct JsonList<W: Write> {
    out: W,
    gathered: Vec<u8>,
    /// Nothing has been written.
    is_first: bool,
}

impl<W: Write> JsonList<W> {
    pub fn new(out: W) -> Self {
        Self {
            out,
            gathered: Vec::with_capacity(GATHERED + GATHERED / 4),
            is_first: true,
        }
    }

    /// Appends what `write` appends: events, each with a comma in front.
    ///
    /// # Errors
    ///
    /// The error of `out`.
    #[inline]
    pub fn push(&mut self, write: impl FnOnce(&mut Vec<u8>)) -> io::Result<()> {
        if self.gathered.len() >= GATHERED {
            self.flush()?;
        }
        write(&mut self.gathered);
        Ok(())
    }

    /// Writes the rest, and ends the list.
    ///
    /// # Errors
    ///
    /// The error of `out`.
    pub fn finish(mut self) -> io::Result<()> {
        self.flush()?;
        self.out
            .write_all(if self.is_first { b"[]" } else { b"]" })?;
        self.out.flush()
    }

    fn flush(&mut self) -> io::Result<()> {
        if let Some(first) = self.gathered.first_mut()
            && self.is_first
        {
            // A list has a bracket in front of the first.
            *first = b'[';
            self.is_first = false;
        }
        self.out.write_all(&self.gathered)?;
        self.gathered.clear();
        Ok(())
    }
}
