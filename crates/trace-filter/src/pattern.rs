//! Patterns, as they travel between processes and as they are matched.

use std::borrow::Cow;
use std::cell::OnceCell;
use std::sync::{Arc, OnceLock};

use regex_lite::{Regex, RegexBuilder};
use serde::{Deserialize, Serialize};

use crate::word_ranges::{ASCII_WORD_RANGES, WORD_RANGES};

/// The most that one compiled pattern may take, in bytes.
pub(crate) const MAX_COMPILED: usize = 1 << 20;

/// The deepest nesting that is compiled: that of the translation, which groups more than its source.
const MAX_NESTING: u32 = 1_000;

/// A pattern translated to plain comparisons and what they leave open.
///
/// A candidate matches when it begins with `prefix`, ends with `suffix`, contains `infix` and one of
/// the `words`, and the expression, if any, is found in it. All but the last cost next to nothing,
/// and turn most candidates away.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Pattern {
    pub(crate) prefix: String,
    pub(crate) suffix: String,
    pub(crate) infix: String,
    /// What every match in ASCII has one of, in small letters and compared so; empty for anything.
    /// Other candidates are not turned away by it.
    pub(crate) words: Vec<String>,
    pub(crate) rest: Rest,
}

/// What is to be asked once the comparisons have passed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Rest {
    /// Nothing: the comparisons say it all.
    #[default]
    Nothing,
    /// Whether the prefix is the whole candidate.
    Whole,
    /// An expression in the syntax of `regex-lite`, without anything whose meaning there is
    /// narrower than in `regex` (classes are spelt out, case folding is done). [`WORD`] stands for
    /// the characters of words.
    Expression(String),
}

/// Stands in the classes of an expression for the ranges of `\w`, which are too long to be spelt out
/// each time. Nothing else is written with these characters.
pub(crate) const WORD: &str = "<w>";

/// Compiles a translated expression; `None` when it is too big.
fn compile(expression: &str, word_ranges: &str) -> Option<Regex> {
    let expression = expression.replace(WORD, word_ranges);
    RegexBuilder::new(&expression)
        .size_limit(MAX_COMPILED)
        .nest_limit(MAX_NESTING)
        .build()
        .ok()
}

#[cfg(feature = "parse")]
impl Pattern {
    /// The pattern that matches `text` alone.
    pub(crate) fn literal(text: impl Into<String>) -> Self {
        Self {
            prefix: text.into(),
            rest: Rest::Whole,
            ..Self::default()
        }
    }

    /// Whether the pattern stays below the limits of what is compiled.
    pub(crate) fn fits(&self) -> bool {
        match &self.rest {
            Rest::Expression(expression) => compile(expression, WORD_RANGES).is_some(),
            Rest::Nothing | Rest::Whole => true,
        }
    }
}

/// A text that patterns are compared with.
#[derive(Debug)]
pub(crate) struct Candidate<'a> {
    pub(crate) text: Cow<'a, str>,
    pub(crate) outline: Outline,
    /// The text in small letters, as far as it is ASCII.
    folded: OnceCell<String>,
}

impl<'a> Candidate<'a> {
    pub(crate) fn new(text: impl Into<Cow<'a, str>>) -> Self {
        let text = text.into();
        Self {
            outline: Outline::of(&[&text]),
            text,
            folded: OnceCell::new(),
        }
    }

    /// Whether a word in small letters is in the text, letters' case aside.
    fn has(&self, word: &str) -> bool {
        let folded = self.folded.get_or_init(|| self.text.to_ascii_lowercase());
        folded.contains(word)
    }
}

/// What shows of candidates without comparing them: enough to turn most away.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Outline {
    bytes: ByteSet,
    /// Whether all of them are in ASCII.
    is_ascii: bool,
}

impl Outline {
    /// That of a candidate, which is these texts put together.
    pub(crate) fn of(texts: &[&str]) -> Self {
        Self {
            bytes: ByteSet::of(texts),
            is_ascii: texts.iter().all(|text| text.is_ascii()),
        }
    }

    /// That of several candidates, of which one may match.
    pub(crate) fn of_all(outlines: impl IntoIterator<Item = Self>) -> Self {
        let and = |one: Self, other: Self| Self {
            bytes: one.bytes.and(other.bytes),
            is_ascii: one.is_ascii && other.is_ascii,
        };
        outlines.into_iter().fold(Self::of(&[]), and)
    }
}

