//! The folders for spools, within a trace folder.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process;
use std::time::{SystemTime, UNIX_EPOCH};

use trace::PART_EXTENSION;

/// The beginning of the name of a folder for spools. [`DIGITS`] follow.
const PREFIX: &str = "spool-";
/// The number of hexadecimal digits that say when a run began, then which process began it. There are always as
/// many: the names sort by time, and the program's environment is as long in each run.
const DIGITS: usize = 16 + 8;

/// The files that truename and its recorder leave in a folder for spools, by extension.
const OURS: [&str; 5] = [
    spool::FILE_EXTENSION,
    spool::CONFIG_EXTENSION,
    spool::REFUSAL_EXTENSION,
    PART_EXTENSION,
    spool::LAUNCH_EXTENSION,
];

/// Removes the folders for spools within a trace folder, with what truename and its recorder left in them.
pub(super) fn remove_all(folder: &Path) -> io::Result<()> {
    let folders = list(folder)?;
    folders.iter().try_for_each(|folder| remove(folder))
}

fn remove(folder: &Path) -> io::Result<()> {
    for (_, file) in entries(folder)? {
        let is_ours = file
            .extension()
            .is_some_and(|it| OURS.iter().any(|ours| it == *ours));
        if is_ours {
            tolerate_missing(fs::remove_file(file))?;
        }
    }
    remove_if_empty(folder)
}

/// Makes a name of a folder for spools that nobody has had before.
pub(super) fn new_name() -> String {
    let time = SystemTime::now().duration_since(UNIX_EPOCH);
    let nanoseconds = time.unwrap_or_default().as_nanos() as u64;
    format!("{PREFIX}{nanoseconds:016x}{:08x}", process::id())
}

/// Lists the folders for spools within a trace folder.
pub(super) fn list(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let is_folder = |path: &PathBuf| fs::symlink_metadata(path).is_ok_and(|it| it.is_dir());
    let entries = entries(folder)?.into_iter();
    let named = entries.filter(|(name, _)| is_name(name));
    Ok(named.map(|(_, path)| path).filter(is_folder).collect())
}

fn is_name(name: &str) -> bool {
    name.strip_prefix(PREFIX).is_some_and(|digits| {
        digits.len() == DIGITS
            && digits
                .bytes()
                .all(|it| matches!(it, b'0'..=b'9' | b'a'..=b'f'))
    })
}

/// Lists the entries of a folder, with their names; none when there is no such folder.
pub(super) fn entries(folder: &Path) -> io::Result<Vec<(String, PathBuf)>> {
    let entries = match fs::read_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        other => other?,
    };
    entries
        .map(|entry| {
            let entry = entry?;
            Ok((
                entry.file_name().to_string_lossy().into_owned(),
                entry.path(),
            ))
        })
        .collect()
}

/// Removes a folder that nothing is in.
pub(super) fn remove_if_empty(folder: &Path) -> io::Result<()> {
    match fs::remove_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::DirectoryNotEmpty => Ok(()),
        other => tolerate_missing(other),
    }
}

/// Takes the failure to find something for success.
pub(super) fn tolerate_missing(result: io::Result<()>) -> io::Result<()> {
    match result {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        other => other,
    }
}
