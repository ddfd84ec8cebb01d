//! Output of recorders, read as statements.

use std::fmt;
use std::fs;
use std::path::Path;

use serde_json::Value;
use trace::names::{FUNCTIONS, TOP_LEVEL};
use trace::read::Folder;

use super::observed::Observed;

/// Reads lines of JSON, each a statement.
///
/// # Errors
///
/// The first line that is none, and why.
pub fn lines(text: &str) -> Result<Vec<Observed>, String> {
    let numbered = (1..)
        .zip(text.lines())
        .filter(|(_, line)| !line.trim().is_empty());
    let read = numbered.map(|(number, line)| {
        serde_json::from_str(line).map_err(|error| format!("line {number}: {error}"))
    });
    read.collect()
}

/// Reads a folder as `runtime_tracing` writes it, and those of its child processes in `children`.
///
/// # Errors
///
/// When there is no such folder or it cannot be read.
pub(super) fn runtime_tracing(folder: &Path) -> Result<Vec<Observed>, String> {
    let mut observed = Vec::new();
    read_process(folder, String::new(), &mut observed)?;
    Ok(observed)
}

fn read_process(
    folder: &Path,
    process: String,
    observed: &mut Vec<Observed>,
) -> Result<(), String> {
    let mut bodies = Bodies::default();
    for event in events(folder)? {
        bodies.event(&event);
    }
    observed.extend(bodies.found.into_iter().map(|it| Observed {
        process: process.clone(),
        ..it
    }));
    let children = folder.join("children");
    for number in 1.. {
        let child = children.join(number.to_string());
        if !child.is_dir() {
            break;
        }
        read_process(&child, format!("{process}/{number}"), observed)?;
    }
    Ok(())
}

/// Returns the events of a trace as JSON. Of a trace that is JSON they are what stands there, since later versions of
/// the format write values otherwise.
fn events(folder: &Path) -> Result<Vec<Value>, String> {
    let json = folder.join("trace.json");
    if json.is_file() {
        let failed = |error: &dyn fmt::Display| format!("{}: {error}", json.display());
        let text = fs::read(&json).map_err(|error| failed(&error))?;
        return serde_json::from_slice(&text).map_err(|error| failed(&error));
    }
    let events = Folder::open(folder).and_then(|it| it.events());
    let events = events.map_err(|error| error.to_string())?;
    let events = events.iter().map(serde_json::to_value);
    events
        .collect::<Result<_, _>>()
        .map_err(|error| error.to_string())
}

/// Module bodies among the events of a trace.
#[derive(Default)]
struct Bodies {
    paths: Vec<String>,
    /// The statement that a call of each function makes, if it is a module's body.
    functions: Vec<Option<Observed>>,
    found: Vec<Observed>,
}

impl Bodies {
    fn event(&mut self, event: &Value) {
        let number = |value: &Value| value.as_u64().and_then(|it| usize::try_from(it).ok());
        if let Some(path) = event["Path"].as_str() {
            self.paths.push(path.to_owned());
        } else if let Some(name) = event["Function"]["name"].as_str() {
            let path = number(&event["Function"]["path_id"]);
            let line = event["Function"]["line"].as_u64();
            let function = is_module(name).then(|| Observed {
                process: String::new(),
                label: name.to_owned(),
                file: path.and_then(|it| self.paths.get(it)).cloned(),
                line: line.and_then(|it| u32::try_from(it).ok()),
            });
            self.functions.push(function);
        } else if let Some(function) = number(&event["Call"]["function_id"]) {
            let body = self.functions.get(function).cloned().flatten();
            self.found.extend(body);
        }
    }
}

/// Returns whether a function's name is that of a module's code.
fn is_module(name: &str) -> bool {
    let is_label = name.starts_with('<') && name.ends_with('>');
    let is_function = FUNCTIONS.contains(&name) || name == TOP_LEVEL;
    is_label && !is_function && !name.starts_with("<generic parameters of ")
}
