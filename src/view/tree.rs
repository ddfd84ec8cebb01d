//! The import tree, as text.

use std::io::{self, Write};

use anstyle::{AnsiColor, Style};
use spool::{Outcome, ProcessOrigin};

use super::rows::{Row, Rows};
use super::{command_line, duration, source_file};
use trace::document::{Document, Ending, Module};
use trace::read::Family;

const FAINT: Style = Style::new().dimmed();
const STRONG: Style = Style::new().bold();
const BAD: Style = AnsiColor::Red.on_default().bold();
const ODD: Style = AnsiColor::Yellow.on_default();

/// The bodies of a tree to show.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TreeOptions {
    /// Also the bare `<module>`s, each with the reason why it has no name.
    pub all: bool,
}

/// Writes the import tree of a process, then that of each of its children.
///
/// One line is one body: its time, the time that is its own when it imports others, its label in
/// the body that imported it, and its file. Text is styled always: let `out` be an
/// [`anstream::AutoStream`], which takes the styles away where they are not wanted.
///
/// # Errors
///
/// What `out` answered.
pub fn write_tree(out: &mut dyn Write, trace: &Family, options: &TreeOptions) -> io::Result<()> {
    let mut hidden = write_process(out, &trace.document, options)?;
    let mut waiting: Vec<_> = trace.children.iter().rev().collect();
    while let Some(child) = waiting.pop() {
        writeln!(out)?;
        write_heading(out, child, trace)?;
        hidden += write_process(out, &child.document, options)?;
        waiting.extend(child.children.iter().rev());
    }
    write_hidden(out, hidden)
}

fn write_hidden(out: &mut dyn Write, hidden: usize) -> io::Result<()> {
    let what = match hidden {
        0 => return Ok(()),
        1 => "1 bare <module> is hidden; --all shows it and says why it has no name".to_owned(),
        _ => format!(
            "{hidden} bare <module>s are hidden; --all shows them and says why they have no name"
        ),
    };
    writeln!(out, "\n{FAINT}{what}{FAINT:#}")
}

fn write_heading(out: &mut dyn Write, child: &Family, root: &Family) -> io::Result<()> {
    let folder = child.folder.strip_prefix(&root.folder);
    let folder = folder.unwrap_or(&child.folder).display();
    let process = &child.document.run.process;
    let pid = process.pid;
    let command = command_line::shown(&process.arguments);
    match process.origin {
        ProcessOrigin::Start => writeln!(out, "{STRONG}{folder}: {command}{STRONG:#} (pid {pid})"),
        ProcessOrigin::Fork => writeln!(
            out,
            "{STRONG}{folder}: fork of {command}{STRONG:#} (pid {pid}, forked by {})",
            process.parent
        ),
        ProcessOrigin::Interpreter => writeln!(
            out,
            "{STRONG}{folder}: interpreter {} of {command}{STRONG:#} (pid {pid})",
            process.interpreter
        ),
    }
}

/// Gives how many bodies are hidden.
fn write_process(
    out: &mut dyn Write,
    document: &Document,
    options: &TreeOptions,
) -> io::Result<usize> {
    let rows = Rows::of(document, options.all);
    if rows.rows.is_empty() {
        write_nothing(out, document)?;
    }
    let cells: Vec<_> = rows.rows.iter().map(Times::of).collect();
    let widths = Times::widths(&cells);
    Times::write_heading(out, widths)?;
    let mut branches = Branches::default();
    for (row, times) in rows.rows.iter().zip(&cells) {
        times.write(out, widths)?;
        write!(out, "  {FAINT}{}{FAINT:#}", branches.before(row))?;
        write_body(out, row.module, document)?;
    }
    let reason = || {
        let reason = document.run.reason.as_deref();
        reason.map_or_else(String::new, |reason| format!(": {reason}"))
    };
    match document.run.ended {
        Ending::ProcessEnded => {}
        Ending::Stopped => writeln!(
            out,
            "{ODD}The recording was stopped here; the process went on.{ODD:#}"
        )?,
        Ending::Killed => writeln!(out, "{ODD}The process was killed here{}.{ODD:#}", reason())?,
        Ending::Vanished => writeln!(
            out,
            "{ODD}The process ended here, by a signal, a crash or os._exit{}.{ODD:#}",
            reason()
        )?,
        Ending::StillRunning => writeln!(
            out,
            "{ODD}truename ended here; the process went on unrecorded.{ODD:#}"
        )?,
        Ending::Lost => writeln!(out, "{BAD}The recording was lost here{}.{BAD:#}", reason())?,
        Ending::Cut => writeln!(
            out,
            "{BAD}What was recorded after this was cut or damaged{}.{BAD:#}",
            reason()
        )?,
    }
    Ok(rows.hidden)
}

