//! A file of events.
//!
//! `runtime_tracing`'s own writers panic when the disk is full, and the one for JSON holds everything in
//! memory.

use std::io::{self, Write};
use std::path::PathBuf;

use runtime_tracing::{Line, PathId, StepRecord, TraceLowLevelEvent as Event};

use super::compressor::Compressor;
use super::encoding::{BINARY_HEADER, encode};
use super::json_list::JsonList;
use super::texts::{Text, Texts};
use crate::format::Format;

/// Writes events one after the other, each as soon as there are enough of them.
///
/// A binary trace is the header, then CBOR in seekable zstd; a JSON trace is one array.
pub struct EventSink<W: Write> {
    out: Output<W>,
    texts: Texts,
    /// The number of bytes of all events: the position of the next one.
    position: u64,
    /// The paths that the events define.
    paths: Vec<PathBuf>,
    /// The bytes of the last event that is no text, kept for its room.
    bytes: Vec<u8>,
}

enum Output<W: Write> {
    Binary(Box<Compressor<W>>),
    Json(JsonList<W>),
}

impl<W: Write> EventSink<W> {
    /// Begins a trace in `out`.
    ///
    /// # Errors
    ///
    /// The error of `out`; so in all other functions.
    pub fn new(mut out: W, format: Format) -> io::Result<Self> {
        let out = if format.is_json() {
            Output::Json(JsonList::new(out))
        } else {
            out.write_all(&BINARY_HEADER)?;
            Output::Binary(Box::new(Compressor::new(out)))
        };
        Ok(Self {
            out,
            texts: Texts::new(format),
            position: 0,
            paths: Vec::new(),
            bytes: Vec::new(),
        })
    }

    /// Returns the format of the events.
    pub fn format(&self) -> Format {
        self.texts.format()
    }

    /// Returns the number of bytes of events: the position of the next one.
    #[inline]
    pub fn position(&self) -> u64 {
        self.position
    }

    /// Appends an event that comes once.
    pub fn event(&mut self, event: &Event) -> io::Result<()> {
        if let Event::Path(path) = event {
            self.paths.push(path.clone());
        }
        let mut bytes = std::mem::take(&mut self.bytes);
        bytes.clear();
        encode(self.format(), event, &mut bytes)?;
        let written = self.encoded(&bytes);
        self.bytes = bytes;
        written
    }

    /// Appends events that were [encoded](encode) before, and define no path.
    pub fn encoded(&mut self, events: &[u8]) -> io::Result<()> {
        self.position += events.len() as u64;
        match &mut self.out {
            Output::Binary(out) => out.push_bytes(events, &self.texts),
            Output::Json(out) => out.push(|bytes| bytes.extend_from_slice(events)),
        }
    }

    /// Encodes events that come again and again, which define no path.
    pub fn add_text(&mut self, events: &[Event]) -> Text {
        self.texts.add(events)
    }

    /// Keeps events that were [encoded](encode) before, which define no path, until they are [forgotten](Self::forget).
    pub fn add_passing(&mut self, events: &[u8]) -> Text {
        self.texts.add_passing(events)
    }

    /// Forgets all passing texts.
    pub fn forget(&mut self) -> io::Result<()> {
        if let Output::Binary(out) = &mut self.out {
            out.write(&self.texts)?;
        }
        self.texts.forget();
        Ok(())
    }

    /// Returns the bytes of a text of this sink.
    pub fn bytes(&self, text: Text) -> Box<[u8]> {
        let mut bytes = Vec::new();
        self.texts.write(text, &[], &mut bytes);
        bytes.into()
    }

    /// Appends a text of this sink.
    #[inline]
    pub fn text(&mut self, text: Text) -> io::Result<()> {
        self.position += text.length() as u64;
        match &mut self.out {
            Output::Binary(out) => out.push(text, &self.texts),
            Output::Json(out) => out.push(|bytes| self.texts.write(text, &[], bytes)),
        }
    }

    /// Appends a step.
    #[inline]
    pub fn step(&mut self, path_id: PathId, line: u32) -> io::Result<()> {
        match self.texts.step(path_id, line) {
            Some(text) => self.text(text),
            None => self.event(&Event::Step(StepRecord {
                path_id,
                line: Line(line.into()),
            })),
        }
    }

    /// Ends the trace; gives the paths that its events define.
    pub fn finish(self) -> io::Result<Vec<PathBuf>> {
        match self.out {
            Output::Binary(out) => out.finish(&self.texts)?,
            Output::Json(out) => out.finish()?,
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
