//! Lines that fit a terminal.

use std::io::{self, Write};

use anstyle::{AnsiColor, Style};
use unicode_width::UnicodeWidthStr;

use super::printable::printable;
use crate::duration::humane;
use crate::imports::samples::Range;

pub(super) const FAINT: Style = Style::new().dimmed();
pub(super) const STRONG: Style = Style::new().bold();
pub(super) const BAD: Style = AnsiColor::Red.on_default().bold();
pub(super) const ODD: Style = AnsiColor::Yellow.on_default();

/// A file's name is left out where less than this is left for it.
const SHORTEST_FILE: usize = 8;

/// A piece of text in one style.
#[derive(Clone, Debug)]
pub(super) struct Piece {
    style: Style,
    text: String,
}

impl Piece {
    /// Makes a piece; what would break or move the line is replaced.
    pub(super) fn new(style: Style, text: impl AsRef<str>) -> Self {
        Self {
            style,
            text: printable(text.as_ref()),
        }
    }

    fn width(&self) -> usize {
        self.text.width()
    }

    fn write(&self, out: &mut dyn Write) -> io::Result<()> {
        let style = self.style;
        match self.text.is_empty() {
            true => Ok(()),
            false => write!(out, "{style}{}{style:#}", self.text),
        }
    }
}

/// A line about one thing. Where it does not fit, the file is shortened first, then the notes, then the name.
#[derive(Clone, Debug)]
pub(super) struct Line {
    /// The columns and branches before the name, which are never shortened.
    pub head: Vec<Piece>,
    /// The name.
    pub name: Piece,
    /// The file, if there is one.
    pub file: Option<Piece>,
    /// All else that is to be said, behind the file.
    pub notes: Vec<Piece>,
}

impl Line {
    /// Writes the line, no wider than `width`.
    pub(super) fn write(mut self, out: &mut dyn Write, width: Option<usize>) -> io::Result<()> {
        if let Some(width) = width {
            self.fit(width);
        }
        for piece in self.head.iter().chain([&self.name]) {
            piece.write(out)?;
        }
        for piece in self.file.iter().chain(&self.notes) {
            write!(out, "  ")?;
            piece.write(out)?;
        }
        writeln!(out)
    }

    fn fit(&mut self, width: usize) {
        let head: usize = self.head.iter().map(Piece::width).sum();
        let mut room = width.saturating_sub(head);
        shorten(&mut self.name, room);
        room -= self.name.width().min(room);
        self.notes.retain_mut(|note| {
            let fits = room > 4;
            if fits {
                shorten(note, room - 2);
                room -= note.width() + 2;
            }
            fits
        });
        self.file = self.file.take().filter(|_| room >= SHORTEST_FILE + 2);
        if let Some(file) = &mut self.file {
            shorten(file, room - 2);
        }
    }
}

fn shorten(piece: &mut Piece, width: usize) {
    piece.text = shortened(&piece.text, width);
}

/// Returns a text in at most so many columns: its middle is left out, and more of its end than of its beginning stays.
pub(super) fn shortened(text: &str, width: usize) -> String {
    if text.width() <= width {
        return text.to_owned();
    }
    let Some(room) = width.checked_sub(1) else {
        return String::new();
    };
    let head = taken(text.chars(), room / 3);
    let tail = taken(text.chars().rev(), room - room / 3);
    let tail: String = tail.chars().rev().collect();
    format!("{head}…{tail}")
}

/// Returns what is to be said about a time that is the median of several runs.
pub(super) fn of_runs(runs: usize, spread: Option<Range>) -> String {
    spread.map_or_else(String::new, |it| {
        let (least, most) = (humane(it.min_ns), humane(it.max_ns));
        format!(" (median of {runs} runs; {least} to {most})")
    })
}

/// Notes that not all runs have a thing.
pub(super) fn some_runs(having: usize, runs: usize) -> Option<Piece> {
    (having < runs).then(|| Piece::new(ODD, format!("in {having} of {runs} runs")))
}