/// Which bytes occur in a text, letters' case aside, each standing for the three others with the
/// same low six bits.
///
/// Most candidates lack a letter of most patterns, and that shows in one instruction.
#[derive(Clone, Copy, Debug, Default)]
struct ByteSet(u64);

impl ByteSet {
    fn of(texts: &[&str]) -> Self {
        let bytes = texts.iter().flat_map(|text| text.bytes());
        // (in capitals, letters and digits differ in those bits)
        let bit = |byte: u8| 1 << (byte.to_ascii_uppercase() & 63);
        Self(bytes.fold(0, |set, byte| set | bit(byte)))
    }

    fn and(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    fn in_both(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    fn is_within(self, other: Self) -> bool {
        self.0 & !other.0 == 0
    }
}

/// A pattern made ready.
///
/// Rules are asked in a row, by the hundred, so that what turns most candidates away is small and at
/// hand, and all else is elsewhere.
#[derive(Debug)]
pub(crate) struct Matcher {
    /// Of the prefix, the suffix and the infix.
    bytes: ByteSet,
    /// The same and what all words have, for candidates in ASCII.
    bytes_in_ascii: ByteSet,
    has_prefix: bool,
    comparison: Box<Comparison>,
}

#[derive(Debug)]
struct Comparison {
    pattern: Arc<Pattern>,
    words: Vec<ByteSet>,
    /// The expression for candidates in ASCII, in which `\w` is short, and for all others. Compiled
    /// when it is first needed.
    compiled: [OnceLock<Option<Regex>>; 2],
}

impl Matcher {
    pub(crate) fn new(pattern: &Arc<Pattern>) -> Self {
        let bytes = ByteSet::of(&[&pattern.prefix, &pattern.suffix, &pattern.infix]);
        let words: Vec<_> = pattern.words.iter().map(|it| ByteSet::of(&[it])).collect();
        let in_all_words = words.iter().copied().reduce(ByteSet::in_both);
        Self {
            bytes,
            bytes_in_ascii: bytes.and(in_all_words.unwrap_or_default()),
            has_prefix: !pattern.prefix.is_empty(),
            comparison: Box::new(Comparison {
                pattern: Arc::clone(pattern),
                words,
                compiled: Default::default(),
            }),
        }
    }

    /// What every candidate that matches begins with; `None` for anything.
    pub(crate) fn prefix(&self) -> Option<&str> {
        self.has_prefix.then(|| &*self.comparison.pattern.prefix)
    }

    /// Whether a candidate that looks so can match, or one of several that do.
    pub(crate) fn may_match(&self, outline: Outline) -> bool {
        let needed = if outline.is_ascii {
            self.bytes_in_ascii
        } else {
            self.bytes
        };
        needed.is_within(outline.bytes)
    }

    pub(crate) fn matches(&self, candidate: &Candidate<'_>) -> bool {
        self.may_match(candidate.outline) && self.comparison.holds(candidate)
    }
}

impl Comparison {
    fn holds(&self, candidate: &Candidate<'_>) -> bool {
        let Pattern {
            prefix,
            suffix,
            infix,
            words: _,
            rest,
        } = &*self.pattern;
        let text = &*candidate.text;
        if !text.starts_with(prefix.as_str())
            || !text.ends_with(suffix.as_str())
            || !(infix.is_empty() || text.contains(infix.as_str()))
            || !self.may_have_a_word(candidate)
        {
            return false;
        }
        match rest {
            Rest::Nothing => true,
            Rest::Whole => text.len() == prefix.len(),
            Rest::Expression(expression) => self.is_found(expression, candidate),
        }
    }

    fn may_have_a_word(&self, candidate: &Candidate<'_>) -> bool {
        let Outline { bytes, is_ascii } = candidate.outline;
        if self.words.is_empty() || !is_ascii {
            return true;
        }
        let mut words = self.pattern.words.iter().zip(&self.words);
        words.any(|(word, of_word)| of_word.is_within(bytes) && candidate.has(word))
    }

    fn is_found(&self, expression: &str, candidate: &Candidate<'_>) -> bool {
        let [in_ascii, in_all] = &self.compiled;
        let (compiled, word_ranges) = if candidate.outline.is_ascii {
            (in_ascii, ASCII_WORD_RANGES)
        } else {
            (in_all, WORD_RANGES)
        };
        // (one that does not compile was refused when its file was read)
        let regex = compiled.get_or_init(|| compile(expression, word_ranges));
        regex
            .as_ref()
            .is_some_and(|regex| regex.is_match(&candidate.text))
    }
}
