//! The import tree, for machines.

use std::io::{self, Write};
use std::path::Path;

use serde::Serialize;
use spool::ModuleKind;
use trace::document::{ImportSite, ProcessRun};
use trace::read::Family;

use super::selection::{Content, Row, Selection, TreeOptions};
use super::tree::processes;
use crate::imports::samples::Spread;
use crate::imports::{ImportForest, Node, RecordedProcess};

/// Writes the import tree of a process and its children as one JSON object, of one run of a program or of several.
///
/// ```json
/// {"folder": …, "process": {…}, "loaded_before": […], "hidden": 46, "runs": 1, "nodes": […], "children": […]}
/// ```
///
/// A node is an import, a body that no import ran, or both: `import` and `body` are their indices in
/// `trace_modules.json`, and `nodes` what happened within. `hidden` counts the nodes that are left out, and `children`
/// are objects like the whole.
///
/// # Errors
///
/// What `out` answered.
pub fn write_tree_json(
    out: &mut dyn Write,
    folder: &Path,
    runs: &[Family],
    options: &TreeOptions,
) -> io::Result<()> {
    let processes = processes(runs, options);
    for (index, process) in processes.iter().enumerate() {
        let below = Some(process.folder).filter(|it| !it.as_os_str().is_empty());
        let folder = below.map_or_else(|| folder.to_owned(), |it| folder.join(it));
        write_process(out, &folder, process, options)?;
        write!(out, ",\"children\":[")?;
        let depth = process.depth();
        let next = processes.get(index + 1).map(RecordedProcess::depth);
        // One that is deeper is a child, and this object stays open for it.
        let ended = (depth + 1).saturating_sub(next.unwrap_or(0));
        write!(out, "{}", "]}".repeat(ended))?;
        if ended > 0 && next.is_some() {
            write!(out, ",")?;
        }
    }
    writeln!(out)
}

fn write_process(
    out: &mut dyn Write,
    folder: &Path,
    process: &RecordedProcess<'_>,
    options: &TreeOptions,
) -> io::Result<()> {
    let forest = &process.forest;
    let rows = Selection::of(forest, options).rows(forest, options, false);
    let nodes: Vec<_> = rows.iter().filter_map(|row| node_of(row, forest)).collect();
    let head = Head {
        folder: folder.to_string_lossy().into_owned(),
        process: &process.document.run,
        loaded_before: &process.document.loaded_before,
        hidden: forest.preorder().len() + forest.merged() - nodes.len(),
        runs: process.runs.len(),
    };
    write_open(out, &head)?;
    write!(out, ",\"nodes\":[")?;
    write_nodes(out, &nodes)?;
    write!(out, "]")
}

/// Nests by hand: a program decides how deep its imports are, and a serializer would recurse.
fn write_nodes(out: &mut dyn Write, nodes: &[(usize, TreeNode<'_>)]) -> io::Result<()> {
    for (index, (depth, node)) in nodes.iter().enumerate() {
        let is_first = index == 0 || nodes[index - 1].0 < *depth;
        if !is_first {
            write!(out, ",")?;
        }
        write_open(out, node)?;
        write!(out, ",\"nodes\":[")?;
        let next_depth = nodes.get(index + 1).map_or(0, |(depth, _)| *depth);
        for _ in next_depth..=*depth {
            write!(out, "]}}")?;
        }
    }
    Ok(())
}

/// Writes an object that has a key, and leaves it open for more.
fn write_open(out: &mut dyn Write, object: &impl Serialize) -> io::Result<()> {
    let text = serde_json::to_string(object)?;
    out.write_all(text.strip_suffix('}').unwrap_or(&text).as_bytes())
}

#[derive(Serialize)]
struct Head<'a> {
    folder: String,
    process: &'a ProcessRun,
    loaded_before: &'a [String],
    hidden: usize,
    runs: usize,
}

#[derive(Serialize)]
struct TreeNode<'a> {
    name: &'a str,
    label: &'a str,
    kind: Option<ModuleKind>,
    file: Option<&'a str>,
    outcome: &'static str,
    exception: Option<&'a str>,
    importer: Option<&'a ImportSite>,
    import: Option<usize>,
    body: Option<usize>,
    thread: u64,
    start_ns: u64,
    total_ns: Option<u64>,
    own_ns: Option<u64>,
    finding_ns: u64,
    loading_ns: u64,
    running_ns: u64,
    first_run: usize,
    runs: usize,
    spread: Option<Spread>,
}

fn node_of<'a>(row: &Row, forest: &ImportForest<'a>) -> Option<(usize, TreeNode<'a>)> {
    let Content::Nodes { chain, .. } = &row.content else {
        return None;
    };
    let node = forest.node(*chain.first()?);
    Some((row.depth, TreeNode::of(node)))
}

impl<'a> TreeNode<'a> {
    fn of(node: &Node<'a>) -> Self {
        let (outcome, exception) = node.end().words();
        Self {
            name: node.name(),
            label: node.label(),
            kind: node.kind(),
            file: node.file(),
            outcome,
            exception,
            importer: node.importer(),
            import: node.import.map(|(index, _)| index),
            body: node.body.map(|(index, _)| index),
            thread: node.thread(),
            start_ns: node.start(),
            total_ns: node.total,
            own_ns: node.own(),
            finding_ns: node.own_time.finding,
            loading_ns: node.own_time.loading,
            running_ns: node.own_time.running,
            first_run: node.first_run + 1,
            runs: node.runs(),
            spread: node.samples().spread(),
        }
    }
}
