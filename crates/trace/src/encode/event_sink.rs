//! A file of events.
//!
//! `runtime_tracing`'s own writers panic when the disk is full, and the one for JSON holds everything in
//! memory.

use std::io::{self, Write};
use std::path::PathBuf;

use runtime_tracing::TraceLowLevelEvent as Event;

use super::compressor::Compressor;
use super::encoding::{BINARY_HEADER, encode};
use crate::format::Format;

/// The bytes of events that are gathered before they are compressed or written.
const GATHERED: usize = 1 << 16;

/// Writes events one after the other, each as soon as there are enough of them.
///
/// A binary trace is the header, then CBOR in seekable zstd; a JSON trace is one array.
pub struct EventSink<W: Write> {
    format: Format,
    out: Output<W>,
    gathered: Vec<u8>,
    /// The number of bytes that were handed on.
    handed_on: u64,
    /// Nothing has been written.
    is_first: bool,
    /// The paths that the events define.
    paths: Vec<PathBuf>,
}

enum Output<W: Write> {
    Binary(Box<Compressor<W>>),
    Json(W),
}

impl<W: Write> EventSink<W> {
    /// Begins a trace in `out`.
    ///
    /// # Errors
    ///
    /// The error of `out`.
    pub fn new(mut out: W, format: Format) -> io::Result<Self> {
        let out = if format.is_json() {
            Output::Json(out)
        } else {
            out.write_all(&BINARY_HEADER)?;
            Output::Binary(Box::new(Compressor::new(out)?))
        };
        Ok(Self {
            format,
            out,
            gathered: Vec::with_capacity(GATHERED + GATHERED / 4),
            handed_on: 0,
            is_first: true,
            paths: Vec::new(),
        })
    }

    /// Appends an event.
    ///
    /// # Errors
    ///
    /// The error of `out`.
    pub fn event(&mut self, event: &Event) -> io::Result<()> {
        if let Event::Path(path) = event {
            self.paths.push(path.clone());
        }
        self.flush_if_full()?;
        encode(self.format, event, &mut self.gathered)
    }

    /// Appends events that were [encoded](encode) before. They are not the first, and define no path.
    ///
    /// # Errors
    ///
    /// The error of `out`.
    #[inline]
    pub fn encoded(&mut self, events: &[u8]) -> io::Result<()> {
        self.flush_if_full()?;
        self.gathered.extend_from_slice(events);
        Ok(())
    }

    #[inline]
    fn flush_if_full(&mut self) -> io::Result<()> {
        if self.gathered.len() >= GATHERED {
            self.flush()?;
        }
        Ok(())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.hand_on(self.gathered.len())
    }

    /// Returns the format of the events.
    pub fn format(&self) -> Format {
        self.format
    }

    /// Returns the number of bytes of events: the position of the next one.
    #[inline]
    pub fn position(&self) -> u64 {
        self.handed_on + self.gathered.len() as u64
    }

    /// Hands on what waits for more, up to a position.
    ///
    /// # Errors
    ///
    /// The error of `out`.
    pub fn flush_to(&mut self, position: u64) -> io::Result<()> {
        let length = position.saturating_sub(self.handed_on) as usize;
        self.hand_on(length.min(self.gathered.len()))
    }

    /// Takes out the bytes at a position. Returns `false` when they were handed on.
    pub fn take_out(&mut self, start: u64, length: usize) -> bool {
        let Some(start) = start.checked_sub(self.handed_on) else {
            return false;
        };
        let start = start as usize;
        self.gathered.drain(start..start + length);
        true
    }

    fn hand_on(&mut self, length: usize) -> io::Result<()> {
        if length == 0 {
            return Ok(());
        }
        let written = match &mut self.out {
            Output::Binary(compressor) => compressor.write_all(&self.gathered[..length]),
            Output::Json(out) => {
                // Each event has its comma in front; a list has a bracket there.
                if let Some(first) = self.gathered.first_mut()
                    && self.is_first
                {
                    *first = b'[';
                    self.is_first = false;
                }
                out.write_all(&self.gathered[..length])
            }
        };
        self.gathered.drain(..length);
        self.handed_on += length as u64;
        written
    }

    /// Ends the trace; gives the paths that its events define.
    ///
    /// # Errors
    ///
    /// The error of `out`.
    pub fn finish(mut self) -> io::Result<Vec<PathBuf>> {
        self.flush()?;
        match self.out {
            Output::Binary(compressor) => compressor.finish()?,
            Output::Json(mut out) => {
                out.write_all(if self.is_first { b"[]" } else { b"]" })?;
                out.flush()?;
            }
        }
        Ok(self.paths)
    }
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::*;

    fn write(
        out: impl Write,
        format: Format,
        events: impl Iterator<Item = Event>,
    ) -> io::Result<()> {
        let mut sink = EventSink::new(out, format)?;
        for event in events {
            sink.event(&event)?;
        }
        sink.finish().map(drop)
    }

    /// Takes `room` bytes, then is full.
    struct Disk {
        room: usize,
    }

    impl Write for Disk {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            let taken = bytes.len().min(self.room);
            self.room -= taken;
            if taken == 0 {
                return Err(io::ErrorKind::StorageFull.into());
            }
            Ok(taken)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    /// Events that compress badly, so that the encoder writes long before it finishes.
    fn events() -> impl Iterator<Item = Event> {
        let mut state = 1_u64;
        (0..50_000).map(move |_| {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1);
            Event::Path(PathBuf::from(format!("{state:x}")))
        })
    }

    #[test]
    fn a_full_disk_is_an_error_wherever_it_strikes() {
        for room in [0, 7, 8, 9, 200_000, 400_000] {
            let error = write(Disk { room }, Format::Binary, events()).unwrap_err();
            assert_eq!(
                error.kind(),
                io::ErrorKind::StorageFull,
                "room for {room} bytes"
            );
            let error = write(Disk { room }, Format::Json, events()).unwrap_err();
            assert_eq!(
                error.kind(),
                io::ErrorKind::StorageFull,
                "room for {room} bytes"
            );
        }
        assert!(write(Disk { room: 10_000_000 }, Format::Binary, events()).is_ok());
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_full_device_says_so_in_its_own_words() {
        let full = std::fs::OpenOptions::new()
            .write(true)
            .open("/dev/full")
            .unwrap();
        let error = write(full, Format::Binary, events()).unwrap_err();
        assert_eq!(error.to_string(), "No space left on device (os error 28)");
    }

    #[test]
    fn no_event_is_an_empty_list() {
        let mut bytes = Vec::new();
        write(&mut bytes, Format::Json, std::iter::empty()).unwrap();
        assert_eq!(bytes, b"[]");
    }
}
