//! The difference of two traces, as text.

use std::io::{self, Write};

use anstyle::{AnsiColor, Style};

use super::printable::printable;
use super::steps::shown;
use super::text::{BAD, FAINT, Line, ODD, Piece, STRONG, write_text};
use crate::duration::humane;
use crate::imports::chain::Origin;
use crate::imports::difference::{
    Difference, Gain, Move, NOISE, NOISE_PERCENT, RUNS_ENOUGH, Slowdown,
};
use crate::imports::samples::Range;

/// The most lines of a section; all are in the JSON.
const LONGEST_SECTION: usize = 20;

pub(super) const GOOD: Style = AnsiColor::Green.on_default().bold();

/// Writes a difference. `directory` is the working directory of the later program.
///
/// # Errors
///
/// What `out` answered.
pub fn write_diff(
    out: &mut dyn Write,
    it: &Difference,
    directory: &str,
    width: Option<usize>,
) -> io::Result<()> {
    write_text(out, Style::new(), &summary(it), width)?;
    let gained = it
        .gained
        .iter()
        .map(|gain| gain_line(gain, "+", BAD, directory));
    write_section(out, &titled("gained", &it.gained), gained.collect(), width)?;
    let lost = it
        .lost
        .iter()
        .map(|gain| gain_line(gain, "-", GOOD, directory));
    write_section(out, &titled("lost", &it.lost), lost.collect(), width)?;
    let moved = it.moved.iter().map(|moved| Line {
        head: vec![Piece::new(ODD, "  ~ ")],
        name: Piece::new(STRONG, &moved.name),
        file: Some(Piece::new(FAINT, sides(moved, directory).join(" → "))),
        notes: Vec::new(),
    });
    write_section(
        out,
        "moved: another module asks first",
        moved.collect(),
        width,
    )?;
    let slower = it.slower.iter().map(|slower| Line {
        head: vec![Piece::new(BAD, "  ! ")],
        name: Piece::new(STRONG, &slower.name),
        file: None,
        notes: vec![Piece::new(Style::new(), slowdown(slower))],
    });
    write_section(out, &slower_title(it), slower.collect(), width)
}

/// Writes a difference in Markdown, for a comment on a change.
///
/// # Errors
///
/// What `out` answered.
pub fn write_diff_markdown(
    out: &mut dyn Write,
    it: &Difference,
    directory: &str,
) -> io::Result<()> {
    writeln!(out, "**Imports:** {}", summary(it))?;
    for (title, gains) in [("gained", &it.gained), ("lost", &it.lost)] {
        let rows = gains.iter().map(|gain| {
            let with = with(gain).unwrap_or_default();
            let origin = asked(gain.asked.as_ref(), directory);
            vec![code(&gain.name), code(&origin), humane(gain.own_ns), with]
        });
        let headings = ["module", "asked for at", "own time", "with it"];
        write_table(out, &titled(title, gains), &headings, rows.collect())?;
    }
    let moved = it.moved.iter().map(|moved| {
        let [before, after] = sides(moved, directory).map(|it| code(&it));
        vec![code(&moved.name), before, after]
    });
    write_table(
        out,
        "moved: another module asks first",
        &["module", "before", "after"],
        moved.collect(),
    )?;
    let slower = it.slower.iter().map(|slower| {
        let [before, after] = [slower.before_ns, slower.after_ns].map(humane);
        vec![code(&slower.name), before, after]
    });
    write_table(
        out,
        &slower_title(it),
        &["module", "before", "after"],
        slower.collect(),
    )
}

fn summary(it: &Difference) -> String {
    let change = match (it.before.modules, it.after.modules) {
        (before, after) if before == after => counted_modules(after),
        (before, after) => format!("{before} → {}", counted_modules(after)),
    };
    let [before, after] = [it.before.import_ns, it.after.import_ns].map(humane);
    let verdict = if it.is_empty() { "No difference: " } else { "" };
    let runs = match (it.before.runs, it.after.runs) {
        (1, 1) => String::new(),
        (before, after) if before == after => format!(" (medians of {before} runs each)"),
        (before, after) => format!(" (medians of {before} and {after} runs)"),
    };
    format!("{verdict}{change}, {before} → {after} of import time{runs}.")
}

/// Returns the title of a section with the number of modules in it.
pub(super) fn titled(title: &str, gains: &[Gain]) -> String {
    let modules: usize = gains.iter().map(Gain::modules).sum();
    format!("{title}: {}", counted_modules(modules))
}

