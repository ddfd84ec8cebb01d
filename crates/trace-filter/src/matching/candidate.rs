//! Texts that patterns are compared with.

use std::borrow::Cow;
use std::cell::OnceCell;

/// A text that patterns are compared with.
#[derive(Debug)]
pub(crate) struct CandidateText<'a> {
    pub(crate) text: Cow<'a, str>,
    pub(crate) outline: Outline,
    /// The text in small letters, as far as it is ASCII.
    folded: OnceCell<String>,
}

impl<'a> CandidateText<'a> {
    pub(crate) fn new(text: impl Into<Cow<'a, str>>) -> Self {
        let text = text.into();
        Self {
            outline: Outline::of(&[&text]),
            text,
            folded: OnceCell::new(),
        }
    }

    /// Returns whether the text contains a word in small letters, letters' case aside.
    pub(super) fn has(&self, word: &str) -> bool {
        let folded = self.folded.get_or_init(|| self.text.to_ascii_lowercase());
        folded.contains(word)
    }
}

/// The features of one or more texts that turn most patterns away without a comparison.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Outline {
    pub(super) bytes: ByteSet,
    /// All the texts are ASCII.
    pub(super) is_ascii: bool,
}

impl Outline {
    /// Outlines one candidate, which is these texts put together.
    pub(crate) fn of(texts: &[&str]) -> Self {
        Self {
            bytes: ByteSet::of(texts),
            is_ascii: texts.iter().all(|text| text.is_ascii()),
        }
    }

    /// Combines the outlines of several candidates, any of which may match.
    pub(crate) fn of_all(outlines: impl IntoIterator<Item = Self>) -> Self {
        let and = |one: Self, other: Self| Self {
            bytes: one.bytes.and(other.bytes),
            is_ascii: one.is_ascii && other.is_ascii,
        };
        outlines.into_iter().fold(Self::of(&[]), and)
    }
}

/// The set of bytes in a text, letters' case aside. Each stands for the three others with the same
/// low six bits, too.
///
/// Most candidates lack a letter of most patterns, which one instruction finds out.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct ByteSet(u64);

impl ByteSet {
    pub(super) fn of(texts: &[&str]) -> Self {
        let bytes = texts.iter().flat_map(|text| text.bytes());
        // Capital letters differ from digits in the low six bits; small letters do not.
        let bit = |byte: u8| 1 << (byte.to_ascii_uppercase() & 63);
        Self(bytes.fold(0, |set, byte| set | bit(byte)))
    }

    pub(super) fn and(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    pub(super) fn in_both(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    pub(super) fn is_within(self, other: Self) -> bool {
        self.0 & !other.0 == 0
    }
}
