//! Selectors: `kind[:match]:pattern`.

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::action::ValueKind;
use crate::matching::TranslatedPattern;

/// The name or path that a selector is compared with.
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

/// The way in which a selector's pattern is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum MatchKind {
    /// `*` and `?` within a path component, `**` across them; the whole text must match.
    Glob,
    /// An expression that is searched for anywhere in the text, unless anchored.
    Regex,
    /// The text itself.
    Literal,
}

/// The code or the values that a rule applies to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Selector {
    kind: SelectorKind,
    match_kind: MatchKind,
    text: String,
    pattern: Arc<TranslatedPattern>,
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

    /// Returns the word in a selector.
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
    /// All kinds, the default first.
    pub const ALL: [Self; 3] = [Self::Glob, Self::Regex, Self::Literal];

    /// Returns the word in a selector.
    pub fn word(self) -> &'static str {
        match self {
            Self::Glob => "glob",
            Self::Regex => "regex",
            Self::Literal => "literal",
        }
    }

    /// Returns the kind that a word in a selector names.
    #[cfg(feature = "parse")]
    pub(crate) fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.word() == word)
    }
}

impl Selector {
    /// Puts a selector together whose pattern was translated.
    #[cfg(feature = "parse")]
    pub(crate) fn new(
        kind: SelectorKind,
        match_kind: MatchKind,
        text: String,
        pattern: Arc<TranslatedPattern>,
    ) -> Self {
        Self {
            kind,
            match_kind,
            text,
            pattern,
        }
    }

    /// Returns the kind of name or path that the selector is compared with.
    pub fn kind(&self) -> SelectorKind {
        self.kind
    }

    /// Returns the way in which the pattern is read.
    pub fn match_kind(&self) -> MatchKind {
        self.match_kind
    }

    /// Returns the pattern as it was written.
    pub fn text(&self) -> &str {
        &self.text
    }

    pub(crate) fn pattern(&self) -> &Arc<TranslatedPattern> {
        &self.pattern
    }
}

/// Writes the shortest spelling: `glob` stands only where the pattern would be misread without it.
impl fmt::Display for Selector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.kind.word())?;
        let misread = self.text.contains(':');
        if self.match_kind != MatchKind::Glob || misread {
            write!(f, ":{}", self.match_kind.word())?;
        }
        write!(f, ":{}", self.text)
    }
}
