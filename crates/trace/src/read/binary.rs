//! Binary traces as far as their events.

use std::io::{self, Cursor, Read, Seek, SeekFrom};

use zeekstd::Decoder;

use crate::encode::BINARY_HEADER;

/// The last bytes of a complete binary trace: the mark of zstd's seek table.
const BINARY_FOOTER: [u8; 4] = [0xB1, 0xEA, 0x92, 0x8F];

/// A reason why bytes are no binary trace.
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
/// The first thing that is wrong with the bytes.
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
    use runtime_tracing::TraceLowLevelEvent as Event;

    use super::*;
    use crate::encode::EventSink;
    use crate::format::Format;

    /// Returns a binary trace of so many events, which compress badly.
    fn written(events: u64) -> Vec<u8> {
        let mut bytes = Vec::new();
        let mut sink = EventSink::new(&mut bytes, Format::Binary).unwrap();
        let mut state = 1_u64;
        for _ in 0..events {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1);
            sink.event(&Event::Path(format!("{state:x}").into()))
                .unwrap();
        }
        sink.finish().unwrap();
        bytes
    }

    #[test]
    fn a_binary_trace_has_its_marks() {
        let bytes = written(3);
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
        let mut bytes = written(50_000);
        bytes.drain(1000..100_000);
        assert_eq!(verify_binary(&bytes), Err(Flaw::Damaged));
    }
}
