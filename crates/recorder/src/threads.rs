//! Threads and their numbers.

use std::cell::Cell;
use std::ptr;
use std::sync::atomic::{AtomicPtr, AtomicUsize, Ordering};

/// A thread in a spool: the spool's generation, and a number that counts from 0.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Mark(u64);

/// No thread is there.
const NOBODY: usize = 0;

thread_local! {
    /// The mark of this thread; 0 for one that has none.
    static MARK: Cell<u64> = const { Cell::new(0) };
    static LEAVING: Leaving = const { Leaving };
}

impl Mark {
    /// The mark of the thread with this number, in the spool of a generation, which is not 0.
    pub fn new(generation: u32, number: u32) -> Self {
        Self(u64::from(generation) << 32 | u64::from(number))
    }

    /// The calling thread's own; `None` until it gets one in this generation.
    pub fn own(generation: u32) -> Option<Self> {
        let mark = MARK.get();
        (mark >> 32 == u64::from(generation) && generation != 0).then_some(Self(mark))
    }

    pub fn number(self) -> u32 {
        self.0 as u32
    }

    /// Makes this the calling thread's own.
    pub fn assign(self) {
        MARK.set(self.0);
    }

    /// Has [`ended`] tell of this thread's end. Before [`make_current`].
    pub fn announce_end(self) {
        // (a thread that is ending already has nobody to tell)
        let _ = LEAVING.try_with(|_| ());
    }
}

/// Where the calling thread keeps what is its own: no other thread that runs has this address.
#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
#[inline(always)]
pub fn here() -> usize {
    let address: usize;
    // SAFETY: by the ABI, the thread's own block begins with its address. (A thread-local variable
    // of an extension is found by a call that takes longer than all else that an event needs.)
    unsafe {
        std::arch::asm!(
            "mov {}, qword ptr fs:[0]",
            out(reg) address,
            options(pure, readonly, nostack, preserves_flags)
        );
    }
    address
}

/// Where the calling thread keeps what is its own: no other thread that runs has this address.
#[cfg(not(all(target_os = "linux", target_arch = "x86_64")))]
#[inline(always)]
pub fn here() -> usize {
    MARK.with(|mark| std::ptr::from_ref(mark) as usize)
}

/// Where the thread is whose events may just be appended to what the spool has; [`NOBODY`] when
/// something is to be looked at first: another thread, a fork, no spool.
static CURRENT: AtomicUsize = AtomicUsize::new(NOBODY);

/// Whether the calling thread's next event may just be appended.
#[inline(always)]
pub fn is_current() -> bool {
    here() == CURRENT.load(Ordering::Relaxed)
}

/// Lets the calling thread's events be appended, until it ends or [`interrupt`] is called.
pub fn make_current() {
    CURRENT.store(here(), Ordering::Relaxed);
}

/// Has the next event looked at, whatever thread it is on.
pub fn interrupt() {
    CURRENT.store(NOBODY, Ordering::Relaxed);
}

struct Leaving;

/// Threads that have ended since somebody asked.
static ENDED: AtomicPtr<Ended> = AtomicPtr::new(ptr::null_mut());

struct Ended {
    mark: u64,
    next: *mut Ended,
}

impl Drop for Leaving {
    /// Runs without Python's lock, and maybe while another thread forks: so no lock is taken.
    fn drop(&mut self) {
        // Another thread may be where this one was as soon as it has ended.
        let _ = CURRENT.compare_exchange(here(), NOBODY, Ordering::Relaxed, Ordering::Relaxed);
        let ended = Box::into_raw(Box::new(Ended {
            mark: MARK.get(),
            next: ptr::null_mut(),
        }));
        let mut first = ENDED.load(Ordering::Relaxed);
        loop {
            // SAFETY: nobody else has the node yet.
            unsafe { (*ended).next = first };
            match ENDED.compare_exchange_weak(first, ended, Ordering::Release, Ordering::Relaxed) {
                // (so that the very next event tells of the end, before what follows a `join`)
                Ok(_) => return interrupt(),
                Err(other) => first = other,
            }
        }
    }
}

/// The numbers of the threads of a generation that have ended since the last call.
pub fn ended(generation: u32) -> Vec<u32> {
    let mut numbers = Vec::new();
    if ENDED.load(Ordering::Relaxed).is_null() {
        return numbers;
    }
    let mut next = ENDED.swap(ptr::null_mut(), Ordering::Acquire);
    while !next.is_null() {
        // SAFETY: the list was taken as a whole, and each node came from a box.
        let ended = unsafe { Box::from_raw(next) };
        if ended.mark >> 32 == u64::from(generation) {
            numbers.push(ended.mark as u32);
        }
        next = ended.next;
    }
    numbers.reverse();
    numbers
}
