//! Binary traces as far as their events.

use std::io::{self, Read, Seek, SeekFrom};

use zeekstd::Decoder;

use super::seek_table;
use crate::encode::BINARY_HEADER;

/// A reason why bytes are no binary trace.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flaw {
    /// They start otherwise.
    Foreign,
    /// Their end is missing.
    Truncated,
    /// They are a binary trace, which so many others follow.
    Surplus(u64),
    /// They cannot be decompressed.
    Damaged,
}

/// Verifies that a file is a binary trace as far as its events, which it does not look at.
///
/// `runtime_tracing`'s reader panics on foreign bytes, and waits forever for the rest of a
/// compressed frame that was cut short.
///
/// # Errors
///
/// When it cannot be read. What is wrong with its bytes is no error.
pub fn verify_binary(mut input: impl Read + Seek) -> io::Result<Result<(), Flaw>> {
    if let Err(flaw) = verify_marks(&mut input)? {
        return Ok(Err(flaw));
    }
    let decompressed =
        decompress(input).and_then(|mut events| io::copy(&mut events, &mut io::sink()));
    Ok(decompressed.map(drop).map_err(|_| Flaw::Damaged))
}

/// Verifies that a file begins and ends as a binary trace does.
///
/// # Errors
///
/// When it cannot be read. What is wrong with its bytes is no error.
pub fn verify_marks(mut input: impl Read + Seek) -> io::Result<Result<(), Flaw>> {
    let mut start = Vec::new();
    let header_length = BINARY_HEADER.len() as u64;
    (&mut input).take(header_length).read_to_end(&mut start)?;
    if start != BINARY_HEADER {
        let is_beginning = BINARY_HEADER.starts_with(&start);
        return Ok(Err(if is_beginning {
            Flaw::Truncated
        } else {
            Flaw::Foreign
        }));
    }
    let length = input.seek(SeekFrom::End(0))?;
    if seek_table::ends_at(length, header_length, &mut input)? {
        return Ok(Ok(()));
    }
    Ok(Err(
        match seek_table::first_end(header_length, &mut input)? {
            Some(end) => Flaw::Surplus(length - end),
            None if seek_table::is_marked(length, header_length, &mut input)? => Flaw::Damaged,
            None => Flaw::Truncated,
        },
    ))
}

/// Decompresses the events of a binary trace.
///
/// # Errors
///
/// When the end of the file does not say where they are.
pub fn decompress<R: Read + Seek>(input: R) -> io::Result<impl Read> {
    Decoder::new(Compressed { input }).map_err(io::Error::other)
}

/// The compressed bytes of a binary trace, behind its header. A reader gets an error at their end, which the decoder
/// would take for a pause.
struct Compressed<R> {
    input: R,
}

impl<R: Read> Read for Compressed<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self.input.read(buffer)? {
            0 => Err(io::ErrorKind::UnexpectedEof.into()),
            count => Ok(count),
        }
    }
}

impl<R: Seek> Seek for Compressed<R> {
    fn seek(&mut self, position: SeekFrom) -> io::Result<u64> {
        let header_length = BINARY_HEADER.len() as u64;
        let position = self.input.seek(match position {
            SeekFrom::Start(position) => SeekFrom::Start(position.saturating_add(header_length)),
            other => other,
        })?;
        let before_header = || io::Error::from(io::ErrorKind::InvalidInput);
        position
            .checked_sub(header_length)
            .ok_or_else(before_header)
    }
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

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

    fn verify(bytes: &[u8]) -> Result<(), Flaw> {
        verify_binary(Cursor::new(bytes)).unwrap()
    }

    #[test]
    fn a_binary_trace_has_its_marks() {
        let bytes = written(3);
        assert_eq!(verify(&bytes), Ok(()));
        assert_eq!(verify(&bytes[..5]), Err(Flaw::Truncated));
        assert_eq!(verify(&bytes[..bytes.len() - 1]), Err(Flaw::Truncated));
        assert_eq!(verify(&bytes[1..]), Err(Flaw::Foreign));
        assert_eq!(verify(b"hello"), Err(Flaw::Foreign));
    }

    #[test]
    fn what_follows_a_binary_trace_is_no_part_of_it() {
        let bytes = written(3);
        assert_eq!(
            verify(&[&bytes[..], b"garbage"].concat()),
            Err(Flaw::Surplus(7))
        );
        let length = bytes.len() as u64;
        assert_eq!(
            verify(&[&bytes[..], &bytes].concat()),
            Err(Flaw::Surplus(length))
        );
        let other = written(50_000);
        assert_eq!(
            verify(&[&bytes[..], &other].concat()),
            Err(Flaw::Surplus(other.len() as u64))
        );
    }

    /// The decoder alone would wait forever.
    #[test]
    fn a_frame_that_is_cut_short_is_damage() {
        let mut bytes = written(50_000);
        bytes.drain(1000..100_000);
        assert_eq!(verify(&bytes), Err(Flaw::Damaged));
    }
}
