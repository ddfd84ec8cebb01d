//! The line of a file that is at fault, as a person sees it.

use std::fmt;
use std::ops::Range;

use unicode_width::UnicodeWidthChar;

/// The longest part of a line that is shown, in characters.
const MAX_SHOWN: usize = 120;

/// A line of a file, with some of its characters underlined.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Excerpt {
    line: usize,
    column: usize,
    shown: String,
    underline: String,
}

impl Excerpt {
    /// Takes the line out of `text` in which the bytes of `span` begin.
    pub(super) fn new(text: &str, span: Range<usize>) -> Self {
        let start = floor(text, span.start);
        let end = floor(text, span.end).max(start);
        let line_start = text[..start].rfind('\n').map_or(0, |at| at + 1);
        let line_end = text[start..].find('\n').map_or(text.len(), |at| start + at);
        let before = text[line_start..start].chars().count();
        let marked = text[start..end.min(line_end)].chars().count();

        // A long line is cut to the part around the fault.
        let skipped = before.saturating_sub(MAX_SHOWN / 2);
        let line = text[line_start..line_end].trim_end_matches('\r');
        let mut shown = String::new();
        let mut underline = String::new();
        if skipped > 0 {
            shown.push('…');
            underline.push(' ');
        }
        let total = line.chars().count();
        let marks = before..before + marked;
        for (index, character) in line.chars().enumerate().skip(skipped).take(MAX_SHOWN) {
            let is_safe = character == '\t' || !character.is_control();
            shown.push(if is_safe { character } else { '\u{fffd}' });
            let width = character.width().unwrap_or(1);
            if index < before && character == '\t' {
                underline.push('\t');
            } else if index < before {
                underline.push_str(&" ".repeat(width));
            } else if marks.contains(&index) {
                underline.push_str(&"^".repeat(width));
            }
        }
        if total > skipped + MAX_SHOWN {
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

    /// Returns line and column, both from 1, the column in characters.
    pub(super) fn position(&self) -> (usize, usize) {
        (self.line, self.column)
    }
}

/// Returns the nearest boundary of a character at or before an offset.
fn floor(text: &str, offset: usize) -> usize {
    (0..=offset.min(text.len()))
        .rev()
        .find(|at| text.is_char_boundary(*at))
        .unwrap_or(0)
}

/// Writes the line with its number, and the underline below it, each after a line break.
impl fmt::Display for Excerpt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let number = self.line.to_string();
        let margin = " ".repeat(number.len());
        write!(f, "\n {number} | {}", self.shown)?;
        write!(f, "\n {margin} | {}", self.underline)
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    /// The underline of `x` stands below it on a terminal.
    #[rstest]
    #[case::a_latin_letter("éx", "\n 1 | éx\n   |  ^")]
    #[case::a_combining_mark("e\u{301}x", "\n 1 | e\u{301}x\n   |  ^")]
    #[case::ideographs("日本x", "\n 1 | 日本x\n   |     ^")]
    #[case::full_width_forms("ａx", "\n 1 | ａx\n   |   ^")]
    #[case::emoji("🐍x", "\n 1 | 🐍x\n   |   ^")]
    #[case::a_tab("\tx", "\n 1 | \tx\n   | \t^")]
    #[case::a_control_character("\u{1b}x", "\n 1 | \u{fffd}x\n   |  ^")]
    fn columns_are_those_of_a_terminal(#[case] text: &str, #[case] expected: &str) {
        let at = text.len() - 1;
        assert_eq!(Excerpt::new(text, at..at + 1).to_string(), expected);
    }
}