fn write_nothing(out: &mut dyn Write, document: &Document) -> io::Result<()> {
    let names = &document.loaded_before;
    let loaded = match document.run.process.origin {
        _ if names.is_empty() => "No module was loaded before the recording began.".to_owned(),
        ProcessOrigin::Start | ProcessOrigin::Interpreter => {
            format!("Loaded before the recording began: {}.", names.join(", "))
        }
        // All that the parent had: no news, and often hundreds.
        ProcessOrigin::Fork => format!("Loaded before the fork: {} modules.", names.len()),
    };
    writeln!(out, "No module's body ran. {loaded}")
}

fn write_body(out: &mut dyn Write, module: &Module, document: &Document) -> io::Result<()> {
    let file = source_file::shortened(&module.file, &document.run.process.directory);
    let style = if module.name.is_some() { STRONG } else { ODD };
    write!(
        out,
        "{style}{}{style:#}  {FAINT}{file}{FAINT:#}",
        module.label
    )?;
    if module.name.is_none() {
        let line = module.line;
        write!(out, "{FAINT}:{line}{FAINT:#}  {ODD}{}{ODD:#}", module.why)?;
    }
    match module.outcome {
        Outcome::Returned => {}
        Outcome::Raised => {
            let exception = module.exception.as_deref().unwrap_or("an exception");
            write!(out, "  {BAD}raised {exception}{BAD:#}")?;
        }
        Outcome::Suspended => write!(out, "  {ODD}suspended{ODD:#}")?,
        Outcome::Unfinished => write!(out, "  {BAD}unfinished{BAD:#}")?,
    }
    let first_thread = document.modules.first().map(|first| first.thread);
    if Some(module.thread) != first_thread {
        write!(out, "  {ODD}thread {}{ODD:#}", module.thread)?;
    }
    writeln!(out)
}

/// The lines that lead from a body to what it imports.
#[derive(Default)]
struct Branches {
    /// Of each body around the next one, whether more of its siblings follow.
    more_follow: Vec<bool>,
}

impl Branches {
    /// Returns the lines before the label of the next row.
    fn before(&mut self, row: &Row<'_>) -> String {
        self.more_follow.truncate(row.depth);
        self.more_follow.push(!row.is_last);
        // Bodies that nothing imported stand at the margin, without a line.
        let Some((&more_follow, around)) = self.more_follow.split_last() else {
            return String::new();
        };
        if row.depth == 0 {
            return String::new();
        }
        let lines = around[1..].iter();
        let mut branches: String = lines.map(|&more| if more { "│ " } else { "  " }).collect();
        branches.push_str(if more_follow { "├ " } else { "└ " });
        branches
    }
}

const TOTAL: &str = "total";
const OWN: &str = "self";

/// The two columns of times; empty where there is nothing to say.
struct Times {
    total: String,
    own: String,
}

impl Times {
    fn of(row: &Row<'_>) -> Self {
        let total = row.module.duration_ns.map(duration::humane);
        let own = row.own_time.filter(|_| row.has_children);
        Self {
            total: total.unwrap_or_else(|| "?".to_owned()),
            own: own.map(duration::humane).unwrap_or_default(),
        }
    }

    fn widths(all: &[Self]) -> (usize, usize) {
        let width = |text: &String| text.chars().count();
        let total = all.iter().map(|times| width(&times.total)).max();
        let own = all.iter().map(|times| width(&times.own)).max();
        match (total.unwrap_or(0), own.unwrap_or(0)) {
            (total, 0) => (total, 0),
            (total, own) => (total.max(TOTAL.len()), own.max(OWN.len())),
        }
    }

    /// One column needs no heading.
    fn write_heading(out: &mut dyn Write, (total, own): (usize, usize)) -> io::Result<()> {
        if own == 0 {
            return Ok(());
        }
        writeln!(out, "{FAINT}{TOTAL:>total$}  {OWN:>own$}{FAINT:#}")
    }

    fn write(&self, out: &mut dyn Write, (total, own): (usize, usize)) -> io::Result<()> {
        write!(out, "{:>total$}", self.total)?;
        if own > 0 {
            write!(out, "  {FAINT}{:>own$}{FAINT:#}", self.own)?;
        }
        Ok(())
    }
}
