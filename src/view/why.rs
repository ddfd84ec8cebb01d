//! The reasons why a module was imported, and why it has its label, as text.

use std::io::{self, Write};

use anstyle::Style;
use module_identity::{Grounds, Rival};
use serde::Serialize;
use spool::ModuleKind;

use super::printable::printable;
use super::steps::write_chain;
use super::text::{BAD, FAINT, Line, ODD, Piece, STRONG, of_runs, some_runs, wrapped, write_text};
use super::tree::kind_word;
use crate::duration;
use crate::imports::explanation::{Explanation, LabelReasons};
use crate::imports::mentions::{Mention, Mentions, is_in};
use crate::imports::source_file;

/// The most statements that are shown; all are in the JSON.
const STATEMENTS: usize = 20;

/// The whole answer for one subject.
#[derive(Debug, Serialize)]
pub struct Answer {
    /// The module, label, file or line that was asked for.
    pub subject: String,
    /// True if the module was loaded before the recording began.
    pub loaded_before: bool,
    /// The imports and bodies, in the order of their starts.
    pub found: Vec<Explanation>,
    /// The statements that name the module and that `sys.modules` may have answered.
    pub mentions: Mentions,
    /// The number of runs.
    pub runs: usize,
}

/// Writes an answer. `directory` is the working directory of the program.
///
/// # Errors
///
/// What `out` answered.
pub fn write_why(
    out: &mut dyn Write,
    answer: &Answer,
    directory: &str,
    width: Option<usize>,
) -> io::Result<()> {
    if answer.loaded_before {
        let text = format!(
            "{} was loaded before the recording began: by Python itself, site or a .pth file.",
            answer.subject
        );
        write_text(out, STRONG, &text, width)?;
    }
    for (index, it) in answer.found.iter().enumerate() {
        if index > 0 || answer.loaded_before {
            writeln!(out)?;
        }
        write_explanation(out, it, answer.runs, directory, width)?;
    }
    write_reloads(out, answer, directory, width)?;
    write_mentions(out, answer, directory, width)
}

fn write_explanation(
    out: &mut dyn Write,
    it: &Explanation,
    runs: usize,
    directory: &str,
    width: Option<usize>,
) -> io::Result<()> {
    heading(it, runs, directory).write(out, width)?;
    write_chain(out, &it.chain, directory, width)?;
    if let Some(cost) = cost(it) {
        write_fact(out, "cost", &cost, width)?;
    }
    match &it.label {
        Some(label) => write_label(out, label, width),
        None if it.is_failure() => Ok(()),
        None => write_fact(out, "label", no_label(it.kind), width),
    }
}

fn no_label(kind: Option<ModuleKind>) -> &'static str {
    match kind {
        Some(ModuleKind::Extension | ModuleKind::BuiltIn | ModuleKind::Namespace) => {
            "none: no Python code of it ran"
        }
        _ => "none: no body was recorded under its name",
    }
}

fn heading(it: &Explanation, runs: usize, directory: &str) -> Line {
    let mut notes: Vec<_> = it
        .kind
        .and_then(kind_word)
        .map(|word| Piece::new(FAINT, word))
        .into_iter()
        .collect();
    match (it.outcome, &it.exception) {
        ("loaded", _) => {}
        ("failed", Some(exception)) => {
            notes.push(Piece::new(BAD, format!("failed: raised {exception}")));
        }
        (outcome, _) => notes.push(Piece::new(ODD, outcome.replace('-', " "))),
    }
    if it.run_again {
        notes.push(Piece::new(ODD, "run again"));
    }
    if it.times > 1 {
        notes.push(Piece::new(ODD, format!("×{}", it.times)));
    }
    notes.extend(some_runs(it.runs, runs));
    if !it.process.is_empty() {
        notes.push(Piece::new(FAINT, format!("in {}", it.process)));
    }
    let line = it.label.as_ref().filter(|label| label.rule_is_bare());
    let line = line.map(|label| format!(":{}", label.line));
    let file = it.file.as_ref().map(|file| {
        let file = source_file::shortened(file, directory);
        Piece::new(FAINT, format!("{file}{}", line.unwrap_or_default()))
    });
    Line {
        head: Vec::new(),
        name: Piece::new(STRONG, &it.name),
        file,
        notes,
    }
}

impl LabelReasons {
    fn rule_is_bare(&self) -> bool {
        self.label == module_identity::BARE_LABEL
    }
}

