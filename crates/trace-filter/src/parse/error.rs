//! The error of a filter that cannot be used.

use std::fmt;
use std::ops::Range;

use super::excerpt::Excerpt;

/// The reason why a filter cannot be used: where, what, and what to do about it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub struct FilterError {
    path: String,
    excerpt: Option<Box<Excerpt>>,
    message: String,
    remedy: String,
}

impl FilterError {
    /// Refuses a file as a whole.
    pub(super) fn new(
        path: impl Into<String>,
        message: impl Into<String>,
        remedy: impl Into<String>,
    ) -> Self {
        Self {
            path: path.into(),
            excerpt: None,
            message: message.into(),
            remedy: remedy.into(),
        }
    }

    /// Points at the bytes of a file's text that are at fault.
    pub(super) fn at(mut self, text: &str, span: Range<usize>) -> Self {
        self.excerpt = Some(Box::new(Excerpt::new(text, span)));
        self
    }

    /// Returns the path of the file, or what was given in its place.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// Returns line and column, both from 1, the column in characters.
    pub fn position(&self) -> Option<(usize, usize)> {
        self.excerpt.as_ref().map(|excerpt| excerpt.position())
    }

    /// Returns what is wrong, as a phrase.
    pub fn message(&self) -> &str {
        &self.message
    }

    /// Returns what to do about it, as sentences; may be empty.
    pub fn remedy(&self) -> &str {
        &self.remedy
    }
}

impl fmt::Display for FilterError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.path)?;
        if let Some((line, column)) = self.position() {
            write!(f, ":{line}:{column}")?;
        }
        write!(f, ": {}", self.message)?;
        if let Some(excerpt) = &self.excerpt {
            excerpt.fmt(f)?;
        }
        if !self.remedy.is_empty() {
            write!(f, "\n{}", self.remedy)?;
        }
        Ok(())
    }
}
