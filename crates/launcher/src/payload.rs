//! The files that Python loads, embedded in this binary and put on disk.

use std::ffi::OsStr;
use std::fs;
use std::io::{self, Write};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf, absolute};
use std::time::{Duration, SystemTime};

use interpreters::{make_private_folder, open_private_file};
use spool::InjectionMode;
use tempfile::{NamedTempFile, TempDir};

const SHIM: &str = "sitecustomize.py";
/// The shim and the preloaded library look for the recorder there.
pub(super) const RECORDER_PATH: &str = "lib/truename_recorder.abi3.so";

/// The beginning of the name of a folder in the cache; the hash of its content follows.
const PREFIX: &str = "recorder-";
/// The age at which the time of such a folder is set to that of its use.
const DAY: Duration = Duration::from_secs(24 * 60 * 60);
/// The time for which one that nobody uses is kept.
const KEPT: Duration = DAY.saturating_mul(30);

/// The recorder's library, which a CPython can also import by itself under the name
/// `truename_recorder.abi3.so`.
pub static RECORDER_BYTES: &[u8] = include_bytes!(env!("TRUENAME_RECORDER_FILE"));
static PRELOAD_BYTES: &[u8] = include_bytes!(env!("TRUENAME_PRELOAD_FILE"));
const SHIM_TEXT: &str = concat!(
    include_str!("../../preload/src/start.py"),
    include_str!("sitecustomize.py")
);

/// The files on disk.
#[derive(Debug)]
pub(super) struct Payload {
    folder: PathBuf,
    /// Removes the folder, where it is not in the cache.
    _temporary: Option<TempDir>,
}

impl Payload {
    /// Makes sure that the files for a mode are there as they should be: in the cache, or else in a
    /// temporary folder that goes with the returned value.
    ///
    /// # Errors
    ///
    /// When neither can be written.
    pub(super) fn provide(mode: InjectionMode) -> io::Result<Self> {
        match interpreters::cache_folder().map(|cache| in_cache(&cache, mode)) {
            Some(Ok(folder)) => {
                return Ok(Self {
                    folder,
                    _temporary: None,
                });
            }
            Some(Err(error)) => log::debug!("the recorder is not in the cache: {error}"),
            None => {}
        }
        in_temporary_folder(mode)
    }

    /// Returns the path of the recorder, which stays where it is: `None` where the files are in a temporary folder.
    fn kept_recorder(&self) -> Option<PathBuf> {
        let is_kept = self._temporary.is_none();
        is_kept.then(|| self.folder.join(RECORDER_PATH))
    }

    /// Returns the path to put into the list of the mode's variable.
    pub(super) fn entry(&self, mode: InjectionMode) -> PathBuf {
        self.folder.join(mode.entry())
    }
}

/// Makes sure that the recorder's library is on disk, for a Python that loads it by itself, and returns its path: in the
/// cache, or else in `folder`.
///
/// # Errors
///
/// When there is no cache to be used, and no folder, or none that can be written.
pub fn provide_recorder(folder: Option<&Path>) -> io::Result<PathBuf> {
    if let Some(folder) = folder {
        let file = absolute(folder)?.join(RECORDER_PATH);
        put(&file, RECORDER_BYTES)?;
        return Ok(file);
    }
    let kept = Payload::provide(InjectionMode::SiteCustomize)?.kept_recorder();
    kept.ok_or_else(|| io::Error::other("there is no cache that can be used"))
}

fn in_cache(cache: &Path, mode: InjectionMode) -> io::Result<PathBuf> {
    let folder = cache.join(format!("{PREFIX}{}", env!("TRUENAME_PAYLOAD")));
    // Python compares entries of `sys.path` as text, without links, `..` or the like.
    let folder = make_private_folder(&folder)?;
    let is_new = fill(&folder, mode)?;
    let tidied = mark_as_used(&folder).and_then(|()| match folder.parent() {
        Some(cache) if is_new => remove_unused(cache),
        _ => Ok(()),
    });
    tidied.unwrap_or_else(|error| log::warn!("{}: {error}", cache.display()));
    Ok(folder)
}

/// Sets a folder's time to that of its last use, give or take a day.
fn mark_as_used(folder: &Path) -> io::Result<()> {
    if is_older(&fs::metadata(folder)?, DAY) {
        fs::File::open(folder)?.set_modified(SystemTime::now())?;
    }
    Ok(())
}

/// Removes what other versions of truename have put into the cache and use no more. One that comes back
/// puts it there again.
fn remove_unused(cache: &Path) -> io::Result<()> {
    for entry in fs::read_dir(cache)? {
        let entry = entry?;
        let name = entry.file_name();
        let hash = name.to_str().and_then(|name| name.strip_prefix(PREFIX));
        let is_hash =
            |text: &str| text.len() == 16 && text.bytes().all(|it| it.is_ascii_hexdigit());
        // A link is no folder.
        let found = entry.metadata()?;
        if hash.is_some_and(is_hash) && found.is_dir() && is_older(&found, KEPT) {
            fs::remove_dir_all(entry.path())?;
        }
    }
    Ok(())
}

