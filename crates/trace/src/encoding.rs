//! Events as bytes, the same bytes that `runtime_tracing`'s own writers give.
//!
//! Those writers panic when the disk is full, and the one for JSON holds everything in memory.

use std::io::{self, Cursor, Read, Seek, SeekFrom, Write};
use std::sync::{Arc, Mutex, PoisonError};

use runtime_tracing::TraceLowLevelEvent as Event;
use zeekstd::{Decoder, Encoder};

use super::Format;

/// What a binary trace starts with: CodeTracer's mark, format 1, two reserved bytes.
const BINARY_HEADER: [u8; 8] = [0xC0, 0xDE, 0x72, 0xAC, 0xE2, 0x01, 0x00, 0x00];
/// What a complete binary trace ends with: the mark of zstd's seek table.
const BINARY_FOOTER: [u8; 4] = [0xB1, 0xEA, 0x92, 0x8F];

/// Why bytes are no binary trace.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flaw {
    /// They start otherwise.
    Foreign,
    /// Their end is missing.
    Truncated,
    /// They cannot be decompressed.
    Damaged,
}

/// Verifies that `bytes` are a binary trace as far as its events, which it does not look at.
///
/// `runtime_tracing`'s reader panics on foreign bytes, and waits forever for the rest of a
/// compressed frame that was cut short.
///
/// # Errors
///
/// What is wrong with the bytes.
pub fn verify_binary(bytes: &[u8]) -> Result<(), Flaw> {
    let Some(compressed) = bytes.strip_prefix(&BINARY_HEADER) else {
        let is_beginning = BINARY_HEADER.starts_with(bytes);
        return Err(if is_beginning {
            Flaw::Truncated
        } else {
            Flaw::Foreign
        });
    };
    if !compressed.ends_with(&BINARY_FOOTER) {
        return Err(Flaw::Truncated);
    }
    let mut decoder = Decoder::new(Endless(Cursor::new(compressed))).map_err(|_| Flaw::Damaged)?;
    io::copy(&mut decoder, &mut io::sink()).map_err(|_| Flaw::Damaged)?;
    Ok(())
}

/// How many bytes of events are gathered before they are compressed or written.
const GATHERED: usize = 1 << 16;

/// Writes events one after the other, each as soon as there are enough of them.
///
/// A binary trace is the header, then CBOR in seekable zstd; a JSON trace is one array.
pub struct Sink<W: Write> {
    format: Format,
    out: Output<W>,
    gathered: Vec<u8>,
    /// How many bytes were handed on.
    handed_on: u64,
    /// Whether nothing has been written.
    is_first: bool,
}

enum Output<W: Write> {
    Binary(Box<Encoder<'static, Witness<W>>>, FirstError),
    Json(W),
}

impl<W: Write> Sink<W> {
    /// Begins a trace in `out`.
    ///
    /// # Errors
    ///
    /// What `out` answered.
    pub fn new(mut out: W, format: Format) -> io::Result<Self> {
        let out = match format {
            Format::Json => Output::Json(out),
            Format::Binary => {
                out.write_all(&BINARY_HEADER)?;
                let error = FirstError::default();
                let witness = Witness {
                    out,
                    error: error.clone(),
                };
                let encoder = Encoder::new(witness).map_err(io::Error::other)?;
                Output::Binary(Box::new(encoder), error)
            }
        };
        Ok(Self {
            format,
            out,
            gathered: Vec::with_capacity(GATHERED + GATHERED / 4),
            handed_on: 0,
            is_first: true,
        })
    }

    /// Appends an event.
    ///
    /// # Errors
    ///
    /// What `out` answered.
    pub fn event(&mut self, event: &Event) -> io::Result<()> {
        self.flush_if_full()?;
        encode(self.format, event, &mut self.gathered)
    }

    /// Appends events that were [encoded](encode) before. They are not the first.
    ///
    /// # Errors
    ///
    /// What `out` answered.
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

    /// Hands on what waits for more.
    ///
    /// # Errors
    ///
    /// What `out` answered.
    pub fn flush(&mut self) -> io::Result<()> {
        self.hand_on(self.gathered.len())
    }

    /// How many bytes of events there are.
    #[inline]
    pub fn position(&self) -> u64 {
        self.handed_on + self.gathered.len() as u64
    }

