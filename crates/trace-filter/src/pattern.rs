//! Patterns, as they travel between processes and as they are matched.

use std::borrow::Cow;
use std::sync::OnceLock;

use regex_lite::{Regex, RegexBuilder};
use serde::{Deserialize, Serialize};

/// The most that one compiled pattern may take, in bytes.
const MAX_COMPILED: usize = 1 << 20;

/// The deepest nesting that is compiled: that of the translation, which groups more than its source.
const MAX_NESTING: u32 = 1_000;

/// A pattern translated to plain comparisons and what they leave open.
///
/// A candidate matches when it begins with `prefix`, ends with `suffix`, contains `infix`, and the
/// expression, if any, is found in it. The first three cost next to nothing, and turn most
/// candidates away.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Pattern {
    pub(crate) prefix: String,
    pub(crate) suffix: String,
    pub(crate) infix: String,
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
    /// narrower than in `regex` (classes are spelt out, case folding is done).
    Expression(String),
}

/// Compiles a translated expression; `None` when it is too big.
fn compile(expression: &str) -> Option<Regex> {
    RegexBuilder::new(expression)
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
            Rest::Expression(expression) => compile(expression).is_some(),
            Rest::Nothing | Rest::Whole => true,
        }
    }
}

/// A text that patterns are compared with.
#[derive(Debug)]
pub(crate) struct Candidate<'a> {
    pub(crate) text: Cow<'a, str>,
    bytes: ByteSet,
}

impl<'a> Candidate<'a> {
    pub(crate) fn new(text: impl Into<Cow<'a, str>>) -> Self {
        let text = text.into();
        let bytes = ByteSet::of(&[&text]);
        Self { text, bytes }
    }
}

/// Which bytes occur in a text, each standing for the three others with the same low six bits.
///
/// Most candidates lack a letter of most patterns, and that shows in one instruction.
#[derive(Clone, Copy, Debug)]
struct ByteSet(u64);

impl ByteSet {
    fn of(texts: &[&str]) -> Self {
        let bytes = texts.iter().flat_map(|text| text.bytes());
        Self(bytes.fold(0, |set, byte| set | 1 << (byte & 63)))
    }

    fn is_within(self, other: Self) -> bool {
        self.0 & !other.0 == 0
    }
}

/// A pattern made ready: its expression is compiled when it is first needed.
#[derive(Debug)]
pub(crate) struct Matcher {
    pattern: Pattern,
    bytes: ByteSet,
    compiled: OnceLock<Option<Regex>>,
}

impl Matcher {
    pub(crate) fn new(pattern: Pattern) -> Self {
        Self {
            bytes: ByteSet::of(&[&pattern.prefix, &pattern.suffix, &pattern.infix]),
            pattern,
            compiled: OnceLock::new(),
        }
    }

    pub(crate) fn matches(&self, candidate: &Candidate<'_>) -> bool {
        let Pattern {
            prefix,
            suffix,
            infix,
            rest,
        } = &self.pattern;
        let text = &*candidate.text;
        if !self.bytes.is_within(candidate.bytes)
            || !text.starts_with(prefix.as_str())
            || !text.ends_with(suffix.as_str())
            || !(infix.is_empty() || text.contains(infix.as_str()))
        {
            return false;
        }
        match rest {
            Rest::Nothing => true,
            Rest::Whole => text.len() == prefix.len(),
            // (one that does not compile was refused when its file was read)
            Rest::Expression(expression) => self
                .compiled
                .get_or_init(|| compile(expression))
                .as_ref()
                .is_some_and(|regex| regex.is_match(text)),
        }
    }
}
