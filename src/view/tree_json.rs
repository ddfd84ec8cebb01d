//! The import tree, for machines.

use std::io::{self, Write};

use serde::Serialize;

use super::rows::{Row, Rows};
use super::tree::TreeOptions;
use trace::document::{Module, ProcessRun};
use trace::read::Family;

/// Writes the import tree of a process and its children as one JSON object.
///
/// ```json
/// {"folder": …, "process": {…}, "loaded_before": […], "hidden": 46, "bodies": […], "children": […]}
/// ```
///
/// A body has its `index` in `trace_modules.json` and the keys that it has there, then `self_ns`,
/// its time less that of the bodies in it, and `bodies`, what it imported. `hidden` counts the bare
/// `<module>`s that are left out, and `children` are objects like the whole.
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
    let rows = Rows::of(&trace.document, options.all);
    let head = Head {
        folder: trace.folder.to_string_lossy().into_owned(),
        process: &trace.document.run,
        loaded_before: &trace.document.loaded_before,
        hidden: rows.hidden,
    };
    write_open(out, &head)?;
    write!(out, ",\"bodies\":[")?;
    write_bodies(out, &rows.rows)?;
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
fn write_bodies(out: &mut dyn Write, rows: &[Row<'_>]) -> io::Result<()> {
    for (index, row) in rows.iter().enumerate() {
        let is_first = index == 0 || rows[index - 1].depth < row.depth;
        if !is_first {
            write!(out, ",")?;
        }
        write_open(out, &Body::of(row))?;
        write!(out, ",\"bodies\":[")?;
        let next_depth = rows.get(index + 1).map_or(0, |next| next.depth);
        for _ in next_depth..=row.depth {
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
struct Body<'a> {
    index: usize,
    #[serde(flatten)]
    module: &'a Module,
    self_ns: Option<u64>,
}

impl<'a> Body<'a> {
    fn of(row: &Row<'a>) -> Self {
        Self {
            index: row.index,
            module: row.module,
            self_ns: row.own_time,
        }
    }
}
