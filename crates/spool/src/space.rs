//! Room on disk: taken before it is written to, given back once it is read.

use std::fs::File;
use std::io;
use std::os::fd::AsRawFd;

/// Has all pages of a mapping there at once.
#[cfg(target_os = "linux")]
pub(crate) const POPULATE: i32 = libc::MAP_POPULATE;

/// Elsewhere pages come one by one.
#[cfg(not(target_os = "linux"))]
pub(crate) const POPULATE: i32 = 0;

/// Gives the beginning of an empty file its room on disk, as [`allocate`] does, in a way that costs
/// little where the file does not live long.
///
/// What is written to ext4 has its room reserved, but gets its place on the disk only seconds later. A
/// file that is gone by then never had one that would have to be freed, which can take milliseconds.
/// (Elsewhere written pages may get a new place at each change, and there may be none.)
#[cfg(target_os = "linux")]
pub(crate) fn allocate_first(file: i32, length: usize) -> io::Result<()> {
    use std::mem::{ManuallyDrop, MaybeUninit};
    use std::os::fd::FromRawFd;
    use std::os::unix::fs::FileExt;
    let mut system = MaybeUninit::<libc::statfs>::uninit();
    // SAFETY: the structure is ours.
    let known = unsafe { libc::fstatfs(file, system.as_mut_ptr()) } == 0;
    // SAFETY: the call succeeded, so the structure is filled in.
    if !known || unsafe { system.assume_init() }.f_type != libc::EXT4_SUPER_MAGIC {
        return allocate(file, 0, length);
    }
    within_limit(libc::off_t::try_from(length).map_err(io::Error::other)?)?;
    // SAFETY: `file` is open, and `ManuallyDrop` leaves closing it to the caller.
    let file = ManuallyDrop::new(unsafe { File::from_raw_fd(file) });
    file.write_all_at(&vec![0; length], 0)
}

/// Elsewhere it is like any other piece.
#[cfg(not(target_os = "linux"))]
pub(crate) fn allocate_first(file: i32, length: usize) -> io::Result<()> {
    allocate(file, 0, length)
}

/// Gives a piece of the file its room on disk: to run out later would be a SIGBUS in the program.
#[cfg(target_os = "linux")]
pub(crate) fn allocate(file: i32, offset: libc::off_t, length: usize) -> io::Result<()> {
    let length = libc::off_t::try_from(length).map_err(io::Error::other)?;
    within_limit(offset + length)?;
    // SAFETY: a plain system call on a descriptor of the caller's.
    match unsafe { libc::posix_fallocate(file, offset, length) } {
        0 => Ok(()),
        error => Err(io::Error::from_raw_os_error(error)),
    }
}

/// Refuses a file longer than the process may write: to try would be a SIGXFSZ in the program.
#[cfg(target_os = "linux")]
fn within_limit(length: libc::off_t) -> io::Result<()> {
    let mut limit = libc::rlimit {
        rlim_cur: 0,
        rlim_max: 0,
    };
    // SAFETY: the structure is ours.
    let known = unsafe { libc::getrlimit(libc::RLIMIT_FSIZE, &mut limit) } == 0;
    if known && limit.rlim_cur != libc::RLIM_INFINITY && length.unsigned_abs() > limit.rlim_cur {
        return Err(io::Error::from_raw_os_error(libc::EFBIG));
    }
    Ok(())
}

/// Without `posix_fallocate`, zeros are written.
#[cfg(not(target_os = "linux"))]
pub(crate) fn allocate(file: i32, offset: libc::off_t, length: usize) -> io::Result<()> {
    use std::io::{Seek, SeekFrom, Write};
    use std::mem::ManuallyDrop;
    use std::os::fd::FromRawFd;
    // SAFETY: `file` is open, and `ManuallyDrop` leaves closing it to the caller.
    let mut file = ManuallyDrop::new(unsafe { File::from_raw_fd(file) });
    file.seek(SeekFrom::Start(offset as u64))?;
    file.write_all(&vec![0; length])
}

/// Gives a piece of the file back to the disk; the file keeps its length. A file system that
/// cannot keeps the room.
#[cfg(target_os = "linux")]
pub(crate) fn free(file: &File, offset: u64, length: u64) -> io::Result<()> {
    let signed = |value: u64| libc::off_t::try_from(value).map_err(io::Error::other);
    let mode = libc::FALLOC_FL_PUNCH_HOLE | libc::FALLOC_FL_KEEP_SIZE;
    // SAFETY: a plain system call on an open file.
    let answer =
        unsafe { libc::fallocate(file.as_raw_fd(), mode, signed(offset)?, signed(length)?) };
    let error = io::Error::last_os_error();
    if answer == 0 || error.raw_os_error() == Some(libc::EOPNOTSUPP) {
        return Ok(());
    }
    Err(error)
}

/// Elsewhere the room stays taken until the spool is removed.
#[cfg(not(target_os = "linux"))]
pub(crate) fn free(_: &File, _: u64, _: u64) -> io::Result<()> {
    Ok(())
}
