//! Folders and files that no other user could have changed: what is in the cache gets run, or believed.

use std::fs::{DirBuilder, File, Metadata};
use std::io;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use rustix::fs::{CWD, Mode, OFlags, openat};
use rustix::process::geteuid;

/// Opens a folder to ask about it and to open what is in it, even one that cannot be listed.
#[cfg(target_os = "linux")]
const LOOK: OFlags = OFlags::PATH;
#[cfg(not(target_os = "linux"))]
const LOOK: OFlags = OFlags::RDONLY;

const STICKY: u32 = 0o1000;

/// Makes a folder, with those on the way to it, and checks it as [`private_folder`] does.
///
/// # Errors
///
/// As for [`private_folder`], and when it cannot be made.
pub fn make_private_folder(folder: &Path) -> io::Result<PathBuf> {
    // Nothing is left where it would not be used.
    let mut way = folder.ancestors().skip(1);
    if let Some(found) = way.find(|folder| folder.exists()) {
        check_way(&found.canonicalize()?, true)?;
    }
    DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(folder)?;
    private_folder(folder)
}

/// Returns the path of a folder, links resolved, when only this user and root can change what is in it, or put
/// another in its place.
///
/// # Errors
///
/// When another user can, and when there is no such folder.
pub fn private_folder(folder: &Path) -> io::Result<PathBuf> {
    let folder = folder.canonicalize()?;
    check_way(&folder, false)?;
    Ok(folder)
}

/// Checks each folder from the root to `folder`. The last one may be
/// sticky with `sticky_end`: something else follows.
///
/// # Errors
///
/// As for [`private_folder`].
fn check_way(folder: &Path, sticky_end: bool) -> io::Result<()> {
    let mut path = PathBuf::new();
    let mut opened = None;
    for part in folder.components() {
        let base = opened.as_ref().map_or(CWD, std::os::fd::AsFd::as_fd);
        let flags = LOOK | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let next = File::from(openat(base, part.as_os_str(), flags, Mode::empty())?);
        path.push(part);
        let found = next.metadata()?;
        // Of a sticky folder others can change their own files only, and none on this way is theirs.
        let is_sticky = found.mode() & STICKY != 0 && (sticky_end || path != folder);
        if !is_trusted(&found) || others_write(&found) && !is_sticky {
            return Err(refused(&path));
        }
        opened = Some(next);
    }
    Ok(())
}

/// Opens a file in a private folder to read it.
///
/// # Errors
///
/// When another user could have written it, and when it cannot be opened.
pub fn open_private_file(path: &Path) -> io::Result<File> {
    let flags = OFlags::NOFOLLOW.bits().cast_signed();
    let file = File::options().read(true).custom_flags(flags).open(path)?;
    let found = file.metadata()?;
    if found.is_file() && is_trusted(&found) && !others_write(&found) {
        return Ok(file);
    }
    Err(refused(path))
}

fn is_trusted(found: &Metadata) -> bool {
    [0, geteuid().as_raw()].contains(&found.uid())
}

/// Returns whether another user than the owner may write. A group with the number of this user is the user's own.
fn others_write(found: &Metadata) -> bool {
    let group_writes = found.mode() & 0o020 != 0 && found.gid() != geteuid().as_raw();
    group_writes || found.mode() & 0o002 != 0
}

fn refused(path: &Path) -> io::Error {
    let message = format!("another user could have changed {}", path.display());
    io::Error::new(io::ErrorKind::PermissionDenied, message)
}
