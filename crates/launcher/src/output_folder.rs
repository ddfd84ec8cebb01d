//! The folder that a run writes its trace into.

use std::fs;
use std::io;
use std::path::{Path, PathBuf, absolute};

use spool::{Recorded, RecordingConfig, ValueDetail};
use trace::{CHILDREN_FOLDER, Format, MODULES_FILE, RUNS_FOLDER};
use trace_filter::FilterConfig;

use super::error::{FolderAction, LauncherError};
use super::folder_lock::FolderLock;
use super::spool_folder::{self, entries, remove_if_empty, remove_trace_files, tolerate_missing};

/// The file in the folder for spools that says which format the run asked for. Its extension is that of
/// [`RecordingConfig`]'s file.
const FORMAT_FILE: &str = "format.config";

/// The folder that a run writes its trace into.
#[derive(Clone, Debug)]
pub(super) struct OutputFolder {
    /// Its path as it was given, for messages.
    pub(super) shown: PathBuf,
    /// Absolute: the program may change its working directory.
    pub(super) folder: PathBuf,
    /// The folder in which processes that are recorded leave their spools. Each run has another: a process
    /// that outlives its run keeps that path, and must not get into the next recording in the same folder.
    spool: PathBuf,
}

impl OutputFolder {
    /// Names a folder for a new run; nothing is looked at or made.
    pub(super) fn named(folder: &Path) -> Result<Self, LauncherError> {
        let absolute = absolute(folder).map_err(|source| LauncherError::FolderName {
            folder: folder.to_owned(),
            source,
        })?;
        Ok(Self {
            shown: folder.to_owned(),
            spool: absolute.join(spool_folder::new_name()),
            folder: absolute,
        })
    }

    /// Finds the recording that is there and was never finished, if there is one.
    ///
    /// Where there are spools of several runs it is that of the latest. Each run takes the older ones away before
    /// it begins, so what is there of them was written meanwhile by a process that outlived its run.
    pub(super) fn unfinished(self) -> Option<Self> {
        let spool = spool_folder::list(&self.folder).ok()?.into_iter().max()?;
        Some(Self { spool, ..self })
    }

    /// Returns the folder for spools.
    pub(super) fn spool(&self) -> &Path {
        &self.spool
    }

    /// Returns the folder for the traces of child processes.
    pub(super) fn children(&self) -> PathBuf {
        self.folder.join(CHILDREN_FOLDER)
    }

    /// Returns the format that the run asked for, if it is known.
    pub(super) fn format(&self) -> Option<Format> {
        Format::named(&fs::read_to_string(self.spool.join(FORMAT_FILE)).ok()?)
    }

    /// Makes the folder ready for a new recording of so much, into traces of this format: an earlier trace in
    /// it goes, and nothing else. Filters of values count only where values are recorded. No other truename begins to
    /// work there while the returned value lives.
    ///
    /// # Errors
    ///
    /// As [`claim`](Self::claim).
    pub(super) fn prepare(
        &self,
        recorded: Recorded,
        filters: &FilterConfig,
        format: Format,
    ) -> Result<FolderLock, LauncherError> {
        let filters = match recorded.values {
            ValueDetail::None => filters.clone().without_values(),
            ValueDetail::Args | ValueDetail::Full => filters.clone(),
        };
        let config = RecordingConfig { recorded, filters };
        let lock = self.claim()?;
        fs::create_dir(&self.spool)
            .and_then(|()| config.write_to(&self.spool))
            .and_then(|()| fs::write(self.spool.join(FORMAT_FILE), format.name()))
            .map_err(|source| LauncherError::Folder {
                folder: self.shown.clone(),
                action: FolderAction::Write,
                source,
            })?;
        Ok(lock)
    }

