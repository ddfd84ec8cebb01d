//! The import tree, for machines.

use std::io::{self, Write};

use serde::Serialize;
use spool::ModuleKind;
use trace::document::{ImportSite, ProcessRun};
use trace::read::Family;

use super::selection::{Content, Row, Selection, TreeOptions};
use super::tree::forest;
use crate::imports::{ImportForest, Node};

/// Writes the import tree of a process and its children as one JSON object.
///
/// ```json
/// {"folder": …, "process": {…}, "loaded_before": […], "hidden": 46, "nodes": […], "children": […]}
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
    trace: &Family,
    options: &TreeOptions,
) -> io::Result<()> {
    write_family(out, trace, options)?;
    writeln!(out)
}

fn write_family(out: &mut dyn Write, trace: &Family, options: &TreeOptions) -> io::Result<()> {
    let forest = forest(&trace.document, options);
    let rows = Selection::of(&forest, options).rows(&forest, options, false);
    let nodes: Vec<_> = rows
        .iter()
        .filter_map(|row| node_of(row, &forest))
        .collect();
    let head = Head {
        folder: trace.folder.to_string_lossy().into_owned(),
        process: &trace.document.run,
        loaded_before: &trace.document.loaded_before,
        hidden: forest.preorder().len() + forest.merged() - nodes.len(),
    };
    write_open(out, &head)?;
    write!(out, ",\"nodes\":[")?;
    write_nodes(out, &nodes)?;
    write!(out, "],\"children\":[")?;
    for (index, child) in trace.children.iter().enumerate() {
        if index > 0 {
            write!(out, ",")?;
        }
        write_family(out, child, options)?;
    }
    write!(out, "]}}")
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
        }
    }
}
