//! The imports that cost most, as text.

use std::io::{self, Write};

use anstyle::AnsiColor;
use anstyle::Style;

use super::text::{
    Columns, FAINT, Line, ODD, Piece, STRONG, medians, of_runs, some_runs, write_text,
};
use super::tree::kind_word;
use crate::duration;
use crate::imports::ranking::{RankBy, Ranked};
use crate::imports::{RecordedProcess, import_time, run_count, source_file};

const BAR: Style = AnsiColor::Cyan.on_default();

/// The widest bar, in columns.
const LONGEST_BAR: usize = 20;

/// Writes the first of a ranking as a table with bars.
///
/// # Errors
///
/// What `out` answered.
pub fn write_top(
    out: &mut dyn Write,
    processes: &[RecordedProcess<'_>],
    ranking: &[Ranked],
    by: RankBy,
    count: usize,
    width: Option<usize>,
) -> io::Result<()> {
    write_summary(out, processes, ranking, width)?;
    let shown = &ranking[..count.min(ranking.len())];
    if shown.is_empty() {
        return Ok(());
    }
    writeln!(out)?;
    let runs = run_count(processes);
    let cells: Vec<_> = shown.iter().map(|it| cells(it, by, runs)).collect();
    let mut headings = vec!["total", "own", "running"];
    headings.extend((runs > 1).then_some("spread"));
    let columns = Columns::of(headings, &cells);
    columns.write_headings(out)?;
    let longest = match width {
        Some(width) => (width / 6).min(LONGEST_BAR),
        None => LONGEST_BAR,
    };
    let most = shown.iter().map(|it| it.time(by)).max().unwrap_or(0);
    let directory = processes
        .first()
        .map(|it| &*it.document.run.process.directory);
    for (it, cells) in shown.iter().zip(&cells) {
        let mut head = columns.row(cells);
        let bar = bar(it.time(by), most, longest);
        head.push(Piece::new(BAR, format!("{bar:longest$}  ")));
        let line = Line {
            head,
            name: Piece::new(if it.not_found { ODD } else { STRONG }, &it.name),
            file: it.file.as_ref().map(|file| {
                Piece::new(
                    FAINT,
                    source_file::shortened(file, directory.unwrap_or_default()),
                )
            }),
            notes: notes(it, runs),
        };
        line.write(out, width)?;
    }
    let left = ranking.len() - shown.len();
    if left > 0 {
        writeln!(
            out,
            "\n{FAINT}{left} more; -n {} shows all{FAINT:#}",
            ranking.len()
        )?;
    }
    Ok(())
}

fn write_summary(
    out: &mut dyn Write,
    processes: &[RecordedProcess<'_>],
    ranking: &[Ranked],
    width: Option<usize>,
) -> io::Result<()> {
    let time = import_time(processes);
    let runs = of_runs(time.runs, time.spread());
    let time = duration::humane(time.median);
    let imports: usize = ranking.iter().map(|it| it.imports).sum();
    let all = processes;
    let processes = match processes.len() {
        1 => String::new(),
        count => format!(" in {count} processes"),
    };
    let noun = if imports == 1 { "import" } else { "imports" };
    let mut text = format!("{imports} {noun}{processes} took {time}{runs}.");
    if let Some(medians) = medians(run_count(all)) {
        text += &format!(" {medians}");
    }
    write_text(out, Style::new(), &text, width)
}

/// Returns the times of a line, and the spread of the one that it is ranked by if there are several runs.
fn cells(it: &Ranked, by: RankBy, runs: usize) -> Vec<String> {
    let times = [it.total_ns, it.own_ns, it.running_ns];
    let mut cells = times.map(duration::humane).to_vec();
    if runs > 1 {
        let spread = it.spread.map(|spread| match by {
            RankBy::Own => spread.own,
            RankBy::Total => spread.total,
            RankBy::Running => spread.running,
        });
        cells.push(spread.map_or_else(String::new, |it| duration::humane(it.width())));
    }
    cells
}

fn notes(it: &Ranked, runs: usize) -> Vec<Piece> {
    let mut notes = Vec::new();
    notes.extend(some_runs(it.runs, runs));
    if let Some(word) = it.kind.and_then(kind_word) {
        notes.push(Piece::new(FAINT, word));
    }
    if it.not_found {
        notes.push(Piece::new(ODD, "not found"));
    }
    if it.imports > 1 {
        notes.push(Piece::new(FAINT, format!("{} imports", it.imports)));
    }
    notes
}

/// Returns a bar in eighths of a column; nothing but for a time of zero is no bar at all.
fn bar(time: u64, most: u64, longest: usize) -> String {
    const EIGHTHS: [&str; 8] = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"];
    let columns = u128::try_from(longest).unwrap_or(0) * 8;
    let eighths = (u128::from(time) * columns).div_ceil(u128::from(most.max(1)));
    let eighths = usize::try_from(eighths).unwrap_or(0);
    format!("{}{}", "█".repeat(eighths / 8), EIGHTHS[eighths % 8])
}