    /// Makes the folder, and removes an earlier trace in it.
    ///
    /// # Errors
    ///
    /// When it holds something else than a trace, when another truename is at work in it, and when it cannot be
    /// written.
    pub(super) fn claim(&self) -> Result<FolderLock, LauncherError> {
        let folder = || self.shown.clone();
        let cannot = |action| {
            move |source| LauncherError::Folder {
                folder: folder(),
                action,
                source,
            }
        };
        if fs::metadata(&self.folder).is_ok_and(|found| !found.is_dir()) {
            return Err(LauncherError::FolderIsFile { folder: folder() });
        }
        fs::create_dir_all(&self.folder).map_err(cannot(FolderAction::Write))?;
        let lock = FolderLock::acquire(&self.folder)
            .ok_or_else(|| LauncherError::FolderInUse { folder: folder() })?;
        let mut entries = fs::read_dir(&self.folder).map_err(cannot(FolderAction::Read))?;
        if entries.next().is_some() {
            if !holds_a_trace(&self.folder).map_err(cannot(FolderAction::Read))? {
                return Err(LauncherError::FolderHoldsOthers { folder: folder() });
            }
            clear(&self.folder).map_err(cannot(FolderAction::Clear))?;
        }
        Ok(lock)
    }

    /// Removes the spools and what else the recorder left, in this run and in earlier ones.
    pub(super) fn remove_spool(&self) {
        spool_folder::remove_all(&self.folder).unwrap_or_else(|error| {
            log::warn!("spools in {} stay: {error}", self.folder.display());
        });
    }

    /// Removes all of a recording that came to nothing, and the folder if nothing else is in it.
    pub(super) fn discard(&self) {
        let removed = clear(&self.folder).and_then(|()| remove_if_empty(&self.folder));
        removed.unwrap_or_else(|error| log::warn!("{} stays: {error}", self.folder.display()));
    }
}

/// Returns whether a folder holds a trace or those of several runs, finished or not.
fn holds_a_trace(folder: &Path) -> io::Result<bool> {
    if folder.join(MODULES_FILE).exists() || !spool_folder::list(folder)?.is_empty() {
        return Ok(true);
    }
    for (name, run) in entries(&folder.join(RUNS_FOLDER))? {
        if is_number(&name) && holds_a_trace(&run)? {
            return Ok(true);
        }
    }
    Ok(false)
}

fn is_number(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_digit())
}

/// Removes the files of a trace, those of its children or of several runs, and its spools.
fn clear(folder: &Path) -> io::Result<()> {
    remove_trace_files(folder)?;
    for others in [CHILDREN_FOLDER, RUNS_FOLDER].map(|name| folder.join(name)) {
        if remove_link(&others)? {
            continue;
        }
        for (name, other) in entries(&others)? {
            if is_number(&name) && !remove_link(&other)? {
                clear(&other)?;
                remove_if_empty(&other)?;
            }
        }
        remove_if_empty(&others)?;
    }
    spool_folder::remove_all(folder)
}

/// Removes a symbolic link, which stands where a folder of the next trace may have to be. What it leads to is
/// none of truename's. Returns whether there was one.
fn remove_link(path: &Path) -> io::Result<bool> {
    match fs::symlink_metadata(path) {
        Ok(found) if found.is_symlink() => tolerate_missing(fs::remove_file(path)).map(|()| true),
        _ => Ok(false),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn output(folder: &Path) -> OutputFolder {
        OutputFolder::named(folder).unwrap()
    }

    fn prepare(output: &OutputFolder) -> Result<FolderLock, LauncherError> {
        output.prepare(Recorded::default(), &FilterConfig::default(), Format::Json)
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
        let _lock = prepare(&output).unwrap();
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
        let new = folder.path().join(spool_folder::new_name());
        touch(new.join("8-0.spool"));
        let output = output(folder.path()).unfinished().unwrap();
        assert_eq!((output.spool(), output.format()), (&*new, None));
        output.remove_spool();
        assert!(!old.exists() && !new.exists());
    }

    #[test]
    fn what_is_no_trace_is_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        touch(folder.path().join("trace.bin"));
        let error = |folder: &Path| {
            let prepared = prepare(&output(folder));
            prepared.err().unwrap()
        };
        assert!(matches!(
            error(folder.path()),
            LauncherError::FolderHoldsOthers { .. }
        ));
        assert!(matches!(
            error(&folder.path().join("trace.bin")),
            LauncherError::FolderIsFile { .. }
        ));
        assert!(folder.path().join("trace.bin").exists());
    }

    #[test]
    fn folders_are_made_and_unmade() {
        let folder = tempfile::tempdir().unwrap();
        let output = output(&folder.path().join("a/b"));
        let _lock = prepare(&output).unwrap();
        touch(output.spool().join("7-0.spool"));
        assert_eq!(output.format(), Some(Format::Json));
        output.discard();
        assert!(!output.folder.exists());
    }
}
