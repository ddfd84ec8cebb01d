//! A recorder of module bodies, which is no part of truename.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::path::Path;
use std::process::Command;

const RECORDER: &str = include_str!("recorder.py");

/// Records a command of Python's, and returns a line of JSON for each module body.
///
/// # Panics
///
/// When it cannot be run.
pub fn record(
    command: &[String],
    environment: &BTreeMap<String, String>,
    folder: &Path,
    stdin: &Path,
) -> String {
    let script = stdin.with_file_name("recorder.py");
    let notes = stdin.with_file_name("notes.jsonl");
    fs::write(&script, RECORDER).unwrap();
    Command::new(&command[0])
        .arg(script)
        .arg(&notes)
        .args(&command[1..])
        .env_clear()
        .envs(environment)
        .current_dir(folder)
        .stdin(File::open(stdin).unwrap())
        .output()
        .unwrap();
    fs::read_to_string(notes).unwrap_or_default()
}
