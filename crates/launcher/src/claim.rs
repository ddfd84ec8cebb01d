//! One truename at a time in a folder.

use std::fs::File;
use std::io;
use std::os::fd::AsRawFd;
use std::path::Path;

/// A folder that is this process's to record into or to finish, as long as the value lives. The claim of a
/// truename that is killed goes with it.
#[must_use]
pub(super) struct Claim {
    _folder: Option<File>,
}

impl Claim {
    /// Claims a folder; `None` when another truename is at work in it. Where there are no locks, as on
    /// some network drives, each claim is granted.
    pub(super) fn lay(folder: &Path) -> Option<Self> {
        let folder = File::open(folder).ok();
        if let Some(folder) = &folder {
            // SAFETY: a plain system call on a descriptor that is open.
            let answer = unsafe { libc::flock(folder.as_raw_fd(), libc::LOCK_EX | libc::LOCK_NB) };
            if answer != 0 && io::Error::last_os_error().kind() == io::ErrorKind::WouldBlock {
                return None;
            }
        }
        Some(Self { _folder: folder })
    }
}
