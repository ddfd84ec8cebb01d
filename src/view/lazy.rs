//! The savings by lazy imports, as text.

use std::io::{self, Write};

use anstyle::Style;

use super::diff::{GOOD, counted_modules, gain_line, titled, write_section};
use super::steps::shown;
use super::text::{BAD, FAINT, Line, ODD, Piece, STRONG, of_runs, write_text};
use crate::duration::humane;
use crate::imports::lazy::{Deviation, LazyReport};

/// Writes a comparison with lazy imports. `directory` is the working directory of the program.
///
/// # Errors
///
/// What `out` answered.
pub fn write_lazy(
    out: &mut dyn Write,
    it: &LazyReport,
    directory: &str,
    width: Option<usize>,
) -> io::Result<()> {
    write_text(out, Style::new(), &summary(it), width)?;
    let not_needed = it.not_needed.iter();
    let lines = not_needed.map(|gain| gain_line(gain, "-", GOOD, directory));
    write_section(
        out,
        &titled("not needed", &it.not_needed),
        lines.collect(),
        width,
    )?;
    let kept = it.kept_eager.iter().flatten().map(|import| Line {
        head: vec![Piece::new(ODD, "  ! ")],
        name: Piece::new(STRONG, &import.name),
        file: import
            .asked
            .as_ref()
            .map(|place| Piece::new(FAINT, shown(place, directory))),
        notes: Vec::new(),
    });
    let title = "must stay eager: without these, the program behaves otherwise";
    write_section(out, title, kept.collect(), width)?;
    writeln!(out)?;
    write_behaviour(out, it, width)
}

fn summary(it: &LazyReport) -> String {
    let kept = it.kept_eager.as_ref().is_some_and(|it| !it.is_empty());
    let way = if kept {
        "with all imports lazy but those that must stay eager"
    } else {
        "with all imports lazy"
    };
    let [eager, lazy] = [&it.eager, &it.lazy].map(|it| {
        let runs = of_runs(it.runs, it.spread);
        format!(
            "{} in {}{runs}",
            counted_modules(it.modules),
            humane(it.import_ns)
        )
    });
    format!(
        "As it is: {eager}. {}: {lazy}. Saved: {}.",
        upper(way),
        humane(it.saved_ns())
    )
}

fn upper(text: &str) -> String {
    let mut rest = text.chars();
    let first = rest.next().map(|first| first.to_uppercase().to_string());
    first.unwrap_or_default() + rest.as_str()
}

fn write_behaviour(out: &mut dyn Write, it: &LazyReport, width: Option<usize>) -> io::Result<()> {
    let compared = match &it.not_compared[..] {
        [] => String::new(),
        [stream] => format!(" Its {stream} differs from run to run and was not compared."),
        _ => " Its output differs from run to run: only its end was compared.".to_owned(),
    };
    let Some(deviation) = &it.deviation else {
        let text = format!("With all imports lazy, the program behaved the same.{compared}");
        return write_text(out, Style::new(), &text, width);
    };
    let text = format!(
        "With all imports lazy, the program behaves otherwise: {}.{compared}",
        otherwise(deviation)
    );
    write_text(out, BAD, &text, width)?;
    for (sign, line) in lines(deviation) {
        let line = Line {
            head: vec![Piece::new(FAINT, format!("  {sign} "))],
            name: Piece::new(Style::new(), line),
            file: None,
            notes: Vec::new(),
        };
        line.write(out, width)?;
    }
    let advice = match &it.kept_eager {
        None => {
            "The imports that must stay eager are not known, and what it did not need may be what it did not come to."
        }
        Some(_) => "With the imports above eager, it behaves as it is.",
    };
    write_text(out, Style::new(), advice, width)
}

fn otherwise(deviation: &Deviation) -> String {
    match deviation {
        Deviation::Ending { before, after, .. } => format!("{after} instead of {before}"),
        Deviation::Output { stream, line, .. } => format!("line {line} of its {stream} is another"),
    }
}

fn lines(deviation: &Deviation) -> Vec<(&'static str, &str)> {
    match deviation {
        Deviation::Ending { last_line, .. } => last_line
            .as_deref()
            .map(|line| ("+", line))
            .into_iter()
            .collect(),
        Deviation::Output { before, after, .. } => {
            let before = before.as_deref().map(|line| ("-", line));
            let after = after.as_deref().map(|line| ("+", line));
            before.into_iter().chain(after).collect()
        }
    }
}
