//! The frames of zstd in which texts are compressed.

use std::io;

use super::pending::Pending;
use super::repeats::Repeats;
use super::texts::Texts;
use super::zstd::{ByteCompressor, SequenceCompressor};

/// The ratio of events to their frame from which on nothing else is tried.
const GOOD_RATIO: usize = 256;
/// The number of frames for which a decision holds.
const DECIDED: u32 = 16;

/// Compresses texts, each time into a frame of its own.
///
/// It is done by the texts that repeat, or by the bytes. The first takes a fraction of the time, and is smaller where a
/// program does the same again and again. Where that is in doubt both are tried, and the better one is kept for some frames.
#[derive(Default)]
pub struct Frames {
    repeats: Option<Box<Repeats>>,
    by_repeats: SequenceCompressor,
    as_bytes: ByteCompressor,
    decision: Option<Decision>,
    /// The bytes of the texts, kept for their room.
    bytes: Vec<u8>,
}

#[derive(Clone, Copy)]
struct Decision {
    way: Way,
    /// The number of frames that it still holds for.
    left: u32,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Way {
    Repeats,
    Bytes,
}

impl Frames {
    /// Returns texts as a frame.
    ///
    /// # Errors
    ///
    /// When there is no memory for it.
    pub fn compress(&mut self, pending: &Pending, texts: &Texts) -> io::Result<&[u8]> {
        let decided = self.decided();
        let mut by_repeats = None;
        if decided != Some(Way::Bytes) && self.compress_repeats(pending, texts)? {
            let size = self.by_repeats.frame().len();
            if decided.is_some() || size <= pending.length() / GOOD_RATIO {
                return Ok(self.by_repeats.frame());
            }
            by_repeats = Some(size);
        }
        self.compress_bytes(pending, texts)?;
        if decided.is_none() {
            let size = self.as_bytes.frame().len();
            // The next frames are not quite like this one.
            let is_smaller = by_repeats.is_some_and(|it| it <= size - size / 16);
            let way = if is_smaller { Way::Repeats } else { Way::Bytes };
            let left = DECIDED;
            self.decision = Some(Decision { way, left });
            if is_smaller {
                return Ok(self.by_repeats.frame());
            }
        }
        Ok(self.as_bytes.frame())
    }

    /// Returns what is decided for the next frame.
    fn decided(&mut self) -> Option<Way> {
        let decision = self.decision?;
        let left = decision.left - 1;
        self.decision = (left > 0).then_some(Decision { left, ..decision });
        Some(decision.way)
    }

    /// Returns `false` where that is not possible.
    fn compress_repeats(&mut self, pending: &Pending, texts: &Texts) -> io::Result<bool> {
        let repeats = self.repeats.get_or_insert_default();
        let Some((sequences, literals)) = repeats.find(pending, texts) else {
            return Ok(false);
        };
        let length = pending.length();
        self.by_repeats.compress(sequences, literals, length)
    }

    fn compress_bytes(&mut self, pending: &Pending, texts: &Texts) -> io::Result<()> {
        self.bytes.clear();
        for text in pending.texts() {
            pending.write(*text, texts, &mut self.bytes);
        }
        self.as_bytes.compress(&self.bytes)
    }
}

#[cfg(test)]
mod tests {
    use runtime_tracing::{CallRecord, FunctionId, TraceLowLevelEvent as Event};

    use super::*;
    use crate::format::Format;

    fn random() -> impl Iterator<Item = u8> {
        let mut state = 1_u64;
        std::iter::repeat_with(move || {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1);
            (state >> 56) as u8
        })
    }

    /// Returns the sizes of the frame, and of the frame of the bytes.
    fn sizes(pending: &Pending, texts: &Texts) -> (usize, usize) {
        let mut frames = Frames::default();
        let chosen = frames.compress(pending, texts).unwrap().len();
        frames.compress_bytes(pending, texts).unwrap();
        (chosen, frames.as_bytes.frame().len())
    }

    #[test]
    fn rows_of_calls_are_compressed_by_texts_and_calls_in_any_order_by_bytes() {
        let mut texts = Texts::new(Format::Binary);
        let calls: Vec<_> = (0..=255)
            .map(|number| {
                texts.add(&[Event::Call(CallRecord {
                    function_id: FunctionId(number),
                    args: Vec::new(),
                })])
            })
            .collect();
        let mut pending = Pending::default();
        for first in random().take(3_000) {
            for number in 0..8 {
                pending.push(calls[usize::from(first.wrapping_mul(number))]);
            }
        }
        let (chosen, as_bytes) = sizes(&pending, &texts);
        assert!(chosen < as_bytes, "{chosen} of {as_bytes}");

        pending.clear();
        for number in random().take(30_000) {
            pending.push(calls[usize::from(number)]);
        }
        let (chosen, as_bytes) = sizes(&pending, &texts);
        assert_eq!(chosen, as_bytes);
    }
}
