//! The files that Python loads, embedded in this binary and put on disk.

use std::ffi::OsStr;
use std::fs::{self, DirBuilder};
use std::io::{self, Write};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{DirBuilderExt, FileExt, MetadataExt};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use tempfile::{NamedTempFile, TempDir};

use super::injection::InjectionMode;
use failure::{Failure, Result};

/// The folder in which Python finds the shim: the only folder that goes on `PYTHONPATH`.
const PATH_FOLDER: &str = "path";
const LIBRARY_FOLDER: &str = "lib";
const SHIM: &str = "sitecustomize.py";
/// The shim and the preloaded library look for this name.
const RECORDER: &str = "truename_recorder.abi3.so";
const PRELOAD: &str = "libtruename_preload.so";

/// The beginning of the name of a folder in the cache; the hash of its content follows.
const PREFIX: &str = "recorder-";
/// The most by which the time of such a folder may be behind its last use.
const DAY: Duration = Duration::from_secs(24 * 60 * 60);
/// The time for which an unused one is kept.
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
pub struct Payload {
    folder: PathBuf,
    /// Removes the folder, where it is not in the cache.
    _temporary: Option<TempDir>,
}

impl Payload {
    /// Makes sure that the files for a mode are there as they should be: in the cache, or else in a temporary
    /// folder that goes with the returned value.
    ///
    /// # Errors
    ///
    /// When neither can be written.
    pub fn provide(mode: InjectionMode) -> Result<Self> {
        let cached = interpreters::cache_folder().and_then(|cache| in_cache(&cache, mode).ok());
        if let Some(folder) = cached {
            return Ok(Self {
                folder,
                _temporary: None,
            });
        }
        in_temporary_folder(mode).map_err(|error| {
            Failure::new(format!(
                "the recorder cannot be put where Python finds it: {error}. Set TMPDIR to a \
                 folder that can be written and whose path has no colon and no space."
            ))
        })
    }

    /// The folder to put on `PYTHONPATH`.
    pub fn python_path(&self) -> PathBuf {
        self.folder.join(PATH_FOLDER)
    }

    /// The library to preload where `PYTHONPATH` is ignored.
    pub fn preload(&self) -> PathBuf {
        self.folder.join(LIBRARY_FOLDER).join(PRELOAD)
    }
}

fn in_cache(cache: &Path, mode: InjectionMode) -> io::Result<PathBuf> {
    let folder = cache.join(format!("{PREFIX}{}", env!("TRUENAME_PAYLOAD")));
    make_private(&folder)?;
    // Python compares entries of `sys.path` as text, without `..` or the like.
    let folder = folder.canonicalize()?;
    let is_new = fill(&folder, mode)?;
    let tidied = mark_as_used(&folder).and_then(|()| match is_new {
        true => remove_unused(cache),
        false => Ok(()),
    });
    tidied.unwrap_or_else(|error| log::warn!("{}: {error}", cache.display()));
    Ok(folder)
}

/// A folder's time is that of its last use, give or take a day.
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

/// Writes each file that is needed and is missing or differs, and returns whether there was any.
fn fill(folder: &Path, mode: InjectionMode) -> io::Result<bool> {
    if !can_be_listed(folder.as_os_str()) {
        return Err(io::Error::other(format!(
            "{} has a colon or a space in it",
            folder.display()
        )));
    }
    let mode = match mode {
        InjectionMode::SiteCustomize => (PATH_FOLDER, SHIM, SHIM_TEXT.as_bytes()),
        InjectionMode::Preload => (LIBRARY_FOLDER, PRELOAD, PRELOAD_BYTES),
    };
    let mut is_new = false;
    for (subfolder, name, content) in [(LIBRARY_FOLDER, RECORDER, RECORDER_BYTES), mode] {
        let subfolder = folder.join(subfolder);
        make_private(&subfolder)?;
        is_new |= put(&subfolder, name, content)?;
    }
    Ok(is_new)
}

/// `PYTHONPATH` is a list with colons, `LD_PRELOAD` one with colons or spaces.
fn can_be_listed(path: &OsStr) -> bool {
    !path
        .as_bytes()
        .iter()
        .any(|&byte| byte == b':' || byte.is_ascii_whitespace())
}

/// Makes a folder that only this user can write to; one that another user could have filled is
/// refused, as what is in it gets run.
fn make_private(folder: &Path) -> io::Result<()> {
    DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(folder)?;
    let found = fs::symlink_metadata(folder)?;
    // SAFETY: this call has no preconditions and cannot fail.
    let user = unsafe { libc::geteuid() };
    if found.is_dir() && found.uid() == user && found.mode() & 0o022 == 0 {
        return Ok(());
    }
    Err(io::Error::other(format!(
        "{} is not a private folder",
        folder.display()
    )))
}

/// Writes a file that is missing or differs, and returns whether it did.
fn put(folder: &Path, name: &str, content: &[u8]) -> io::Result<bool> {
    let file = folder.join(name);
    if is_whole(&file, content).unwrap_or(false) {
        return Ok(false);
    }
    let mut new = NamedTempFile::new_in(folder)?;
    new.write_all(content)?;
    new.persist(&file)?;
    Ok(true)
}

/// Returns whether a file has the length, the beginning and the end of `content`.
///
/// Nobody else can write to the folder, and the folder's name is the content's hash; what a crash of
/// the machine tears is short, or zeros at an end. To read it all would take longer than to load it.
fn is_whole(file: &Path, content: &[u8]) -> io::Result<bool> {
    const COMPARED: usize = 4096;
    let file = fs::File::open(file)?;
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
        let shim = folder.join(PATH_FOLDER).join(SHIM);
        let library = folder.join(LIBRARY_FOLDER).join(RECORDER);
        fs::write(&shim, "import evil").unwrap();
        let mut torn = RECORDER_BYTES.to_vec();
        torn[RECORDER_BYTES.len() - 100..].fill(0);
        fs::write(&library, torn).unwrap();
        assert_eq!(
            in_cache(cache.path(), InjectionMode::SiteCustomize).unwrap(),
            folder
        );
        assert_eq!(fs::read_to_string(shim).unwrap(), SHIM_TEXT);
        assert!(fs::read(library).unwrap() == RECORDER_BYTES);
        let libraries = fs::read_dir(folder.join(LIBRARY_FOLDER)).unwrap();
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
