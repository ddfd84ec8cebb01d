//! The folders for spools, within a trace folder.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process;
use std::time::{SystemTime, UNIX_EPOCH};

use trace::{Format, METADATA_FILE, MODULES_FILE, PART_EXTENSION, PATHS_FILE};

/// The beginning of the name of a folder for spools. [`DIGITS`] follow.
const PREFIX: &str = "spool-";
/// The number of hexadecimal digits that say when a run began, then which process began it. There are always as
/// many: the names sort by time, and the program's environment is as long in each run.
const DIGITS: usize = 16 + 8;

/// The name of the folder with the traces of processes that have ended, so that they are not listed with the spools: there can
/// be thousands. The folder of each is named by the time at which it begins, then by its spool, without its extension.
const FINISHED: &str = "finished";
/// The number of decimal digits of that time, so that the names sort by it.
const TIME_DIGITS: usize = 20;

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
    for trace in finished_in(folder)? {
        remove_trace_files(&trace.folder)?;
        remove_if_empty(&trace.folder)?;
    }
    let finished = folder.join(FINISHED);
    if is_folder(&finished) {
        remove_if_empty(&finished)?;
    }
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

/// Removes the files of a trace from its folder.
pub(super) fn remove_trace_files(folder: &Path) -> io::Result<()> {
    trace_files().try_for_each(|name| tolerate_missing(fs::remove_file(folder.join(name))))
}

/// Returns the names of all files that a trace can have.
pub(super) fn trace_files() -> impl Iterator<Item = &'static str> {
    let formats = [Format::Binary, Format::Json].map(Format::file_name);
    let others = [METADATA_FILE, PATHS_FILE, MODULES_FILE];
    formats.into_iter().chain(others)
}

/// Returns the folder for the trace of a process that has ended, within that for its spool.
pub(super) fn finished(spools: &Path, time: u64, spool: &str) -> PathBuf {
    let name = format!("{time:0TIME_DIGITS$}-{spool}");
    spools.join(FINISHED).join(name)
}

/// The trace of a process that has ended.
pub(super) struct FinishedFolder {
    pub(super) folder: PathBuf,
    /// The time at which the trace begins.
    pub(super) time: u64,
    /// The name of its spool, without its extension.
    pub(super) spool: String,
}

/// Lists the traces of processes that have ended.
pub(super) fn finished_in(spools: &Path) -> io::Result<Vec<FinishedFolder>> {
    let all = spools.join(FINISHED);
    if !is_folder(&all) {
        return Ok(Vec::new());
    }
    let named = entries(&all)?.into_iter().filter_map(|(name, folder)| {
        let (time, spool) = name.split_at_checked(TIME_DIGITS)?;
        Some(FinishedFolder {
            time: time.parse().ok()?,
            spool: spool.strip_prefix('-')?.to_owned(),
            folder,
        })
    });
    Ok(named.filter(|it| is_folder(&it.folder)).collect())
}

/// Makes a name of a folder for spools that nobody has had before.
pub(super) fn new_name() -> String {
    let time = SystemTime::now().duration_since(UNIX_EPOCH);
    let nanoseconds = time.unwrap_or_default().as_nanos() as u64;
    format!("{PREFIX}{nanoseconds:016x}{:08x}", process::id())
}

/// Lists the folders for spools within a trace folder.
pub(super) fn list(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let entries = entries(folder)?.into_iter();
    let named = entries.filter(|(name, _)| is_name(name));
    let folders = named.map(|(_, path)| path).filter(|path| is_folder(path));
    Ok(folders.collect())
}

/// Returns whether there is a folder at a path; a link to one is none.
fn is_folder(path: &Path) -> bool {
    fs::symlink_metadata(path).is_ok_and(|it| it.is_dir())
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

/// Sorts files that processes have left by the times in their names.
pub(super) fn sort_by_time(files: &mut [PathBuf]) {
    files.sort_by_cached_key(|file| {
        let name = file.file_stem().unwrap_or_default().to_string_lossy();
        let name = name.into_owned();
        let time = name.split('-').nth(1);
        (time.and_then(|time| time.parse::<u64>().ok()), name)
    });
}

/// Reads the process and the time in the name of a spool; `None` for a sub-interpreter's, and for another file.
pub(super) fn pid_and_time(file: &Path) -> Option<(u32, u64)> {
    if file.extension()? != spool::FILE_EXTENSION {
        return None;
    }
    let mut numbers = file.file_stem()?.to_str()?.split('-');
    let pid = numbers.next()?.parse().ok()?;
    let time = numbers.next()?.parse().ok()?;
    (numbers.next()? == "0").then_some((pid, time))
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