fn is_older(file: &fs::Metadata, age: Duration) -> bool {
    let modified = file.modified().ok();
    modified.is_some_and(|time| time.elapsed().is_ok_and(|elapsed| elapsed > age))
}

fn in_temporary_folder(mode: InjectionMode) -> io::Result<Payload> {
    let temporary = tempfile::Builder::new().prefix("truename-").tempdir()?;
    let folder = temporary.path().canonicalize()?;
    fill(&folder, mode)?;
    Ok(Payload {
        folder,
        _temporary: Some(temporary),
    })
}

/// Writes each file that is needed and is missing or differs; returns whether there was any.
fn fill(folder: &Path, mode: InjectionMode) -> io::Result<bool> {
    if !can_be_listed(folder.as_os_str()) {
        return Err(io::Error::other(format!(
            "{} has a colon or a space in it",
            folder.display()
        )));
    }
    let entry = folder.join(mode.entry());
    let (file, content) = match mode {
        InjectionMode::SiteCustomize => (entry.join(SHIM), SHIM_TEXT.as_bytes()),
        InjectionMode::Preload => (entry, PRELOAD_BYTES),
    };
    let recorder = folder.join(RECORDER_PATH);
    let is_new = put(&recorder, RECORDER_BYTES)?;
    Ok(put(&file, content)? || is_new)
}

/// Returns whether a path can stand in a list: `PYTHONPATH` is one with colons, `LD_PRELOAD` one with
/// colons or spaces.
fn can_be_listed(path: &OsStr) -> bool {
    !path
        .as_bytes()
        .iter()
        .any(|&byte| byte == b':' || byte.is_ascii_whitespace())
}

/// Writes a file that is missing or differs, into a private folder; returns whether it was one.
fn put(file: &Path, content: &[u8]) -> io::Result<bool> {
    let folder = file.parent().ok_or(io::ErrorKind::InvalidInput)?;
    make_private_folder(folder)?;
    if is_whole(file, content).unwrap_or(false) {
        return Ok(false);
    }
    let mut new = NamedTempFile::new_in(folder)?;
    new.write_all(content)?;
    new.persist(file)?;
    Ok(true)
}

/// Checks a file's length and its first and last 4 KiB.
///
/// Nobody else can write to the folder, and the folder's name is the content's hash; what a crash of
/// the machine tears is short, or zeros at an end. To read it all would take longer than to load it.
fn is_whole(file: &Path, content: &[u8]) -> io::Result<bool> {
    const COMPARED: usize = 4096;
    let file = open_private_file(file)?;
    if file.metadata()?.len() != content.len() as u64 {
        return Ok(false);
    }
    let length = content.len().min(COMPARED);
    for start in [0, content.len() - length] {
        let mut found = vec![0; length];
        file.read_exact_at(&mut found, start as u64)?;
        if found != content[start..start + length] {
            return Ok(false);
        }
    }
    Ok(true)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn what_is_missing_or_damaged_is_written_again() {
        let cache = tempfile::tempdir().unwrap();
        let folder = in_cache(cache.path(), InjectionMode::SiteCustomize).unwrap();
        let shim = folder.join(InjectionMode::SiteCustomize.entry()).join(SHIM);
        let library = folder.join(RECORDER_PATH);
        fs::write(&shim, "import evil").unwrap();
        let mut torn = RECORDER_BYTES.to_vec();
        torn[RECORDER_BYTES.len() - 100..].fill(0);
        fs::write(&library, torn).unwrap();
        assert_eq!(
            in_cache(cache.path(), InjectionMode::SiteCustomize).unwrap(),
            folder
        );
        assert_eq!(fs::read_to_string(shim).unwrap(), SHIM_TEXT);
        assert!(fs::read(&library).unwrap() == RECORDER_BYTES);
        let libraries = fs::read_dir(library.parent().unwrap()).unwrap();
        assert_eq!(libraries.count(), 1);
    }

    #[test]
    fn a_folder_that_others_can_write_to_is_refused() {
        let cache = tempfile::tempdir().unwrap();
        let folder = in_cache(cache.path(), InjectionMode::SiteCustomize).unwrap();
        fs::set_permissions(&folder, fs::Permissions::from_mode(0o777)).unwrap();
        assert!(in_cache(cache.path(), InjectionMode::SiteCustomize).is_err());
    }

    #[test]
    fn a_folder_that_cannot_be_in_a_list_is_refused() {
        let cache = tempfile::Builder::new().prefix("a b:c").tempdir().unwrap();
        assert!(in_cache(cache.path(), InjectionMode::SiteCustomize).is_err());
    }
}
