//! The folder that a run writes its trace into.

use std::fs;
use std::io;
use std::path::{Path, PathBuf, absolute};
use std::process;
use std::time::{SystemTime, UNIX_EPOCH};

use spool::RecordingConfig;
use trace_filter::FilterConfig;

use super::claim::Claim;
use failure::{Failure, Result};
use trace::writer::PART_EXTENSION;
use trace::{CHILDREN_FOLDER, Format, METADATA_FILE, MODULES_FILE, PATHS_FILE};

/// The beginning of the name of a folder for spools, within a trace folder. [`SPOOL_DIGITS`] follow.
const SPOOL_FOLDER: &str = "spool-";
/// The hexadecimal digits for the time when a run began, then for the process that began it. There are always as many: the
/// names sort by time, and the program's environment is as long in each run.
const SPOOL_DIGITS: usize = 16 + 8;

/// The files that truename and its recorder leave in the folder for spools, by extension.
const OURS: [&str; 5] = [
    spool::FILE_EXTENSION,
    spool::CONFIG_EXTENSION,
    spool::REFUSAL_EXTENSION,
    PART_EXTENSION,
    spool::LAUNCH_EXTENSION,
];

/// The folder that a run writes its trace into.
#[derive(Clone, Debug)]
pub(super) struct Output {
    /// As it was named, for messages.
    pub(super) shown: PathBuf,
    /// Absolute: the program may change its working directory.
    pub(super) folder: PathBuf,
    /// The folder in which recorded processes leave their spools. Each run has another: a process that outlives its run
    /// keeps that path, and must not get into the next recording in the same folder.
    spool: PathBuf,
}

impl Output {
    /// The folder of this name, for a new run; nothing is looked at or made.
    pub(super) fn named(folder: &Path) -> Result<Self> {
        let absolute = absolute(folder).map_err(|error| {
            Failure::usage(format!(
                "--out {}: {error}. Name a folder.",
                folder.display()
            ))
        })?;
        Ok(Self {
            shown: folder.to_owned(),
            spool: absolute.join(new_spool_name()),
            folder: absolute,
        })
    }

    /// The recording that is there and was never finished, if there is one.
    ///
    /// Where there are spools of several runs it is that of the latest. Each run takes the older ones away before
    /// it begins, so what is there of them was written meanwhile by a process that outlived its run.
    pub(super) fn unfinished(self) -> Option<Self> {
        let spool = spool_folders(&self.folder).ok()?.into_iter().max()?;
        Some(Self { spool, ..self })
    }

    /// The folder for spools.
    pub(super) fn spool(&self) -> &Path {
        &self.spool
    }

    /// Makes the folder ready for a new recording of this configuration: an earlier trace in it goes, and
    /// nothing else. No other truename begins to work there while the returned value lives.
    ///
    /// # Errors
    ///
    /// When it holds something else than a trace, when another truename is at work in it, and when it cannot be
    /// written.
    pub(super) fn prepare(&self, config: &RecordingConfig<FilterConfig>) -> Result<Claim> {
        let shown = self.shown.display();
        if fs::metadata(&self.folder).is_ok_and(|found| !found.is_dir()) {
            return Err(Failure::usage(format!(
                "{shown} is a file, and a trace is a folder. Name another with --out."
            )));
        }
        fs::create_dir_all(&self.folder).map_err(|error| self.cannot("be written to", &error))?;
        let claim = Claim::lay(&self.folder).ok_or_else(|| {
            Failure::usage(format!(
                "another truename is recording into {shown}, or finishing what is in it. Name another folder with \
                 --out, or wait until that has ended."
            ))
        })?;
        let unreadable = |error| self.cannot("be read", &error);
        let mut entries = fs::read_dir(&self.folder).map_err(unreadable)?;
        if entries.next().is_some() {
            if !holds_a_trace(&self.folder).map_err(unreadable)? {
                return Err(Failure::usage(format!(
                    "{shown} holds files that are not a trace, and they might be lost. Name an \
                     empty or a new folder with --out."
                )));
            }
            clear(&self.folder)
                .map_err(|error| self.cannot("be cleared of its old trace", &error))?;
        }
        fs::create_dir(&self.spool)
            .and_then(|()| config.write_to(&self.spool))
            .map_err(|error| self.cannot("be written to", &error))?;
        Ok(claim)
    }

    /// Removes the spools and what else the recorder left, in this run and in earlier ones.
    pub(super) fn remove_spool(&self) {
        remove_spools(&self.folder).unwrap_or_else(|error| {
            log::warn!("spools in {} stay: {error}", self.folder.display());
        });
    }

    /// Removes all of a recording that came to nothing, and the folder if nothing else is in it.
    pub(super) fn discard(&self) {
        let removed = clear(&self.folder).and_then(|()| remove_if_empty(&self.folder));
        removed.unwrap_or_else(|error| log::warn!("{} stays: {error}", self.folder.display()));
    }

    fn cannot(&self, verb: &str, error: &io::Error) -> Failure {
        let shown = self.shown.display();
        let remedy = match error.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
                "Free some space there, or name a folder on another disk with --out."
            }
            _ => "Name a folder that can be written with --out.",
        };
        Failure::new(format!("{shown} cannot {verb}: {error}. {remedy}"))
    }
}

