//! Compression of events.

use std::io::{self, Write};

use zeekstd::SeekTable;

use super::frames::Frames;
use super::pending::{PIECE, Pending};
use super::texts::{Text, Texts};

/// Compresses texts into seekable zstd.
pub struct Compressor<W: Write> {
    out: W,
    pending: Pending,
    frames: Frames,
    index: SeekTable,
}

impl<W: Write> Compressor<W> {
    /// Begins to write into `out`.
    pub fn new(out: W) -> Self {
        Self {
            out,
            pending: Pending::default(),
            frames: Frames::default(),
            index: SeekTable::new(),
        }
    }

    /// Appends a text.
    ///
    /// # Errors
    ///
    /// The error of `out`; so in all other functions.
    #[inline]
    pub fn push(&mut self, text: Text, texts: &Texts) -> io::Result<()> {
        if text.length() > PIECE {
            return self.push_long(text, texts);
        }
        if !self.pending.has_room(text.length()) {
            self.write(texts)?;
        }
        self.pending.push(text);
        Ok(())
    }

    /// Appends bytes that no text has.
    pub fn push_bytes(&mut self, mut bytes: &[u8], texts: &Texts) -> io::Result<()> {
        loop {
            bytes = self.pending.push_bytes(bytes);
            if bytes.is_empty() {
                return Ok(());
            }
            self.write(texts)?;
        }
    }

    #[cold]
    fn push_long(&mut self, text: Text, texts: &Texts) -> io::Result<()> {
        let mut bytes = Vec::new();
        texts.write(text, &[], &mut bytes);
        self.push_bytes(&bytes, texts)
    }

    /// Writes the rest, and the index.
    pub fn finish(mut self, texts: &Texts) -> io::Result<()> {
        // A reader expects one frame at least.
        if self.pending.length() > 0 || self.index.num_frames() == 0 {
            self.write_frame(texts)?;
        }
        let mut index = self.index.into_serializer();
        let mut bytes = vec![0; index.encoded_len()];
        let length = index.write_into(&mut bytes);
        self.out.write_all(&bytes[..length])?;
        self.out.flush()
    }

    /// Writes what waits.
    pub fn write(&mut self, texts: &Texts) -> io::Result<()> {
        match self.pending.length() {
            0 => Ok(()),
            _ => self.write_frame(texts),
        }
    }

    #[inline(never)]
    fn write_frame(&mut self, texts: &Texts) -> io::Result<()> {
        let frame = self.frames.compress(&self.pending, texts)?;
        self.out.write_all(frame)?;
        let (size, length) = (frame.len() as u32, self.pending.length() as u32);
        self.pending.clear();
        self.index.log_frame(size, length).map_err(io::Error::other)
    }
}

#[cfg(test)]
mod tests {
    use std::io::{Cursor, Read};

    use proptest::collection::vec;
    use proptest::prelude::*;
    use runtime_tracing::{
        CallRecord, FunctionId, NONE_VALUE, PathId, ReturnRecord, TraceLowLevelEvent as Event,
    };

    use super::*;
    use crate::format::Format;

    /// Something to append.
    #[derive(Clone, Debug)]
    enum Piece {
        Call(u8),
        Step(u8, u32),
        /// A row of calls, again and again.
        Loop(Vec<u8>, u16),
        /// Bytes that compress well, or not at all.
        Bytes(u8, usize),
        Noise(u64, usize),
        /// A text of such bytes, so many times.
        Passing(Vec<u8>, u8),
        /// Such a text of bytes that do not compress, which may come in pieces.
        LongPassing(u64, usize),
        Forget,
    }

    fn pieces() -> impl Strategy<Value = Vec<Piece>> {
        let lengths =
            prop_oneof![8 => 1..300_usize, 1 => 60_000..70_000_usize, 1 => 1..2_500_000_usize];
        let piece = prop_oneof![
            30 => any::<u8>().prop_map(Piece::Call),
            30 => (any::<u8>(), any::<u32>()).prop_map(|(path, line)| Piece::Step(path, line)),
            10 => (0..4_u8, 0..600_u32).prop_map(|(path, line)| Piece::Step(path, line)),
            5 => (vec(any::<u8>(), 1..40), 0..2000_u16).prop_map(|(row, times)| Piece::Loop(row, times)),
            2 => (any::<u8>(), lengths.clone()).prop_map(|(byte, length)| Piece::Bytes(byte, length)),
            2 => (any::<u64>(), lengths).prop_map(|(seed, length)| Piece::Noise(seed, length)),
            5 => (vec(0..4_u8, 0..50), any::<u8>()).prop_map(|(text, times)| Piece::Passing(text, times)),
            2 => (any::<u64>(), 60_000..200_000_usize).prop_map(|(seed, length)| Piece::LongPassing(seed, length)),
            1 => Just(Piece::Forget),
        ];
        vec(piece, 0..200)
    }

