//! Writing a spool from inside the recorded process.

use std::ffi::CString;
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::ptr::{self, NonNull};
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::thread;
use std::time::Duration;

use crate::event::{Event, is_event};
use crate::layout::{
    CHUNK, FIRST_CHUNK, FORKS, HEADER, KIND, MAGIC, NEVER, READ, RESERVE, SKIP, UNREAD, VALUED,
    WORD, in_words,
};
use crate::record::Record;
use crate::space::allocate;

/// The time that the writer waits for a reader that does not move at all.
const PATIENCE: Duration = Duration::from_secs(2);

/// The time that it sleeps between two looks at the reader.
const NAP: Duration = Duration::from_millis(1);

/// Appends events and records to a spool.
///
/// No file stays open: a descriptor would shift the numbers that the program sees, and after the
/// program's own `os.closerange` it would be somebody else's file. Each chunk is opened by path,
/// given its room on disk, mapped and closed again.
pub struct Writer {
    path: CString,
    chunk: Chunk,
    /// The chunk with the header, once it is full.
    first: Option<Chunk>,
    /// The offset in the file at which the chunk after this one begins.
    end: usize,
    position: usize,
    /// The position up to which events may go in this chunk. Behind it is room for a word to skip the rest, and
    /// for a last record.
    limit: usize,
    /// The positions at which the last event with values begins and ends.
    valued: (usize, usize),
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
            first: None,
            end: FIRST_CHUNK,
            position: 0,
            limit: limit(FIRST_CHUNK),
            valued: (0, 0),
            buffer: Vec::new(),
        };
        writer.put(&MAGIC);
        writer.position = HEADER;
        Ok(writer)
    }

    /// Appends one event.
    ///
    /// # Errors
    ///
    /// When there is no room for it: a full disk, or nobody reads. The spool ends before it.
    #[inline(always)]
    pub fn push(&mut self, event: Event) -> io::Result<()> {
        if self.position >= self.limit {
            self.make_room(RESERVE)?;
        }
        // SAFETY: the position is a multiple of a word's size, and less than `limit`, so that the
        // word is within the chunk; chunks start at a page.
        let place =
            unsafe { AtomicU32::from_ptr(self.chunk.start.add(self.position).cast().as_ptr()) };
        place.store(event.word().to_le(), Ordering::Release);
        self.position += WORD;
        Ok(())
    }

    /// Appends one event with values.
    ///
    /// # Errors
    ///
    /// As for [`push`](Self::push).
    #[inline]
    pub fn push_valued(&mut self, event: Event, values: &[u8]) -> io::Result<()> {
        let length = WORD + values.len();
        let word = u32::try_from(length).ok().filter(|word| word & KIND == 0);
        let word = word.ok_or_else(|| io::Error::other("there are too many values"))?;
        let needed = WORD + in_words(length);
        if !self.has_room(in_words(length), RESERVE) {
            self.make_room(needed + RESERVE)?;
        }
        let start = self.position;
        let room = &mut self.chunk.bytes()[start..start + needed];
        room[WORD..2 * WORD].copy_from_slice(&event.word().to_le_bytes());
        room[2 * WORD..WORD + length].copy_from_slice(values);
        self.position += needed;
        self.seal(start, VALUED | word);
        self.valued = (start, self.position);
        Ok(())
    }

    /// Returns the event that was appended last, if there was no record after it. What looks like one may
    /// also be the end of a record.
    pub fn last(&self) -> Option<Event> {
        let at = match self.valued {
            (start, end) if end == self.position => start + WORD,
            _ => self.position.checked_sub(WORD)?,
        };
        // SAFETY: what lies before the position is within the chunk, and was written by this thread or
        // by one that held the same lock.
        let word = unsafe { self.chunk.start.add(at).cast::<u32>().read() };
        let word = u32::from_le(word);
        Event::of(word).filter(|_| is_event(word))
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
            .filter(|length| length & KIND == 0);
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

    /// Returns whether a record, its word and the word after it leave `reserve` bytes of this chunk free.
    fn has_room(&self, length: usize, reserve: usize) -> bool {
        self.position + WORD + length + WORD + reserve <= self.chunk.length
    }

    /// Moves to a new chunk of at least `needed` bytes.
    #[cold]
    fn make_room(&mut self, needed: usize) -> io::Result<()> {
        self.wait_for_reader()?;
        let length = (needed + WORD).next_multiple_of(CHUNK);
        let next = Chunk::map(&self.path, 0, self.end, length)?;
        let rest = self.chunk.length - self.position - WORD;
        self.seal(self.position, SKIP | rest as u32);
        let full = std::mem::replace(&mut self.chunk, next);
        self.first.get_or_insert(full);
        self.end += length;
        self.position = 0;
        self.limit = limit(length);
        Ok(())
    }

    /// Waits while there is much that nobody has read, for as long as the reader goes on.
    fn wait_for_reader(&self) -> io::Result<()> {
        let mut last = self.read();
        let mut waited = Duration::ZERO;
        while last == NEVER || last + (UNREAD as u64) < self.end as u64 {
            if last == NEVER || waited >= PATIENCE {
                return Err(io::Error::new(
                    io::ErrorKind::TimedOut,
                    "nobody reads what is recorded",
                ));
            }
            thread::sleep(NAP);
            waited += NAP;
            let read = self.read();
            if read != last {
                last = read;
                waited = Duration::ZERO;
            }
        }
        Ok(())
    }

    /// Returns the offset that the reader has read up to.
    fn read(&self) -> u64 {
        // SAFETY: the first chunk is larger than the header, starts at a page, and stays mapped.
        let read = unsafe { AtomicU64::from_ptr(self.header().add(READ).cast().as_ptr()) };
        u64::from_le(read.load(Ordering::Relaxed))
    }

    /// Notes that the calling process, a fork of the one whose spool this is, can have none of its own because of an
    /// error of the operating system. No file is needed for it.
    pub fn note_fork(&self, error: i32) {
        // SAFETY: as for `read`; both numbers are within the header.
        let [forks, latest] = [FORKS, FORKS + WORD].map(|offset| unsafe {
            AtomicU32::from_ptr(self.header().add(offset).cast().as_ptr())
        });
        latest.store(error.cast_unsigned().to_le(), Ordering::Relaxed);
        let _ = forks.fetch_update(Ordering::Release, Ordering::Relaxed, |count| {
            Some(u32::from_le(count).saturating_add(1).to_le())
        });
    }

    fn header(&self) -> NonNull<u8> {
        self.first.as_ref().unwrap_or(&self.chunk).start
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

/// Returns the position up to which events may go in a chunk of this length.
fn limit(length: usize) -> usize {
    length - RESERVE - WORD
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
        let from = libc::off_t::try_from(offset).map_err(io::Error::other)?;
        // SAFETY: `path` is a C string; the descriptor is closed below on every way out.
        let file =
            unsafe { libc::open(path.as_ptr(), libc::O_RDWR | libc::O_CLOEXEC | flags, 0o600) };
        if file < 0 {
            return Err(io::Error::last_os_error());
        }
        let mapped = allocate(file, offset, length).and_then(|populate| {
            let protection = libc::PROT_READ | libc::PROT_WRITE;
            // SAFETY: a new mapping at an address of the kernel's choice disturbs nobody.
            let start = unsafe {
                libc::mmap(
                    ptr::null_mut(),
                    length,
                    protection,
                    libc::MAP_SHARED | populate,
                    file,
                    from,
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
