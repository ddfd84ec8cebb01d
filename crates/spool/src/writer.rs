//! Writing a spool from inside the recorded process.

use std::ffi::CString;
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::ptr::{self, NonNull};
use std::sync::atomic::{AtomicU32, Ordering};

use crate::Record;
use crate::layout::{CHUNK, FIRST_CHUNK, MAGIC, RESERVE, SKIP, WORD, in_words};

/// Appends records to a spool.
///
/// No file stays open: a descriptor would shift the numbers that the program sees, and after the
/// program's own `os.closerange` it would be somebody else's file. Each chunk is opened by path,
/// given its room on disk, mapped and closed again.
pub struct Writer {
    path: CString,
    chunk: Chunk,
    /// Where the chunk after this one begins in the file.
    end: usize,
    position: usize,
    buffer: Vec<u8>,
}

impl Writer {
    /// Creates the spool; there must be no such file.
    ///
    /// # Errors
    ///
    /// Whatever the operating system says, a full disk included.
    pub fn create(path: &Path) -> io::Result<Self> {
        let path = CString::new(path.as_os_str().as_bytes())?;
        let chunk = Chunk::map(&path, libc::O_CREAT | libc::O_EXCL, 0, FIRST_CHUNK)?;
        let mut writer = Self {
            path,
            chunk,
            end: FIRST_CHUNK,
            position: 0,
            buffer: Vec::new(),
        };
        writer.put(&MAGIC);
        Ok(writer)
    }

    /// Appends one record.
    ///
    /// # Errors
    ///
    /// When there is no room for it, a full disk for one; the spool ends before it.
    pub fn append(&mut self, record: &Record<'_>) -> io::Result<()> {
        self.write(record, RESERVE)
    }

    /// Appends the last record, a short one, for which room is kept in case there is no more.
    ///
    /// # Errors
    ///
    /// As for [`append`](Self::append), when it is not short.
    pub fn append_last(&mut self, record: &Record<'_>) -> io::Result<()> {
        self.write(record, 0)
    }

    fn write(&mut self, record: &Record<'_>, reserve: usize) -> io::Result<()> {
        let mut buffer = std::mem::take(&mut self.buffer);
        buffer.clear();
        let buffer = postcard::to_extend(record, buffer).map_err(io::Error::other)?;
        let length = u32::try_from(buffer.len())
            .ok()
            .filter(|length| *length < SKIP);
        let length = length.ok_or_else(|| io::Error::other("a record is too large"))?;
        if !self.has_room(in_words(buffer.len()), reserve) {
            self.make_room(WORD + in_words(buffer.len()) + RESERVE)?;
        }
        let word = self.position;
        self.position += WORD;
        self.put(&buffer);
        self.seal(word, length);
        self.buffer = buffer;
        Ok(())
    }

    /// Whether a record, its word and the word after it leave `reserve` bytes of this chunk free.
    fn has_room(&self, length: usize, reserve: usize) -> bool {
        self.position + WORD + length + WORD + reserve <= self.chunk.length
    }

    /// Moves to a new chunk of at least `needed` bytes.
    fn make_room(&mut self, needed: usize) -> io::Result<()> {
        let length = (needed + WORD).next_multiple_of(CHUNK);
        let next = Chunk::map(&self.path, 0, self.end, length)?;
        let rest = self.chunk.length - self.position - WORD;
        self.seal(self.position, SKIP | rest as u32);
        self.chunk = next;
        self.end += length;
        self.position = 0;
        Ok(())
    }

    fn put(&mut self, bytes: &[u8]) {
        let room = &mut self.chunk.bytes()[self.position..self.position + bytes.len()];
        room.copy_from_slice(bytes);
        self.position += in_words(bytes.len());
    }

    /// Writes a record's word, which makes the record part of the spool.
    fn seal(&mut self, position: usize, word: u32) {
        let place = &mut self.chunk.bytes()[position..position + WORD];
        // SAFETY: the slice is four bytes long and aligned: chunks start at a page and positions
        // are whole words.
        let place = unsafe { AtomicU32::from_ptr(place.as_mut_ptr().cast()) };
        place.store(word.to_le(), Ordering::Release);
    }
}

/// A mapped piece of the file.
struct Chunk {
    start: NonNull<u8>,
    length: usize,
}

// SAFETY: the mapping belongs to the chunk alone and can be used from any thread.
unsafe impl Send for Chunk {}

impl Chunk {
    fn map(path: &CString, flags: i32, offset: usize, length: usize) -> io::Result<Self> {
        let offset = libc::off_t::try_from(offset).map_err(io::Error::other)?;
        // SAFETY: `path` is a C string; the descriptor is closed below on every way out.
        let file =
            unsafe { libc::open(path.as_ptr(), libc::O_RDWR | libc::O_CLOEXEC | flags, 0o600) };
        if file < 0 {
            return Err(io::Error::last_os_error());
        }
        let mapped = allocate(file, offset, length).and_then(|()| {
            let protection = libc::PROT_READ | libc::PROT_WRITE;
            // SAFETY: a new mapping at an address of the kernel's choice disturbs nobody.
            let start = unsafe {
                libc::mmap(
                    ptr::null_mut(),
                    length,
                    protection,
                    libc::MAP_SHARED,
                    file,
                    offset,
                )
            };
            match NonNull::new(start.cast::<u8>()) {
                Some(start) if start.as_ptr().cast() != libc::MAP_FAILED => Ok(start),
                _ => Err(io::Error::last_os_error()),
            }
        });
        // SAFETY: `file` is this function's own, and a mapping outlives its descriptor.
        unsafe { libc::close(file) };
        Ok(Self {
            start: mapped?,
            length,
        })
    }

    fn bytes(&mut self) -> &mut [u8] {
        // SAFETY: the mapping is `length` bytes long, lives as long as `self`, and its pages have
        // room on disk, so that touching them cannot raise SIGBUS.
        unsafe { std::slice::from_raw_parts_mut(self.start.as_ptr(), self.length) }
    }
}

impl Drop for Chunk {
    fn drop(&mut self) {
        // SAFETY: the mapping is the chunk's own and nobody uses it afterwards.
        unsafe { libc::munmap(self.start.as_ptr().cast(), self.length) };
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

/// Gives a piece of the file its room on disk: to run out later would be a SIGBUS in the program.
#[cfg(target_os = "linux")]
fn allocate(file: i32, offset: libc::off_t, length: usize) -> io::Result<()> {
    let length = libc::off_t::try_from(length).map_err(io::Error::other)?;
    within_limit(offset + length)?;
    // SAFETY: a plain system call on a descriptor of ours.
    match unsafe { libc::posix_fallocate(file, offset, length) } {
        0 => Ok(()),
        error => Err(io::Error::from_raw_os_error(error)),
    }
}

/// Without `posix_fallocate`, zeros are written.
#[cfg(not(target_os = "linux"))]
fn allocate(file: i32, offset: libc::off_t, length: usize) -> io::Result<()> {
    use std::io::{Seek, SeekFrom, Write};
    use std::mem::ManuallyDrop;
    use std::os::fd::FromRawFd;
    // SAFETY: `file` is open, and `ManuallyDrop` leaves closing it to the caller.
    let mut file = ManuallyDrop::new(unsafe { std::fs::File::from_raw_fd(file) });
    file.seek(SeekFrom::Start(offset as u64))?;
    file.write_all(&vec![0; length])
}
