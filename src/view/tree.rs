//! The import tree, as text.

use std::io::{self, Write};

use anstyle::Style;
use spool::{ModuleKind, ProcessOrigin};
use trace::document::{Document, Ending, ProcessRun};
use trace::read::Family;

use super::command_line;
use super::selection::{Content, Row, Selection, TreeOptions};
use super::text::{BAD, Columns, FAINT, Line, ODD, Piece, STRONG, medians, some_runs, write_text};
use crate::duration;
use crate::imports::samples::Samples;
use crate::imports::{
    BareBodies, End, ImportForest, Node, RecordedProcess, processes_of_runs, source_file,
};

/// A terminal narrower than this has no room for the time in which code ran.
const NARROW: usize = 72;

/// Writes the import tree of a process, then that of each of its children, of one run of a program or of several.
///
/// One line is one import: its time, the time that is its own, the part of that in which its code ran, its label in
/// the import within which it happened, and its file. Text is styled always: let `out` be an
/// [`anstream::AutoStream`], which takes the styles away where they are not wanted.
///
/// # Errors
///
/// What `out` answered.
pub fn write_tree(out: &mut dyn Write, runs: &[Family], options: &TreeOptions) -> io::Result<()> {
    let mut hidden = Hidden::default();
    if let Some(medians) = medians(runs.len()) {
        write_text(out, Style::new(), &medians, options.width)?;
        writeln!(out)?;
    }
    for (index, process) in processes(runs, options).iter().enumerate() {
        if index > 0 {
            writeln!(out)?;
            write_heading(out, process, options)?;
        }
        write_process(out, process, runs.len(), options, &mut hidden)?;
    }
    hidden.write(out, options.width)
}

/// The numbers of things that `--all` shows.
#[derive(Default)]
struct Hidden {
    bare: usize,
    not_found: usize,
}

impl Hidden {
    fn write(&self, out: &mut dyn Write, width: Option<usize>) -> io::Result<()> {
        let bare = match self.bare {
            0 => None,
            1 => Some(
                "1 bare <module> is hidden; --all shows it and says why it has no name".to_owned(),
            ),
            bare => Some(format!(
                "{bare} bare <module>s are hidden; --all shows them and says why they have no name"
            )),
        };
        let not_found = match self.not_found {
            0 => None,
            1 => Some("1 import that found no module is hidden; --all shows it".to_owned()),
            count => Some(format!(
                "{count} imports that found no module are hidden; --all shows them"
            )),
        };
        for (index, text) in bare.iter().chain(&not_found).enumerate() {
            if index == 0 {
                writeln!(out)?;
            }
            write_text(out, FAINT, text, width)?;
        }
        Ok(())
    }
}

fn write_heading(
    out: &mut dyn Write,
    child: &RecordedProcess<'_>,
    options: &TreeOptions,
) -> io::Result<()> {
    let folder = child.folder.display();
    let process = &child.document.run.process;
    let pid = process.pid;
    let command = command_line::shown(&process.arguments);
    let (command, note) = match process.origin {
        ProcessOrigin::Start => (command, format!("(pid {pid})")),
        ProcessOrigin::Fork => (
            format!("fork of {command}"),
            format!("(pid {pid}, forked by {})", process.parent),
        ),
        ProcessOrigin::Interpreter => (
            format!("interpreter {} of {command}", process.interpreter),
            format!("(pid {pid})"),
        ),
    };
    let line = Line {
        head: Vec::new(),
        name: Piece::new(STRONG, format!("{folder}: {command}")),
        file: None,
        notes: vec![Piece::new(Style::new(), note)],
    };
    line.write(out, options.width)
}

fn write_process(
    out: &mut dyn Write,
    process: &RecordedProcess<'_>,
    runs: usize,
    options: &TreeOptions,
    hidden: &mut Hidden,
) -> io::Result<()> {
    let forest = &process.forest;
    let selection = Selection::of(forest, options);
    hidden.bare += forest.merged();
    hidden.not_found += selection.not_found;
    let rows = selection.rows(forest, options, true);
    if rows.is_empty() {
        write_nothing(out, process.document, options)?;
    } else {
        write_rows(out, &rows, process, runs, options)?;
    }
    process.runs.iter().try_for_each(|it| {
        let run = (runs > 1).then_some(it.run + 1);
        write_ending(out, &it.document.run, run, options)
    })
}

