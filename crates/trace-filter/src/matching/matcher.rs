//! The comparison of patterns with texts.

use std::sync::{Arc, OnceLock};

use regex_lite::Regex;

use super::candidate::{ByteSet, CandidateText, Outline};
use super::pattern::{PatternRest, TranslatedPattern, compile};
use super::word_ranges::{ASCII_WORD_RANGES, WORD_RANGES};

/// A pattern that is ready to be compared.
///
/// Rules are asked in a row, by the hundred. So the part that turns most candidates away is small and
/// close together, and everything else is behind a pointer.
#[derive(Debug)]
pub(crate) struct Matcher {
    /// The bytes of the prefix, the suffix and the infix.
    bytes: ByteSet,
    /// The same and the bytes that all words have, for candidates in ASCII.
    bytes_in_ascii: ByteSet,
    has_prefix: bool,
    comparison: Box<CompiledPattern>,
}

#[derive(Debug)]
struct CompiledPattern {
    pattern: Arc<TranslatedPattern>,
    words: Vec<ByteSet>,
    /// The expression for candidates in ASCII, in which `\w` is short, and the one for all others.
    /// Each is compiled when it is first needed.
    compiled: [OnceLock<Option<Regex>>; 2],
}

impl Matcher {
    pub(crate) fn new(pattern: &Arc<TranslatedPattern>) -> Self {
        let bytes = ByteSet::of(&[&pattern.prefix, &pattern.suffix, &pattern.infix]);
        let words: Vec<_> = pattern.words.iter().map(|it| ByteSet::of(&[it])).collect();
        let in_all_words = words.iter().copied().reduce(ByteSet::in_both);
        Self {
            bytes,
            bytes_in_ascii: bytes.and(in_all_words.unwrap_or_default()),
            has_prefix: !pattern.prefix.is_empty(),
            comparison: Box::new(CompiledPattern {
                pattern: Arc::clone(pattern),
                words,
                compiled: Default::default(),
            }),
        }
    }

    /// Returns the beginning that every match has; `None` for anything.
    pub(crate) fn prefix(&self) -> Option<&str> {
        self.has_prefix.then(|| &*self.comparison.pattern.prefix)
    }

    /// Returns whether a candidate with this outline can match, or one of several.
    pub(crate) fn may_match(&self, outline: Outline) -> bool {
        let needed = if outline.is_ascii {
            self.bytes_in_ascii
        } else {
            self.bytes
        };
        needed.is_within(outline.bytes)
    }

    pub(crate) fn matches(&self, candidate: &CandidateText<'_>) -> bool {
        self.may_match(candidate.outline) && self.comparison.holds(candidate)
    }
}

impl CompiledPattern {
    fn holds(&self, candidate: &CandidateText<'_>) -> bool {
        let TranslatedPattern {
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
            PatternRest::Nothing => true,
            PatternRest::Whole => text.len() == prefix.len(),
            PatternRest::Expression(expression) => self.is_found(expression, candidate),
        }
    }

    fn may_have_a_word(&self, candidate: &CandidateText<'_>) -> bool {
        let Outline { bytes, is_ascii } = candidate.outline;
        if self.words.is_empty() || !is_ascii {
            return true;
        }
        let mut words = self.pattern.words.iter().zip(&self.words);
        words.any(|(word, of_word)| of_word.is_within(bytes) && candidate.has(word))
    }

    fn is_found(&self, expression: &str, candidate: &CandidateText<'_>) -> bool {
        let [in_ascii, in_all] = &self.compiled;
        let (compiled, word_ranges) = if candidate.outline.is_ascii {
            (in_ascii, ASCII_WORD_RANGES)
        } else {
            (in_all, WORD_RANGES)
        };
        // An expression that does not compile was refused when its file was read.
        let regex = compiled.get_or_init(|| compile(expression, word_ranges));
        regex
            .as_ref()
            .is_some_and(|regex| regex.is_match(&candidate.text))
    }
}
