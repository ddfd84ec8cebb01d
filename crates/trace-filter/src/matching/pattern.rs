//! Patterns, as they travel between processes, and the compilation of what is left of them.

use regex_lite::{Regex, RegexBuilder};
use serde::{Deserialize, Serialize};

#[cfg(feature = "parse")]
use super::word_ranges::WORD_RANGES;

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
pub(crate) struct TranslatedPattern {
    pub(crate) prefix: String,
    pub(crate) suffix: String,
    pub(crate) infix: String,
    /// Words in small letters, of which each match in ASCII contains one, letters' case aside. Empty
    /// for anything. Candidates that are not ASCII are not turned away by them.
    pub(crate) words: Vec<String>,
    pub(crate) rest: PatternRest,
}

/// The question that is left once the comparisons have passed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum PatternRest {
    /// No question: the comparisons say it all.
    #[default]
    Nothing,
    /// The prefix has to be the whole candidate.
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
pub(super) fn compile(expression: &str, word_ranges: &str) -> Option<Regex> {
    let expression = expression.replace(WORD, word_ranges);
    RegexBuilder::new(&expression)
        .size_limit(MAX_COMPILED)
        .nest_limit(MAX_NESTING)
        .build()
        .ok()
}

#[cfg(feature = "parse")]
impl TranslatedPattern {
    /// Returns the pattern that matches `text` alone.
    pub(crate) fn literal(text: impl Into<String>) -> Self {
        Self {
            prefix: text.into(),
            rest: PatternRest::Whole,
            ..Self::default()
        }
    }

    /// Returns whether the pattern stays below the limits of what is compiled.
    pub(crate) fn fits(&self) -> bool {
        match &self.rest {
            PatternRest::Expression(expression) => compile(expression, WORD_RANGES).is_some(),
            PatternRest::Nothing | PatternRest::Whole => true,
        }
    }
}
