//! Python processes that the program started and that are not recorded.

use std::ffi::OsString;
use std::fs;
use std::path::PathBuf;

use spool::{ChildLaunch, LAUNCH_EXTENSION, REFUSAL_EXTENSION};

use super::output::{self, Output};
use interpreters::command_line::{Program, PythonArguments};

/// The command line of each Python process that the program started in a way in which the recorder does not
/// get in, and why, in the order in which they started; then those in which it could not start.
pub(super) fn unrecorded(output: &Output) -> Vec<String> {
    let left = left(output);
    let started = with_extension(&left, LAUNCH_EXTENSION).filter_map(|file| {
        let launch = ChildLaunch::read_from(file).ok()?;
        let reason = reason(&launch)?;
        Some(format!("`{}`, {reason}", shown(&launch.arguments)))
    });
    let refused = refusals_among(&left).map(|(pid, reason)| {
        format!("process {pid}, in which the recorder could not start: {reason}")
    });
    started.chain(refused).collect()
}

/// Why processes that were to be recorded were not, by their ids.
pub(super) fn refusals(output: &Output) -> Vec<(u32, String)> {
    refusals_among(&left(output)).collect()
}

fn refusals_among(files: &[PathBuf]) -> impl Iterator<Item = (u32, String)> {
    with_extension(files, REFUSAL_EXTENSION).filter_map(|file| {
        let pid = file.file_stem()?.to_str()?.parse().ok()?;
        let note = String::from_utf8_lossy(&fs::read(file).ok()?).into_owned();
        let reason = match note.trim_end_matches('.') {
            "" => "it could not write to the trace folder (a full disk, or `ulimit -f`)",
            reason => reason,
        };
        Some((pid, reason.to_owned()))
    })
}

fn with_extension<'a>(files: &'a [PathBuf], extension: &str) -> impl Iterator<Item = &'a PathBuf> {
    let has_it = move |file: &&PathBuf| file.extension().is_some_and(|it| it == extension);
    files.iter().filter(has_it)
}

/// The files that processes have left, by the times in their names.
fn left(output: &Output) -> Vec<PathBuf> {
    let entries = output::entries(output.spool()).unwrap_or_default();
    let mut files: Vec<_> = entries.into_iter().map(|(_, file)| file).collect();
    files.sort_by_cached_key(|file| {
        let name = file
            .file_stem()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        let time = name
            .split('-')
            .nth(1)
            .and_then(|time| time.parse::<u64>().ok());
        (time, name)
    });
    files
}

fn reason(launch: &ChildLaunch) -> Option<&'static str> {
    let words: Vec<_> = launch
        .arguments
        .iter()
        .skip(1)
        .map(OsString::from)
        .collect();
    let read = PythonArguments::read(&words);
    if read.program == Program::Nothing {
        return None;
    }
    let ignores_path = read.ignores_environment || read.skips_site;
    if !launch.has_environment {
        Some("whose environment is of the program's own making")
    } else if ignores_path && !launch.is_preloaded {
        Some("which ignores PYTHONPATH or site (-I, -E or -S)")
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
