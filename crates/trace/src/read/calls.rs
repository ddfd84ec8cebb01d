//! The calls of a trace, one after the other.

use std::collections::HashMap;
use std::ops::ControlFlow;
use std::path::Path;
use std::rc::Rc;

use runtime_tracing::TraceLowLevelEvent as Event;

use super::folder::Folder;
use crate::TraceError;

/// A call, or the run of a module's body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CallEntry<'a> {
    /// The name of the function.
    pub name: &'a str,
    /// The file of its code.
    pub file: &'a Path,
    /// The first line of its code.
    pub line: i64,
    /// The number of calls on the same thread that it is within.
    pub depth: usize,
}

struct Function {
    name: String,
    file: Rc<Path>,
    line: i64,
}

/// Reads the calls of a trace in the order of their starts, until one breaks it off. The top level, which contains all
/// others, is left out.
///
/// # Errors
///
/// When the events cannot be read. The calls before have been taken.
pub fn each_call(
    folder: &Folder,
    mut take: impl FnMut(CallEntry<'_>) -> ControlFlow<()>,
) -> Result<(), TraceError> {
    let mut paths: Vec<Rc<Path>> = Vec::new();
    let mut functions: Vec<Function> = Vec::new();
    let mut depths: HashMap<u64, usize> = HashMap::new();
    let mut thread = 0;
    let mut is_top = true;
    folder.each_event(|event| {
        match event {
            Event::Path(path) => paths.push(path.into()),
            Event::Function(function) => {
                let file = paths.get(function.path_id.0).cloned();
                functions.push(Function {
                    name: function.name,
                    file: file.unwrap_or_else(|| Path::new("").into()),
                    line: function.line.0,
                });
            }
            Event::ThreadSwitch(id) | Event::ThreadStart(id) => thread = id.0,
            Event::Call(_) if is_top => is_top = false,
            Event::Call(call) => {
                let depth = depths.entry(thread).or_default();
                let within = *depth;
                *depth += 1;
                if let Some(function) = functions.get(call.function_id.0) {
                    return take(CallEntry {
                        name: &function.name,
                        file: &function.file,
                        line: function.line,
                        depth: within,
                    });
                }
            }
            Event::Return(_) => {
                let depth = depths.entry(thread).or_default();
                *depth = depth.saturating_sub(1);
            }
            _ => {}
        }
        ControlFlow::Continue(())
    })
}
