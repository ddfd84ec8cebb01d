//! Python processes that the program started and that are not recorded.

use std::ffi::OsString;

use spool::{START_EXTENSION, Start};

use super::output::{self, Output};
use crate::python_arguments::{Program, PythonArguments};

/// The command line of each Python process that the program started in a way in which the recorder does not
/// get in, and why.
pub(super) fn unrecorded(output: &Output) -> Vec<String> {
    let entries = output::entries(&output.spool()).unwrap_or_default();
    let files = entries.into_iter().map(|(_, file)| file);
    files
        .filter(|file| file.extension().is_some_and(|it| it == START_EXTENSION))
        .filter_map(|file| Start::read(&file).ok())
        .filter_map(|start| {
            let reason = reason(&start)?;
            Some(format!("`{}`, {reason}", shown(&start.arguments)))
        })
        .collect()
}

fn reason(start: &Start) -> Option<&'static str> {
    let words: Vec<_> = start.arguments.iter().skip(1).map(OsString::from).collect();
    let read = PythonArguments::read(&words);
    if read.program == Program::Nothing {
        return None;
    }
    let ignores_path = read.ignores_environment || read.skips_site;
    if !start.has_environment {
        Some("whose environment is of the program's own making")
    } else if ignores_path && !start.is_preloaded {
        Some("which is told to ignore PYTHONPATH or site (-I, -E or -S)")
    } else {
        None
    }
}

/// A command line on one line, and not too long.
fn shown(words: &[String]) -> String {
    const LONGEST: usize = 60;
    let line = words.join(" ");
    let line: String = line
        .chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect();
    match line.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", &line[..end]),
        None => line,
    }
}