/// Writes how a recording ended, unless it did with the process. `run` is its number where there are several.
fn write_ending(
    out: &mut dyn Write,
    process: &ProcessRun,
    run: Option<usize>,
    options: &TreeOptions,
) -> io::Result<()> {
    let reason = process.reason.as_deref();
    let reason = reason.map_or_else(String::new, |reason| format!(": {reason}"));
    let (style, text) = match process.ended {
        Ending::ProcessEnded => return Ok(()),
        Ending::Stopped => (ODD, "The recording was stopped here; the process went on"),
        Ending::Killed => (ODD, "The process was killed here"),
        Ending::Vanished => (
            ODD,
            "The process ended here, by a signal, a crash or os._exit",
        ),
        Ending::StillRunning => (ODD, "truename ended here; the process went on unrecorded"),
        Ending::Lost => (BAD, "The recording was lost here"),
        Ending::Cut => (BAD, "What was recorded after this was cut or damaged"),
    };
    let run = run.map_or_else(String::new, |run| format!("Run {run}: "));
    write_text(out, style, &format!("{run}{text}{reason}."), options.width)
}

/// Returns the processes that a tree shows.
pub(super) fn processes<'a>(runs: &'a [Family], options: &TreeOptions) -> Vec<RecordedProcess<'a>> {
    let bare = match options.all {
        true => BareBodies::Kept,
        false => BareBodies::Merged,
    };
    processes_of_runs(runs, bare)
}

fn write_nothing(
    out: &mut dyn Write,
    document: &Document,
    options: &TreeOptions,
) -> io::Result<()> {
    if options.only.is_some() || options.no_stdlib {
        return writeln!(out, "No import is selected.");
    }
    let names = &document.loaded_before;
    let loaded = match document.run.process.origin {
        _ if names.is_empty() => "No module was loaded before the recording began.".to_owned(),
        ProcessOrigin::Start | ProcessOrigin::Interpreter => {
            format!("Loaded before the recording began: {}.", names.join(", "))
        }
        // All that the parent had: no news, and often hundreds.
        ProcessOrigin::Fork => format!("Loaded before the fork: {} modules.", names.len()),
    };
    let text = format!("No module's body ran. {loaded}");
    write_text(out, Style::new(), &text, options.width)
}

fn write_rows(
    out: &mut dyn Write,
    rows: &[Row],
    process: &RecordedProcess<'_>,
    runs: usize,
    options: &TreeOptions,
) -> io::Result<()> {
    let forest = &process.forest;
    let mut headings = vec!["total", "own", "running"];
    if options.width.is_some_and(|width| width < NARROW) {
        headings.pop();
    }
    let mut cells: Vec<_> = rows
        .iter()
        .map(|row| times(row, forest, headings.len()))
        .collect();
    if runs > 1 {
        headings.insert(1, "spread");
        for (row, cells) in rows.iter().zip(&mut cells) {
            cells.insert(1, spread(row, forest));
        }
    }
    let columns = Columns::of(headings, &cells);
    columns.write_headings(out)?;
    let mut branches = Branches::default();
    for (row, cells) in rows.iter().zip(&cells) {
        let mut line = line_of(row, process, runs);
        line.head = columns.row(cells);
        line.head
            .push(Piece::new(FAINT, branches.before(row, options.width)));
        line.write(out, options.width)?;
    }
    Ok(())
}

/// Returns the times of a line, and nothing for those that are not known.
fn times(row: &Row, forest: &ImportForest<'_>, columns: usize) -> Vec<String> {
    let mut cells = match &row.content {
        Content::Rest { total, .. } => {
            vec![duration::humane(*total), String::new(), String::new()]
        }
        Content::Nodes { chain, equal, .. } => {
            let outermost = [&chain[..1], equal].concat();
            let all = [&chain[..], equal].concat();
            vec![
                sum(outermost.iter().map(|it| forest.node(*it).total)),
                sum(all.iter().map(|it| forest.node(*it).own())),
                sum(all.iter().map(|it| forest.node(*it).running())),
            ]
        }
    };
    cells.truncate(columns);
    cells
}

/// Returns the difference of a line's total between several runs.
fn spread(row: &Row, forest: &ImportForest<'_>) -> String {
    let Content::Nodes { chain, equal, .. } = &row.content else {
        return String::new();
    };
    let mut samples = Samples::default();
    for index in chain[..1].iter().chain(equal) {
        samples.add_all(forest.node(*index).samples());
    }
    let spread = samples.spread();
    spread.map_or_else(String::new, |it| duration::humane(it.total.width()))
}

/// Returns the sum of times; a question mark where one is not known.
fn sum(mut times: impl Iterator<Item = Option<u64>>) -> String {
    let sum = times.try_fold(0_u64, |sum, time| Some(sum.saturating_add(time?)));
    sum.map_or_else(|| "?".to_owned(), duration::humane)
}