fn cost(it: &Explanation) -> Option<String> {
    let (total, own) = (it.total_ns?, it.own_ns?);
    let parts = [
        ("finding", it.finding_ns),
        ("loading", it.loading_ns),
        ("running", it.running_ns),
    ];
    let parts = parts.into_iter().filter(|(_, time)| *time > 0);
    let parts: Vec<_> = parts
        .map(|(part, time)| format!("{part} {}", duration::humane(time)))
        .collect();
    let parts = if parts.is_empty() {
        String::new()
    } else {
        format!(" ({})", parts.join(", "))
    };
    let (total, own) = (duration::humane(total), duration::humane(own));
    let runs = of_runs(it.runs, it.spread.map(|it| it.total));
    Some(format!("{total}{runs}, of which its own {own}{parts}"))
}

fn write_label(out: &mut dyn Write, it: &LabelReasons, width: Option<usize>) -> io::Result<()> {
    let rule = serde_json::to_value(it.rule).unwrap_or_default();
    let rule = rule.as_str().unwrap_or_default();
    write_fact(
        out,
        "label",
        &format!("{}: {} (rule {rule})", it.label, it.why),
        width,
    )?;
    write_fact(out, "evidence", &evidence(it.grounds), width)?;
    let rivals = it.rivals.iter().map(rival).collect::<Vec<_>>();
    let rivals = if rivals.is_empty() {
        "none".to_owned()
    } else {
        rivals.join(", ")
    };
    write_fact(out, "rivals", &rivals, width)
}

fn rival(rival: &Rival) -> String {
    format!("{} (from {})", rival.name, rival.source.describe())
}

fn evidence(grounds: Grounds) -> String {
    let mut facts = Vec::new();
    facts.extend(
        grounds
            .name
            .map(|it| format!("the name is from {}", it.describe())),
    );
    facts.extend(
        grounds
            .file
            .map(|it| format!("the code's file is {}", it.describe())),
    );
    if grounds.fresh {
        facts.push("the namespace was fresh".to_owned());
    }
    facts.extend(grounds.runner.map(|it| format!("{} ran it", it.describe())));
    match facts.is_empty() {
        true => "none".to_owned(),
        false => facts.join("; "),
    }
}

/// Writes a fact with its name, over as many lines as it needs.
fn write_fact(out: &mut dyn Write, name: &str, text: &str, width: Option<usize>) -> io::Result<()> {
    const INDENT: usize = 12;
    let width = width.map_or(usize::MAX, |width| width.saturating_sub(INDENT).max(1));
    for (index, line) in wrapped(&printable(text), width).into_iter().enumerate() {
        let name = if index == 0 { name } else { "" };
        writeln!(out, "  {FAINT}{name:<10}{FAINT:#}{line}")?;
    }
    Ok(())
}

/// Writes the calls that can have run the module again; which one did is not recorded.
fn write_reloads(
    out: &mut dyn Write,
    answer: &Answer,
    directory: &str,
    width: Option<usize>,
) -> io::Result<()> {
    let reloads = &answer.mentions.reloads;
    if reloads.is_empty() || !answer.found.iter().any(|it| it.run_again) {
        return Ok(());
    }
    writeln!(out, "\nrun again by one of these calls:")?;
    let mut shown = reloads.iter().take(STATEMENTS);
    shown.try_for_each(|it| mention_line(it, directory).write(out, width))?;
    let note = "Read from the sources as they are now: a trace does not say which call ran a module again.";
    write_text(out, FAINT, note, width)
}

fn mention_line(it: &Mention, directory: &str) -> Line {
    let file = source_file::shortened(&it.file, directory);
    Line {
        head: vec![Piece::new(Style::new(), "  ")],
        name: Piece::new(STRONG, &it.module),
        file: Some(Piece::new(FAINT, format!("{file}:{}", it.line))),
        notes: vec![Piece::new(Style::new(), &it.text)],
    }
}

fn write_mentions(
    out: &mut dyn Write,
    answer: &Answer,
    directory: &str,
    width: Option<usize>,
) -> io::Result<()> {
    let mentions = &answer.mentions;
    let (own, others): (Vec<_>, Vec<_>) = mentions
        .statements
        .iter()
        .partition(|it| is_in(&it.module, &answer.subject));
    if mentions.statements.is_empty() && mentions.of_submodules == 0 {
        return Ok(());
    }
    writeln!(out, "\nalso named by these import statements:")?;
    let shown = others.iter().take(STATEMENTS);
    for it in shown {
        mention_line(it, directory).write(out, width)?;
    }
    let counts = [
        (
            others.len().saturating_sub(STATEMENTS),
            "more; --json lists all",
        ),
        (mentions.of_submodules, "that name a module in it"),
        (own.len(), "in its own modules"),
    ];
    for (count, text) in counts.into_iter().filter(|(count, _)| *count > 0) {
        writeln!(out, "  {FAINT}{count} {text}{FAINT:#}")?;
    }
    let note = "Read from the sources as they are now. Such a statement may never have run; if it did, sys.modules \
                answered it.";
    write_text(out, FAINT, note, width)
}
