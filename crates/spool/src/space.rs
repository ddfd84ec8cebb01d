//! Room on disk: taken before it is written to, given back once it is read.

use std::ffi::c_int;
use std::fs::File;
use std::io;
#[cfg(target_os = "linux")]
use std::mem::MaybeUninit;
use std::os::fd::AsRawFd;

/// Gives a piece of the file its room on disk, since to run out later would be a SIGBUS in the program.
/// Returns the flags to map it with.
///
/// Where written pages get a new place at each change, only room that is asked for by itself is kept. Its
/// pages come one by one, which costs less for all of them at once; of the file's beginning few may be
/// needed.
///
/// What is written to ext4 has its room reserved. It comes in large pieces there, in a quarter of the
/// time, and gets its place on the disk only seconds later: a file that is gone by then never had one
/// that would have to be freed, which can take milliseconds.
#[cfg(target_os = "linux")]
pub(crate) fn allocate(file: i32, offset: usize, length: usize) -> io::Result<i32> {
    let signed = |value: usize| libc::off_t::try_from(value).map_err(io::Error::other);
    within_limit(offset + length)?;
    if is_ext4(file) {
        return write_zeros(file, offset, length).map(|()| 0);
    }
    // SAFETY: a plain system call on a descriptor of the caller's.
    match unsafe { libc::posix_fallocate(file, signed(offset)?, signed(length)?) } {
        0 if offset == 0 => Ok(0),
        0 => Ok(libc::MAP_POPULATE),
        error => Err(io::Error::from_raw_os_error(error)),
    }
}

/// Without `posix_fallocate`, zeros are written.
#[cfg(not(target_os = "linux"))]
pub(crate) fn allocate(file: i32, offset: usize, length: usize) -> io::Result<i32> {
    within_limit(offset + length)?;
    write_zeros(file, offset, length).map(|()| 0)
}

/// Writes zeros, in as few calls as possible: the larger a piece, the larger the pages that it gets.
fn write_zeros(file: i32, offset: usize, length: usize) -> io::Result<()> {
    const AT_ONCE: usize = 64;
    static ZEROS: [u8; 1 << 14] = [0; 1 << 14];
    let mut done = 0;
    while done < length {
        let mut pieces = [libc::iovec {
            iov_base: ZEROS.as_ptr().cast_mut().cast(),
            iov_len: ZEROS.len(),
        }; AT_ONCE];
        let left = length - done;
        let count = left.div_ceil(ZEROS.len()).min(AT_ONCE);
        pieces[count - 1].iov_len = (left - (count - 1) * ZEROS.len()).min(ZEROS.len());
        let start = libc::off_t::try_from(offset + done).map_err(io::Error::other)?;
        // SAFETY: `count` pieces are within the array, each is as long as it says, and the call only reads
        // them.
        let written = unsafe { libc::pwritev(file, pieces.as_ptr(), count as c_int, start) };
        match usize::try_from(written) {
            Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
            Ok(written) => done += written,
            Err(_) => {
                let error = io::Error::last_os_error();
                if error.kind() != io::ErrorKind::Interrupted {
                    return Err(error);
                }
            }
        }
    }
    Ok(())
}

#[cfg(target_os = "linux")]
fn is_ext4(file: i32) -> bool {
    let mut system = MaybeUninit::<libc::statfs>::uninit();
    // SAFETY: the structure is ours, and is filled in when the call succeeds.
    unsafe {
        libc::fstatfs(file, system.as_mut_ptr()) == 0
            && system.assume_init().f_type == libc::EXT4_SUPER_MAGIC
    }
}

/// Refuses a file longer than the process may write: to try would be a SIGXFSZ in the program.
pub(crate) fn within_limit(length: usize) -> io::Result<()> {
    let mut limit = libc::rlimit {
        rlim_cur: 0,
        rlim_max: 0,
    };
    // SAFETY: the structure is ours.
    let known = unsafe { libc::getrlimit(libc::RLIMIT_FSIZE, &mut limit) } == 0;
    if known && limit.rlim_cur != libc::RLIM_INFINITY && length as u64 > limit.rlim_cur {
        return Err(io::Error::from_raw_os_error(libc::EFBIG));
    }
    Ok(())
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
