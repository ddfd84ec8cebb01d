//! The folders of several runs of one program.

use std::fs;
use std::path::{Path, PathBuf};

use super::folder::Folder;
use crate::error::TraceError;
use crate::format::RUNS_FOLDER;

/// Finds the folders of the traces of the runs in `folder`, by number. Where it holds no runs it is the only one itself,
/// whether it is a trace or not.
///
/// # Errors
///
/// When it cannot be read.
pub fn run_folders(folder: &Path) -> Result<Vec<PathBuf>, TraceError> {
    let itself = || vec![folder.to_owned()];
    match Folder::open(folder) {
        Err(TraceError::NotATrace(_)) => {}
        Err(error @ TraceError::Unreadable { .. }) => return Err(error),
        Ok(_) | Err(_) => return Ok(itself()),
    }
    let Ok(entries) = fs::read_dir(folder.join(RUNS_FOLDER)) else {
        return Ok(itself());
    };
    let paths = entries.filter_map(|entry| Some(entry.ok()?.path()));
    let numbered = paths.filter_map(|path| {
        let number: u64 = path.file_name()?.to_str()?.parse().ok()?;
        path.is_dir().then_some((number, path))
    });
    let mut numbered: Vec<_> = numbered.collect();
    numbered.sort();
    match numbered.is_empty() {
        true => Ok(itself()),
        false => Ok(numbered.into_iter().map(|(_, path)| path).collect()),
    }
}