fn line_of(row: &Row, process: &RecordedProcess<'_>, runs: usize) -> Line {
    let (forest, document) = (&process.forest, process.document);
    let (chain, equal, below) = match &row.content {
        Content::Rest { count, .. } => {
            return Line {
                head: Vec::new(),
                name: Piece::new(FAINT, format!("… {count} more")),
                file: None,
                notes: Vec::new(),
            };
        }
        Content::Nodes {
            chain,
            equal,
            below,
        } => (chain, equal, *below),
    };
    let labels: Vec<_> = chain.iter().map(|it| forest.node(*it).label()).collect();
    let node = forest.node(*chain.last().expect("a line has a node"));
    let first_thread = document.modules.first().map(|first| first.thread);
    let mut notes = notes(node, first_thread);
    notes.extend(some_runs(node.runs(), runs));
    if !equal.is_empty() {
        notes.insert(0, Piece::new(ODD, format!("×{}", equal.len() + 1)));
    }
    if below > 0 {
        notes.push(Piece::new(FAINT, format!("+{below} below")));
    }
    let is_named = !node.is_bare() && !matches!(node.end(), End::NotFound);
    Line {
        head: Vec::new(),
        name: Piece::new(if is_named { STRONG } else { ODD }, labels.join(" › ")),
        file: file_of(node, document).map(|file| Piece::new(FAINT, file)),
        notes,
    }
}

/// Returns the file of a node by its short name; with the line where there is no better name.
pub(super) fn file_of(node: &Node<'_>, document: &Document) -> Option<String> {
    let file = source_file::shortened(node.file()?, &document.run.process.directory);
    match node.body {
        Some((_, body)) if node.is_bare() => Some(format!("{file}:{}", body.line)),
        _ => Some(file),
    }
}

/// Returns what is unusual about a node.
fn notes(node: &Node<'_>, first_thread: Option<u64>) -> Vec<Piece> {
    let mut notes = Vec::new();
    let kind = node.kind().filter(|_| node.body.is_none());
    if let Some(kind) = kind.and_then(kind_word) {
        notes.push(Piece::new(FAINT, kind));
    }
    if let Some((_, body)) = node.body.filter(|_| node.is_bare()) {
        notes.push(Piece::new(ODD, &body.why));
    }
    match node.end() {
        End::Loaded => {}
        End::NotFound => notes.push(Piece::new(ODD, "not found")),
        End::Failed(exception) => {
            let exception = exception.unwrap_or("an exception");
            notes.push(Piece::new(BAD, format!("raised {exception}")));
        }
        End::Suspended => notes.push(Piece::new(ODD, "suspended")),
        End::Unfinished => notes.push(Piece::new(BAD, "unfinished")),
    }
    if first_thread.is_some_and(|first| first != node.thread()) {
        notes.push(Piece::new(ODD, format!("thread {}", node.thread())));
    }
    notes
}

/// Returns the word for a kind of module; `None` for the usual kind.
pub(super) fn kind_word(kind: ModuleKind) -> Option<&'static str> {
    Some(match kind {
        ModuleKind::Source => return None,
        ModuleKind::Bytecode => "bytecode",
        ModuleKind::Extension => "extension",
        ModuleKind::BuiltIn => "built-in",
        ModuleKind::Frozen => "frozen",
        ModuleKind::Namespace => "namespace package",
        ModuleKind::Zip => "zip",
        ModuleKind::Other => "other loader",
    })
}

/// The lines that lead from an import to those within it.
#[derive(Default)]
struct Branches {
    /// Of each row around the next one, whether more of its siblings follow.
    more_follow: Vec<bool>,
}

impl Branches {
    /// Returns the lines before the label of the next row. They take a third of the terminal at most.
    fn before(&mut self, row: &Row, width: Option<usize>) -> String {
        self.more_follow.truncate(row.depth);
        self.more_follow.push(!row.is_last);
        // What nothing imported stands at the margin, without a line.
        let Some((&more_follow, around)) = self.more_follow.split_last() else {
            return String::new();
        };
        if row.depth == 0 {
            return String::new();
        }
        let mut around = &around[1..];
        let most = width.map_or(usize::MAX, |width| width / 6);
        let mut branches = String::new();
        if around.len() > most {
            around = &around[around.len() - most.saturating_sub(1)..];
            branches.push_str("⋯ ");
        }
        let lines = around.iter();
        branches.extend(lines.map(|&more| if more { "│ " } else { "  " }));
        branches.push_str(if more_follow { "├ " } else { "└ " });
        branches
    }
}