/// Returns the sentence that heads a view of several runs; `None` for one run.
pub(super) fn medians(runs: usize) -> Option<String> {
    (runs > 1).then(|| {
        format!(
            "Times are medians of {runs} runs; spread is the time between the fastest and the slowest."
        )
    })
}

/// Breaks a text between words; words that are too long alone are cut.
pub(super) fn wrapped(text: &str, width: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split(' ') {
        let word = shortened(word, width);
        match lines.last_mut() {
            Some(line) if line.width() + 1 + word.width() <= width => {
                line.push(' ');
                line.push_str(&word);
            }
            _ => lines.push(word),
        }
    }
    lines
}

/// Writes a text, over as many lines as it needs.
pub(super) fn write_text(
    out: &mut dyn Write,
    style: Style,
    text: &str,
    width: Option<usize>,
) -> io::Result<()> {
    let lines = wrapped(text, width.unwrap_or(usize::MAX));
    let mut lines = lines.into_iter().map(|line| Piece::new(style, line));
    lines.try_for_each(|line| {
        line.write(out)?;
        writeln!(out)
    })
}

fn taken(characters: impl Iterator<Item = char>, width: usize) -> String {
    let mut text = String::new();
    for character in characters {
        text.push(character);
        if text.width() > width {
            text.pop();
            break;
        }
    }
    text
}

/// Columns of texts that are as wide as their widest.
pub(super) struct Columns {
    headings: Vec<&'static str>,
    widths: Vec<usize>,
}

impl Columns {
    /// Makes columns for cells, rows of equal length.
    pub(super) fn of(headings: Vec<&'static str>, rows: &[Vec<String>]) -> Self {
        let mut widths: Vec<_> = headings.iter().map(|it| it.width()).collect();
        for row in rows {
            for (width, cell) in widths.iter_mut().zip(row) {
                *width = (*width).max(cell.width());
            }
        }
        Self { headings, widths }
    }

    /// Writes the headings.
    pub(super) fn write_headings(&self, out: &mut dyn Write) -> io::Result<()> {
        let cells = self.headings.iter().zip(&self.widths);
        let cells: Vec<_> = cells
            .map(|(text, width)| format!("{text:>width$}"))
            .collect();
        writeln!(out, "{FAINT}{}{FAINT:#}", cells.join("  "))
    }

    /// Returns a row's cells, the first in plain text, and two spaces.
    pub(super) fn row(&self, cells: &[String]) -> Vec<Piece> {
        let cells = cells.iter().zip(&self.widths).enumerate();
        cells
            .map(|(index, (cell, width))| {
                let style = if index == 0 { Style::new() } else { FAINT };
                let padding = " ".repeat(width - cell.width());
                Piece::new(style, format!("{padding}{cell}  "))
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_middle_is_left_out() {
        assert_eq!(
            shortened("site-packages/django/apps.py", 28),
            "site-packages/django/apps.py"
        );
        assert_eq!(
            shortened("site-packages/django/apps.py", 20),
            "site-p…jango/apps.py"
        );
        assert_eq!(shortened("日本語のファイル.py", 9), "日…ル.py");
        assert_eq!(shortened("abc", 1), "…");
        assert_eq!(shortened("abc", 0), "");
    }

    #[test]
    fn no_line_is_wider_than_the_terminal() {
        for width in 1..80 {
            let line = Line {
                head: Vec::new(),
                name: Piece::new(STRONG, "<package.module_of_some_length>"),
                file: Some(Piece::new(FAINT, "site-packages/package/module.py")),
                notes: vec![
                    Piece::new(BAD, "raised\nImportError"),
                    Piece::new(ODD, "thread 1"),
                ],
            };
            let mut out = anstream::StripStream::new(Vec::new());
            line.write(&mut out, Some(width)).unwrap();
            let text = String::from_utf8(out.into_inner()).unwrap();
            assert_eq!(text.lines().count(), 1);
            assert!(
                text.trim_end_matches('\n').width() <= width,
                "{width}: {text}"
            );
        }
    }
}
