//! Leases, which say that a file is nobody else's.

use std::fs::File;

/// Returns whether no other process has the file open or mapped. A lease for writing is granted for no other
/// file; it is given back at once.
#[cfg(target_os = "linux")]
pub(super) fn is_unshared(file: &File) -> bool {
    use std::os::fd::AsRawFd;

    /// The same on all of Linux; `libc` does not have it.
    const F_SETSIG: libc::c_int = 10;

    let file = file.as_raw_fd();
    // SAFETY: plain system calls on an open file. Who opens the file meanwhile waits until the lease is back,
    // and the signal that asks for it is one that does nothing.
    unsafe {
        libc::fcntl(file, F_SETSIG, libc::SIGURG);
        let is_granted = libc::fcntl(file, libc::F_SETLEASE, libc::F_WRLCK) == 0;
        if is_granted {
            libc::fcntl(file, libc::F_SETLEASE, libc::F_UNLCK);
        }
        is_granted
    }
}

/// Elsewhere there are no leases.
#[cfg(not(target_os = "linux"))]
pub(super) fn is_unshared(_: &File) -> bool {
    false
}
