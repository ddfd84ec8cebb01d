//! What is wrong with a filter, told to a person.

use std::fmt::{self, Write};
use std::ops::Range;

use crate::width::Widths;

/// The longest part of a line that is shown, in characters.
const WIDTH: usize = 120;

/// Why a filter cannot be used: where, what, and what to do about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FilterError {
    path: String,
    place: Option<Box<Place>>,
    message: String,
    remedy: String,
}

/// A place in a file, with the line as it is shown.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Place {
    line: usize,
    column: usize,
    shown: String,
    underline: String,
}

impl FilterError {
    /// Something is wrong with a file as a whole.
    pub(crate) fn new(
        path: impl Into<String>,
        message: impl Into<String>,
        remedy: impl Into<String>,
    ) -> Self {
        Self {
            path: path.into(),
            place: None,
            message: message.into(),
            remedy: remedy.into(),
        }
    }

    /// Something is wrong with some bytes of a file's text.
    pub(crate) fn at(mut self, text: &str, span: Range<usize>) -> Self {
        self.place = Some(Box::new(Place::new(text, span)));
        self
    }

    /// The file, or what was given in its place.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// Line and column, both from 1, the column in characters.
    pub fn position(&self) -> Option<(usize, usize)> {
        self.place.as_ref().map(|place| (place.line, place.column))
    }

    /// What is wrong, as a phrase.
    pub fn message(&self) -> &str {
        &self.message
    }

    /// What to do about it, as sentences; may be empty.
    pub fn remedy(&self) -> &str {
        &self.remedy
    }
}

impl Place {
    fn new(text: &str, span: Range<usize>) -> Self {
        let start = floor(text, span.start);
        let end = floor(text, span.end).max(start);
        let line_start = text[..start].rfind('\n').map_or(0, |at| at + 1);
        let line_end = text[start..].find('\n').map_or(text.len(), |at| start + at);
        let before = text[line_start..start].chars().count();
        let marked = text[start..end.min(line_end)].chars().count();

        // A long line is cut to what surrounds the fault.
        let skipped = before.saturating_sub(WIDTH / 2);
        let line = text[line_start..line_end].trim_end_matches('\r');
        let mut shown = String::new();
        let mut underline = String::new();
        if skipped > 0 {
            shown.push('…');
            underline.push(' ');
        }
        let total = line.chars().count();
        let widths = Widths::new();
        let marks = before..before + marked;
        for (index, character) in line.chars().enumerate().skip(skipped).take(WIDTH) {
            let safe = character == '\t' || !character.is_control();
            shown.push(if safe { character } else { '\u{fffd}' });
            let width = if safe { widths.of(character) } else { 1 };
            if character == '\t' && index < before {
                underline.push('\t');
            } else if index < before {
                underline.push_str(&" ".repeat(width));
            } else if marks.contains(&index) {
                underline.push_str(&"^".repeat(width));
            }
        }
        if total > skipped + WIDTH {
            shown.push('…');
        }
        if !underline.ends_with('^') {
            underline.push('^');
        }
        Self {
            line: text[..start].matches('\n').count() + 1,
            column: before + 1,
            shown,
            underline,
        }
    }
}

/// The nearest boundary of a character at or before an offset.
fn floor(text: &str, offset: usize) -> usize {
    (0..=offset.min(text.len()))
        .rev()
        .find(|at| text.is_char_boundary(*at))
        .unwrap_or(0)
}

impl fmt::Display for FilterError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.path)?;
        if let Some((line, column)) = self.position() {
            write!(f, ":{line}:{column}")?;
        }
        write!(f, ": {}", self.message)?;
        if let Some(place) = &self.place {
            let number = place.line.to_string();
            let margin = " ".repeat(number.len());
            write!(f, "\n {number} | {}", place.shown)?;
            write!(f, "\n {margin} | {}", place.underline)?;
        }
        if !self.remedy.is_empty() {
            f.write_char('\n')?;
            f.write_str(&self.remedy)?;
        }
        Ok(())
    }
}

impl std::error::Error for FilterError {}

/// `It is one of a, b, c.`, and which of them was perhaps meant.
pub(crate) fn one_of(what: &str, allowed: &[&str], given: &str) -> String {
    let list: Vec<_> = allowed.iter().map(|word| format!("`{word}`")).collect();
    let mut text = format!("{what} is one of {}.", list.join(", "));
    let nearest = allowed
        .iter()
        .map(|word| (strsim::damerau_levenshtein(word, given), word))
        .min_by_key(|(distance, _)| *distance);
    if let Some((distance, word)) = nearest
        && distance <= 1 + word.len() / 4
    {
        text.push_str(&format!(" Did you mean `{word}`?"));
    }
    text
}