/// Returns whether a folder holds a trace, or one that was never finished.
fn holds_a_trace(folder: &Path) -> io::Result<bool> {
    Ok(folder.join(MODULES_FILE).exists() || !spool_folders(folder)?.is_empty())
}

/// Removes the files of a trace, those of its children, and its spools.
fn clear(folder: &Path) -> io::Result<()> {
    let formats = [Format::Binary, Format::Json].map(Format::file_name);
    for name in [METADATA_FILE, PATHS_FILE, MODULES_FILE]
        .iter()
        .chain(&formats)
    {
        tolerate_missing(fs::remove_file(folder.join(name)))?;
    }
    let children = folder.join(CHILDREN_FOLDER);
    for (name, child) in entries(&children)? {
        if !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_digit()) {
            clear(&child)?;
            remove_if_empty(&child)?;
        }
    }
    remove_if_empty(&children)?;
    remove_spools(folder)
}

fn remove_spools(folder: &Path) -> io::Result<()> {
    let folders = spool_folders(folder)?;
    folders.iter().try_for_each(|folder| remove_spool(folder))
}

fn remove_spool(folder: &Path) -> io::Result<()> {
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

/// The name of a folder for spools that nobody has had before.
fn new_spool_name() -> String {
    let time = SystemTime::now().duration_since(UNIX_EPOCH);
    let nanoseconds = time.unwrap_or_default().as_nanos() as u64;
    format!("{SPOOL_FOLDER}{nanoseconds:016x}{:08x}", process::id())
}

/// The folders for spools within a trace folder.
fn spool_folders(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let is_folder = |path: &PathBuf| fs::symlink_metadata(path).is_ok_and(|it| it.is_dir());
    let entries = entries(folder)?.into_iter();
    let named = entries.filter(|(name, _)| is_spool_name(name));
    Ok(named.map(|(_, path)| path).filter(is_folder).collect())
}

fn is_spool_name(name: &str) -> bool {
    name.strip_prefix(SPOOL_FOLDER).is_some_and(|digits| {
        digits.len() == SPOOL_DIGITS
            && digits
                .bytes()
                .all(|it| matches!(it, b'0'..=b'9' | b'a'..=b'f'))
    })
}

/// Lists a folder by name; nothing if there is no such folder.
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

fn remove_if_empty(folder: &Path) -> io::Result<()> {
    match fs::remove_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::DirectoryNotEmpty => Ok(()),
        other => tolerate_missing(other),
    }
}

fn tolerate_missing(result: io::Result<()>) -> io::Result<()> {
    match result {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn output(folder: &Path) -> Output {
        Output::named(folder).unwrap()
    }

    fn touch(file: PathBuf) {
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(file, "").unwrap();
    }

    #[test]
    fn an_old_trace_goes_and_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        let ours = [
            "trace.bin",
            "trace.json",
            "trace_modules.json",
            "children/1/trace.bin",
            "spool-000000000000000100000007/7-0.spool",
        ];
        let theirs = [
            "notes.txt",
            "spool/7-0.spool",
            "spool-1/7-0.spool",
            "spool-00000000000000010000000A/7-0.spool",
            "spool-000000000000000200000007/notes.txt",
            "children/mine/trace.bin",
            "children/2/notes.txt",
        ];
        for name in ours.iter().chain(&theirs) {
            touch(at(name));
        }
        let output = output(folder.path());
        let _claim = output.prepare(&RecordingConfig::default()).unwrap();
        assert!(ours.iter().all(|name| !at(name).exists()));
        assert!(theirs.iter().all(|name| at(name).exists()));
        assert!(!at("children/1").exists() && output.spool().is_dir());
        assert!(!at("spool-000000000000000100000007").exists());
    }

    #[test]
    fn the_latest_of_several_recordings_is_the_unfinished_one() {
        let folder = tempfile::tempdir().unwrap();
        assert!(output(folder.path()).unfinished().is_none());
        let old = folder.path().join("spool-000000000000000100000007");
        touch(old.join("7-0.spool"));
        assert_eq!(output(folder.path()).unfinished().unwrap().spool(), old);
        let new = folder.path().join(new_spool_name());
        touch(new.join("8-0.spool"));
        let output = output(folder.path()).unfinished().unwrap();
        assert_eq!(output.spool(), new);
        output.remove_spool();
        assert!(!old.exists() && !new.exists());
    }

    #[test]
    fn what_is_no_trace_is_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        touch(folder.path().join("trace.bin"));
        let failure = output(folder.path())
            .prepare(&RecordingConfig::default())
            .err()
            .unwrap();
        assert_eq!(failure.status(), 2);
        assert!(
            failure
                .to_string()
                .contains("holds files that are not a trace")
        );
        let failure = output(&folder.path().join("trace.bin"))
            .prepare(&RecordingConfig::default())
            .err()
            .unwrap();
        assert!(
            failure
                .to_string()
                .contains("is a file, and a trace is a folder")
        );
        assert!(folder.path().join("trace.bin").exists());
    }

    #[test]
    fn folders_are_made_and_unmade() {
        let folder = tempfile::tempdir().unwrap();
        let output = output(&folder.path().join("a/b"));
        let _claim = output.prepare(&RecordingConfig::default()).unwrap();
        touch(output.spool().join("7-0.spool"));
        output.discard();
        assert!(!output.folder.exists());
    }
}
