//! Selectors, read from a filter file.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::ops::Range;
use std::path::Path;
use std::sync::Arc;

use super::file_pattern::{FilePatternError, FilterRoot};
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
    /// [`SelectorKind::VALUES`]. It may name any file.
    ///
    /// # Errors
    ///
    /// An unknown kind, no pattern, a pattern that cannot be compiled.
    pub fn parse(text: &str, kinds: &[SelectorKind]) -> Result<Self, SelectorError> {
        SelectorParser::new(FilterRoot::at(Path::new("/"))).parse(text, kinds)
    }
}

/// A parser of selectors that translates each pattern once: files often repeat one pattern for
/// several kinds of values.
#[derive(Debug)]
pub(super) struct SelectorParser {
    /// The folder whose files may be selected.
    root: FilterRoot,
    translated: HashMap<(MatchKind, String), Arc<TranslatedPattern>>,
}

impl SelectorParser {
    pub(super) fn new(root: FilterRoot) -> Self {
        Self {
            root,
            translated: HashMap::new(),
        }
    }

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
        let (match_kind, pattern) = match rest.split_once(':') {
            None => (MatchKind::Glob, rest),
            Some((how, pattern)) => {
                let start = word.len() + 1;
                let found = MatchKind::from_word(how);
                let unknown = || unknown_match(word, how, rest, start..start + how.len());
                (found.ok_or_else(unknown)?, pattern)
            }
        };
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
        let bad = |error: PatternError| SelectorError {
            message: format!("bad {}: {}", match_kind.word(), error.message),
            remedy: error.remedy.to_owned(),
            span: start + error.start..start + error.end,
        };
        let mut translated = translated.map_err(bad)?;
        if kind == SelectorKind::File && match_kind != MatchKind::Regex {
            let path = self.root.normalize(pattern);
            let path = path.map_err(|error| self.no_file(error, pattern, start))?;
            if path != pattern {
                // A component that was left out may have been a part of a brace.
                let whole = |error| PatternError {
                    start: 0,
                    end: pattern.len(),
                    ..error
                };
                let again = self.translate(match_kind, &path).map_err(whole);
                translated = again.map_err(bad)?;
            }
        }
        Ok(Selector::new(
            kind,
            match_kind,
            pattern.to_owned(),
            translated,
        ))
    }

    /// Refuses a pattern that names no file of the filter's root.
    fn no_file(&self, error: FilePatternError, pattern: &str, start: usize) -> SelectorError {
        let root = self.root.folder().display();
        let (message, remedy) = match error {
            FilePatternError::Root => (
                format!("`{pattern}` is a folder, the filter's root"),
                "All files below it are `**`.".to_owned(),
            ),
            FilePatternError::Outside => (
                format!("`{pattern}` is outside of the filter's root, {root}"),
                "A pattern that begins with `**/` selects files in any folder, and an expression \
                 (`file:regex:…`) is compared with whole paths, too."
                    .to_owned(),
            ),
        };
        SelectorError {
            message,
            remedy,
            span: start..start + pattern.len(),
        }
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

/// Refuses a word that stands where a kind of match is expected.
fn unknown_match(kind: &str, word: &str, rest: &str, span: Range<usize>) -> SelectorError {
    let words = MatchKind::ALL.map(MatchKind::word);
    SelectorError {
        message: format!("there is no kind of match `{word}`"),
        remedy: format!(
            "{} A pattern with a colon needs one: `{kind}:glob:{rest}`.",
            one_of("The match", &words, word)
        ),
        span,
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
