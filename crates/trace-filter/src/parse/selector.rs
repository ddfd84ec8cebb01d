//! Selectors, read from a filter file.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::ops::Range;
use std::sync::Arc;

use super::suggestion::one_of;
use crate::matching::TranslatedPattern;
use crate::rules::{MatchKind, Selector, SelectorKind};
use crate::translate::{self, PatternError};

/// The reason why a text is no selector.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct SelectorError {
    /// The fault, as a phrase.
    pub message: String,
    /// The advice, as sentences; may be empty.
    pub remedy: String,
    /// The bytes of the text that are at fault.
    pub span: Range<usize>,
}

impl Selector {
    /// Reads a selector whose kind is one of `kinds`: [`SelectorKind::SCOPES`] or
    /// [`SelectorKind::VALUES`].
    ///
    /// # Errors
    ///
    /// An unknown kind, no pattern, a pattern that cannot be compiled.
    pub fn parse(text: &str, kinds: &[SelectorKind]) -> Result<Self, SelectorError> {
        SelectorParser::default().parse(text, kinds)
    }
}

/// A parser of selectors that translates each pattern once: files often repeat one pattern for
/// several kinds of values.
#[derive(Debug, Default)]
pub(super) struct SelectorParser {
    translated: HashMap<(MatchKind, String), Arc<TranslatedPattern>>,
}

impl SelectorParser {
    pub(super) fn parse(
        &mut self,
        text: &str,
        kinds: &[SelectorKind],
    ) -> Result<Selector, SelectorError> {
        let (word, rest) = text.split_once(':').ok_or_else(|| no_kind(text, kinds))?;
        let kind = kinds
            .iter()
            .copied()
            .find(|kind| kind.word() == word)
            .ok_or_else(|| unknown_kind(word, kinds))?;
        let named = rest
            .split_once(':')
            .and_then(|(word, pattern)| Some((MatchKind::from_word(word)?, pattern)));
        let (match_kind, pattern) = named.unwrap_or((MatchKind::Glob, rest));
        let start = text.len() - pattern.len();
        if pattern.is_empty() {
            return Err(SelectorError {
                message: "the selector has no pattern".to_owned(),
                remedy: format!(
                    "Write one behind the colon, such as `{word}:{}`.",
                    example(kind)
                ),
                span: 0..text.len(),
            });
        }
        let translated = self.translate(match_kind, pattern);
        let translated = translated.map_err(|error| SelectorError {
            message: format!("bad {}: {}", match_kind.word(), error.message),
            remedy: error.remedy.to_owned(),
            span: start + error.start..start + error.end,
        })?;
        Ok(Selector::new(
            kind,
            match_kind,
            pattern.to_owned(),
            translated,
        ))
    }

    fn translate(
        &mut self,
        kind: MatchKind,
        text: &str,
    ) -> Result<Arc<TranslatedPattern>, PatternError> {
        match self.translated.entry((kind, text.to_owned())) {
            Entry::Occupied(known) => Ok(Arc::clone(known.get())),
            Entry::Vacant(entry) => {
                let pattern = match kind {
                    MatchKind::Literal => TranslatedPattern::literal(text),
                    MatchKind::Glob => translate::glob(text)?,
                    MatchKind::Regex => translate::regex(text)?,
                };
                Ok(Arc::clone(entry.insert(pattern.into())))
            }
        }
    }
}

fn example(kind: SelectorKind) -> &'static str {
    match kind {
        SelectorKind::Pkg => "botocore.*",
        SelectorKind::File => "src/**",
        SelectorKind::Obj => "app.main.*",
        SelectorKind::Value(_) => "*_secret",
    }
}

fn words(kinds: &[SelectorKind]) -> Vec<&'static str> {
    kinds.iter().map(|kind| kind.word()).collect()
}

fn no_kind(text: &str, kinds: &[SelectorKind]) -> SelectorError {
    SelectorError {
        message: "the selector does not say what it looks at".to_owned(),
        remedy: format!(
            "A selector is `kind:pattern` or `kind:match:pattern`. {}",
            one_of("The kind", &words(kinds), text)
        ),
        span: 0..text.len(),
    }
}

fn unknown_kind(word: &str, kinds: &[SelectorKind]) -> SelectorError {
    let elsewhere = [&SelectorKind::SCOPES[..], &SelectorKind::VALUES]
        .concat()
        .iter()
        .any(|kind| kind.word() == word);
    let message = match (elsewhere, kinds.contains(&SelectorKind::Pkg)) {
        (true, true) => format!("`{word}` selects values, not code"),
        (true, false) => format!("`{word}` selects code, not values"),
        (false, _) => format!("there is no selector kind `{word}`"),
    };
    let mut remedy = one_of("The kind", &words(kinds), word);
    if elsewhere && kinds.contains(&SelectorKind::Pkg) {
        remedy.push_str(" Selectors of values stand in `[[scope.rules.value_patterns]]`.");
    }
    SelectorError {
        message,
        remedy,
        span: 0..word.len(),
    }
}