    /// Hands on what waits for more, up to a position.
    ///
    /// # Errors
    ///
    /// What `out` answered.
    pub fn flush_to(&mut self, position: u64) -> io::Result<()> {
        let length = position.saturating_sub(self.handed_on) as usize;
        self.hand_on(length.min(self.gathered.len()))
    }

    /// Takes what is at a position out again. `false` when it was handed on.
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
            Output::Binary(encoder, error) => {
                error.instead_of(encoder.write_all(&self.gathered[..length]))
            }
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

    /// Ends the trace.
    ///
    /// # Errors
    ///
    /// What `out` answered.
    pub fn finish(mut self) -> io::Result<()> {
        self.flush()?;
        match self.out {
            Output::Binary(encoder, error) => {
                let finished = encoder.finish().map_err(io::Error::other);
                error.instead_of(finished.map(drop))
            }
            Output::Json(mut out) => {
                out.write_all(if self.is_first { b"[]" } else { b"]" })?;
                out.flush()
            }
        }
    }
}

/// Appends the bytes of an event; in JSON they begin with the comma that parts it from the one
/// before.
///
/// # Errors
///
/// When the event cannot be told in this format.
pub fn encode(format: Format, event: &Event, bytes: &mut Vec<u8>) -> io::Result<()> {
    match format {
        Format::Binary => cbor4ii::serde::to_writer(bytes, event).map_err(io::Error::other),
        Format::Json => {
            bytes.push(b',');
            Ok(serde_json::to_writer(bytes, event)?)
        }
    }
}

/// The first error of a writer within an encoder, which hides it in one of its own.
#[derive(Clone, Default)]
struct FirstError(Arc<Mutex<Option<io::Error>>>);

impl FirstError {
    fn keep(&self, error: io::Error) {
        let mut first = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        first.get_or_insert(error);
    }

    fn instead_of(&self, result: io::Result<()>) -> io::Result<()> {
        let mut first = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        first.take().map_or(result, Err)
    }
}

/// A writer whose errors are kept.
struct Witness<W> {
    out: W,
    error: FirstError,
}

impl<W: Write> Witness<W> {
    fn watch<T>(&mut self, result: io::Result<T>) -> io::Result<T> {
        result.map_err(|error| {
            let kind = error.kind();
            // An interrupted write is tried again; it is no failure.
            if kind != io::ErrorKind::Interrupted {
                self.error.keep(error);
            }
            kind.into()
        })
    }
}

impl<W: Write> Write for Witness<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let result = self.out.write(bytes);
        self.watch(result)
    }

    fn flush(&mut self) -> io::Result<()> {
        let result = self.out.flush();
        self.watch(result)
    }
}

/// Bytes at whose end a reader gets an error: the decoder takes the end for a pause.
struct Endless<'a>(Cursor<&'a [u8]>);

impl Read for Endless<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self.0.read(buffer)? {
            0 => Err(io::ErrorKind::UnexpectedEof.into()),
            count => Ok(count),
        }
    }
}

impl Seek for Endless<'_> {
    fn seek(&mut self, position: SeekFrom) -> io::Result<u64> {
        self.0.seek(position)
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
        let mut sink = Sink::new(out, format)?;
        for event in events {
            sink.event(&event)?;
        }
        sink.finish()
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
    fn a_binary_trace_has_its_marks() {
        let mut bytes = Vec::new();
        write(&mut bytes, Format::Binary, events().take(3)).unwrap();
        assert_eq!(verify_binary(&bytes), Ok(()));
        assert_eq!(verify_binary(&bytes[..5]), Err(Flaw::Truncated));
        assert_eq!(
            verify_binary(&bytes[..bytes.len() - 1]),
            Err(Flaw::Truncated)
        );
        assert_eq!(verify_binary(&bytes[1..]), Err(Flaw::Foreign));
        assert_eq!(verify_binary(b"hello"), Err(Flaw::Foreign));
    }

    /// The decoder alone would wait forever.
    #[test]
    fn a_frame_that_is_cut_short_is_damage() {
        let mut bytes = Vec::new();
        write(&mut bytes, Format::Binary, events()).unwrap();
        bytes.drain(1000..100_000);
        assert_eq!(verify_binary(&bytes), Err(Flaw::Damaged));
    }

    #[test]
    fn no_event_is_an_empty_list() {
        let mut bytes = Vec::new();
        write(&mut bytes, Format::Json, std::iter::empty()).unwrap();
        assert_eq!(bytes, b"[]");
    }
}
