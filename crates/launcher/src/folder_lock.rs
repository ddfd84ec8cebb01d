//! The lock by which one truename at a time works in a folder.

use std::fs::{self, File};
use std::os::fd::AsRawFd;
use std::path::{Path, PathBuf};

use rustix::fs::{FlockOperation, flock};
use rustix::io::Errno;

/// A folder that is this process's to record into or to finish, as long as the value lives. The lock of a
/// truename that is killed goes with it.
#[must_use]
pub(super) struct FolderLock {
    folder: Option<File>,
}

impl FolderLock {
    /// Locks a folder; `None` when another truename is at work in it. Where there are no locks, as on
    /// some network drives, each is granted.
    pub(super) fn acquire(folder: &Path) -> Option<Self> {
        let folder = File::open(folder).ok();
        if let Some(folder) = &folder {
            let locked = flock(folder, FlockOperation::NonBlockingLockExclusive);
            if locked == Err(Errno::WOULDBLOCK) {
                return None;
            }
        }
        Some(Self { folder })
    }

    /// Finds the folder, which may have another name by now; `None` where it was removed, or nobody knows.
    pub(super) fn find(&self) -> Option<PathBuf> {
        let descriptor = self.folder.as_ref()?.as_raw_fd();
        let path = fs::read_link(format!("/proc/self/fd/{descriptor}")).ok()?;
        path.is_dir().then_some(path)
    }
}
