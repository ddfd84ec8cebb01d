//! Selectors: `kind[:match]:pattern`.

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::ValueKind;
use crate::pattern::Pattern;

/// What a selector looks at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum SelectorKind {
    /// The module's dotted name.
    Pkg,
    /// The file's path.
    File,
    /// `module.qualname`.
    Obj,
    /// The name of a value.
    Value(ValueKind),
}

/// How a selector's pattern is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum MatchKind {
    /// `*` and `?` within a path component, `**` across them; the whole text must match.
    Glob,
    /// Searched for anywhere in the text, unless anchored.
    Regex,
    /// The text itself.
    Literal,
}

/// What a rule applies to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Selector {
    kind: SelectorKind,
    match_kind: MatchKind,
    text: String,
    pattern: Arc<Pattern>,
}

impl SelectorKind {
    /// The kinds that select code.
    pub const SCOPES: [Self; 3] = [Self::Pkg, Self::File, Self::Obj];

    /// The kinds that select values.
    pub const VALUES: [Self; 5] = [
        Self::Value(ValueKind::Local),
        Self::Value(ValueKind::Global),
        Self::Value(ValueKind::Arg),
        Self::Value(ValueKind::Ret),
        Self::Value(ValueKind::Attr),
    ];

    /// The word in a selector.
    pub fn word(self) -> &'static str {
        match self {
            Self::Pkg => "pkg",
            Self::File => "file",
            Self::Obj => "obj",
            Self::Value(ValueKind::Local) => "local",
            Self::Value(ValueKind::Global) => "global",
            Self::Value(ValueKind::Arg) => "arg",
            Self::Value(ValueKind::Ret) => "ret",
            Self::Value(ValueKind::Attr) => "attr",
        }
    }
}

impl MatchKind {
    /// All of them, the default first.
    pub const ALL: [Self; 3] = [Self::Glob, Self::Regex, Self::Literal];

    /// The word in a selector.
    pub fn word(self) -> &'static str {
        match self {
            Self::Glob => "glob",
            Self::Regex => "regex",
            Self::Literal => "literal",
        }
    }

    fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.word() == word)
    }
}

impl Selector {
    /// What the selector looks at.
    pub fn kind(&self) -> SelectorKind {
        self.kind
    }

    /// How the pattern is read.
    pub fn match_kind(&self) -> MatchKind {
        self.match_kind
    }

    /// The pattern as it was written.
    pub fn text(&self) -> &str {
        &self.text
    }

    pub(crate) fn pattern(&self) -> &Arc<Pattern> {
        &self.pattern
    }
}

/// The shortest spelling: `glob` is written only where the pattern would be misread without it.
impl fmt::Display for Selector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.kind.word())?;
        let misread = self
            .text
            .split_once(':')
            .is_some_and(|(word, _)| MatchKind::from_word(word).is_some());
        if self.match_kind != MatchKind::Glob || misread {
            write!(f, ":{}", self.match_kind.word())?;
        }
        write!(f, ":{}", self.text)
    }
}

#[cfg(feature = "parse")]
pub use reading::SelectorError;
#[cfg(feature = "parse")]
pub(crate) use reading::Translations;

#[cfg(feature = "parse")]
mod reading {
    use std::collections::HashMap;
    use std::collections::hash_map::Entry;
    use std::fmt;
    use std::ops::Range;
    use std::sync::Arc;

    use super::{MatchKind, Selector, SelectorKind};
    use crate::error::one_of;
    use crate::pattern::Pattern;
    use crate::{glob, regex};

    /// Why a text is no selector.
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub struct SelectorError {
        /// What is wrong, as a phrase.
        pub message: String,
        /// What to write instead, as sentences; may be empty.
        pub remedy: String,
        /// The bytes of the text that are at fault.
        pub span: Range<usize>,
    }

    /// Patterns that were translated before, as they were written.
    #[derive(Debug, Default)]
    pub(crate) struct Translations(HashMap<(MatchKind, String), Arc<Pattern>>);

    impl Translations {
        fn get<E>(
            &mut self,
            kind: MatchKind,
            text: &str,
            translate: impl FnOnce() -> Result<Pattern, E>,
        ) -> Result<Arc<Pattern>, E> {
            match self.0.entry((kind, text.to_owned())) {
                Entry::Occupied(known) => Ok(Arc::clone(known.get())),
                Entry::Vacant(place) => translate().map(|it| Arc::clone(place.insert(it.into()))),
            }
        }
    }

    impl fmt::Display for SelectorError {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str(&self.message)
        }
    }

    impl std::error::Error for SelectorError {}

    impl Selector {
        /// Reads a selector whose kind is one of `kinds`: [`SelectorKind::SCOPES`] or
        /// [`SelectorKind::VALUES`].
        ///
        /// # Errors
        ///
        /// An unknown kind, no pattern, a pattern that cannot be compiled.
        pub fn parse(text: &str, kinds: &[SelectorKind]) -> Result<Self, SelectorError> {
            Self::parse_knowing(text, kinds, &mut Translations::default())
        }

        /// The same, where patterns were translated before: files say one about several kinds of
        /// values.
        pub(crate) fn parse_knowing(
            text: &str,
            kinds: &[SelectorKind],
            known: &mut Translations,
        ) -> Result<Self, SelectorError> {
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
            let translated = known.get(match_kind, pattern, || match match_kind {
                MatchKind::Literal => Ok(Pattern::literal(pattern)),
                MatchKind::Glob => glob::translate(pattern),
                MatchKind::Regex => regex::translate(pattern),
            });
            let translated = translated.map_err(|error| SelectorError {
                message: format!("bad {}: {}", match_kind.word(), error.message),
                remedy: error.remedy.to_owned(),
                span: start + error.start..start + error.end,
            })?;
            Ok(Self {
                kind,
                match_kind,
                text: pattern.to_owned(),
                pattern: translated,
            })
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
}