    fn noise(seed: u64, length: usize) -> Vec<u8> {
        let mut state = seed;
        let mut next = || {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1);
            (state >> 56) as u8
        };
        (0..length).map(|_| next()).collect()
    }

    /// Appends pieces. Returns what was written, and what should be in it.
    fn write(pieces: &[Piece]) -> (Vec<u8>, Vec<u8>) {
        let (mut written, mut expected) = (Vec::new(), Vec::new());
        let mut texts = Texts::new(Format::Binary);
        let calls: Vec<_> = (0..=u8::MAX)
            .map(|number| {
                let function_id = FunctionId(usize::from(number) * 100);
                let args = Vec::new();
                texts.add(
                    &[
                        Event::Call(CallRecord { function_id, args }),
                        Event::Return(ReturnRecord {
                            return_value: NONE_VALUE,
                        }),
                    ][usize::from(number) % 2..],
                )
            })
            .collect();
        let mut compressor = Compressor::new(&mut written);
        for piece in pieces {
            let mut push = |text: Text, texts: &Texts| {
                compressor.push(text, texts).unwrap();
                texts.write(text, &[], &mut expected);
            };
            match piece {
                Piece::Call(number) => push(calls[usize::from(*number)], &texts),
                Piece::Step(path, line) => {
                    let text = texts.step(PathId((*path).into()), *line).unwrap();
                    push(text, &texts);
                }
                Piece::Loop(row, times) => {
                    for _ in 0..*times {
                        row.iter()
                            .for_each(|it| push(calls[usize::from(*it)], &texts));
                    }
                }
                Piece::Passing(bytes, times) => {
                    let text = texts.add_passing(bytes);
                    (0..*times).for_each(|_| push(text, &texts));
                }
                Piece::LongPassing(seed, length) => {
                    let text = texts.add_passing(&noise(*seed, *length));
                    push(text, &texts);
                }
                Piece::Forget => {
                    compressor.write(&texts).unwrap();
                    texts.forget();
                }
                Piece::Bytes(..) | Piece::Noise(..) => {
                    let bytes = match piece {
                        Piece::Noise(seed, length) => noise(*seed, *length),
                        Piece::Bytes(byte, length) => vec![*byte; *length],
                        _ => Vec::new(),
                    };
                    compressor.push_bytes(&bytes, &texts).unwrap();
                    expected.extend_from_slice(&bytes);
                }
            }
        }
        compressor.finish(&texts).unwrap();
        (written, expected)
    }

    fn decoded(written: &[u8]) -> Vec<u8> {
        let mut decoder = zeekstd::Decoder::new(Cursor::new(written)).unwrap();
        let mut bytes = Vec::new();
        decoder.read_to_end(&mut bytes).unwrap();
        bytes
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(32))]
        #[test]
        fn every_reader_gives_what_was_appended(pieces in pieces()) {
            let (written, expected) = write(&pieces);
            prop_assert!(decoded(&written) == expected);
        }
    }

    #[test]
    fn texts_that_are_too_short_to_be_copied_are_written() {
        let short = |length| [1, 2, 1].map(|times| Piece::Passing(vec![7; length], times));
        let pieces: Vec<_> = (0..8).flat_map(short).collect();
        let (written, expected) = write(&pieces);
        assert_eq!(decoded(&written), expected);
    }

    #[test]
    fn what_a_program_repeats_takes_no_room() {
        // As recursion does: each level is the one before, twice.
        let mut row = vec![7_u8];
        for level in 0..8 {
            row = [&[level][..], &row, &row].concat();
        }
        let (written, expected) = write(&[Piece::Loop(row, 100)]);
        assert_eq!(decoded(&written), expected);
        let ratio = expected.len() / written.len();
        assert!(ratio > 1000, "{ratio}");
    }
}