pub(super) fn counted_modules(count: usize) -> String {
    format!("{count} {}", if count == 1 { "module" } else { "modules" })
}

fn slower_title(it: &Difference) -> String {
    if it.before.runs.min(it.after.runs) >= RUNS_ENOUGH {
        return "slower: own time grew by more than the runs differ".to_owned();
    }
    format!(
        "slower: own time grew by more than {NOISE_PERCENT} % and {}",
        humane(NOISE)
    )
}

pub(super) fn gain_line(gain: &Gain, sign: &str, style: Style, directory: &str) -> Line {
    let mut notes = vec![Piece::new(Style::new(), humane(gain.own_ns))];
    notes.extend(with(gain).map(|with| Piece::new(FAINT, with)));
    Line {
        head: vec![Piece::new(style, format!("  {sign} "))],
        name: Piece::new(STRONG, &gain.name),
        file: Some(Piece::new(FAINT, asked(gain.asked.as_ref(), directory))),
        notes,
    }
}

fn with(gain: &Gain) -> Option<String> {
    match gain.with.len() {
        0 => None,
        count => Some(format!("and {count} more with it")),
    }
}

fn slowdown(it: &Slowdown) -> String {
    let time = |time, spread: Option<Range>| match spread {
        None => humane(time),
        Some(it) => format!(
            "{} ({} to {})",
            humane(time),
            humane(it.min_ns),
            humane(it.max_ns)
        ),
    };
    let before = time(it.before_ns, it.before_spread);
    format!("{before} → {}", time(it.after_ns, it.after_spread))
}

/// Returns the two askers of a module, by the modules that they belong to where they are in the same line.
fn sides(moved: &Move, directory: &str) -> [String; 2] {
    let origins = [moved.before.as_ref(), moved.after.as_ref()];
    let [before, after] = origins.map(|it| asked(it, directory));
    if before != after {
        return [before, after];
    }
    origins.map(|it| it.map_or_else(String::new, |it| it.asker().to_owned()))
}

fn asked(origin: Option<&Origin>, directory: &str) -> String {
    match origin {
        None => "the interpreter".to_owned(),
        Some(Origin::Place(place)) => shown(place, directory),
        Some(Origin::Within { within }) => format!("within {within}"),
    }
}

pub(super) fn write_section(
    out: &mut dyn Write,
    title: &str,
    lines: Vec<Line>,
    width: Option<usize>,
) -> io::Result<()> {
    if lines.is_empty() {
        return Ok(());
    }
    writeln!(out)?;
    write_text(out, Style::new(), title, width)?;
    let more = lines.len().saturating_sub(LONGEST_SECTION);
    for line in lines.into_iter().take(LONGEST_SECTION) {
        line.write(out, width)?;
    }
    match more {
        0 => Ok(()),
        more => writeln!(out, "  {FAINT}{more} more; --json lists all{FAINT:#}"),
    }
}

fn write_table(
    out: &mut dyn Write,
    title: &str,
    headings: &[&str],
    rows: Vec<Vec<String>>,
) -> io::Result<()> {
    if rows.is_empty() {
        return Ok(());
    }
    writeln!(out, "\n### {title}\n\n| {} |", headings.join(" | "))?;
    writeln!(out, "|{}", "---|".repeat(headings.len()))?;
    for row in rows.iter().take(LONGEST_SECTION) {
        writeln!(out, "| {} |", row.join(" | "))?;
    }
    match rows.len().saturating_sub(LONGEST_SECTION) {
        0 => Ok(()),
        more => writeln!(out, "\n{more} more"),
    }
}

/// Quotes a text for a cell of a table.
fn code(text: &str) -> String {
    let text = printable(text).replace('|', "\\|");
    let ticks = text.split(|it| it != '`').map(str::len).max().unwrap_or(0);
    let (fence, space) = match ticks {
        0 => ("`".to_owned(), ""),
        ticks => ("`".repeat(ticks + 1), " "),
    };
    format!("{fence}{space}{text}{space}{fence}")
}

#[cfg(test)]
mod tests {
    use super::code;

    #[test]
    fn a_name_is_quoted_as_it_is() {
        assert_eq!(code("a.b"), "`a.b`");
        assert_eq!(code("a|b"), "`a\\|b`");
        assert_eq!(code("``a`b"), "``` ``a`b ```");
    }
}
