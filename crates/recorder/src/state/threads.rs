//! Threads and their numbers.

use std::cell::Cell;
use std::ptr;
use std::sync::atomic::{AtomicPtr, AtomicUsize, Ordering};

/// A thread in a spool: the spool's generation, and a number that counts from 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SpoolThreadId(u64);

/// No thread is there.
const NOBODY: usize = 0;

thread_local! {
    /// The id of this thread; 0 for one that has none.
    static OWN_ID: Cell<u64> = const { Cell::new(0) };
    static LEAVING: Leaving = const { Leaving };
}

impl SpoolThreadId {
    /// Makes the id of the thread with this number, in the spool of a generation, which is not 0.
    pub fn new(generation: u32, number: u32) -> Self {
        Self(u64::from(generation) << 32 | u64::from(number))
    }

    /// Returns the calling thread's own; `None` until it gets one in this generation.
    pub fn own(generation: u32) -> Option<Self> {
        let id = OWN_ID.get();
        (id >> 32 == u64::from(generation) && generation != 0).then_some(Self(id))
    }

    /// Returns the number of the thread in its spool.
    pub fn number(self) -> u32 {
        self.0 as u32
    }

    /// Makes this the calling thread's own.
    pub fn assign(self) {
        OWN_ID.set(self.0);
    }

    /// Has [`ended`] report this thread's end. Called before [`make_current`].
    pub fn announce_end(self) {
        // A thread that is ending already has no storage left, and is not reported.
        let _ = LEAVING.try_with(|_| ());
    }
}

/// Returns the address of the calling thread's own storage, which no other thread that runs has.
#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
#[inline(always)]
pub fn thread_pointer() -> usize {
    let address: usize;
    // A thread-local variable of an extension is found by a call that takes longer than all else that
    // an event needs.
    // SAFETY: by the ABI, the thread's own block begins with its address.
    unsafe {
        std::arch::asm!(
            "mov {}, qword ptr fs:[0]",
            out(reg) address,
            options(pure, readonly, nostack, preserves_flags)
        );
    }
    address
}

/// Returns the address of the calling thread's own storage, which no other thread that runs has.
#[cfg(not(all(target_os = "linux", target_arch = "x86_64")))]
#[inline(always)]
pub fn thread_pointer() -> usize {
    OWN_ID.with(|id| std::ptr::from_ref(id) as usize)
}

/// The pointer of the thread whose events may just be appended to what the spool has; [`NOBODY`] when
/// something is to be looked at first: another thread, a fork, no spool.
static CURRENT: AtomicUsize = AtomicUsize::new(NOBODY);

/// Returns whether the calling thread's next event may just be appended.
#[inline(always)]
pub fn is_current() -> bool {
    thread_pointer() == CURRENT.load(Ordering::Relaxed)
}

/// Lets the calling thread's events be appended, until it ends or [`interrupt`] is called.
pub fn make_current() {
    CURRENT.store(thread_pointer(), Ordering::Relaxed);
}

/// Sends the next event the long way, whatever thread it is on.
pub fn interrupt() {
    CURRENT.store(NOBODY, Ordering::Relaxed);
}

struct Leaving;

/// Threads that have ended since somebody asked.
static ENDED: AtomicPtr<Ended> = AtomicPtr::new(ptr::null_mut());

struct Ended {
    id: u64,
    next: *mut Ended,
}

impl Drop for Leaving {
    /// Runs without Python's lock, and maybe while another thread forks: so no lock is taken.
    fn drop(&mut self) {
        // Another thread may get this one's storage as soon as it has ended.
        let _ = CURRENT.compare_exchange(
            thread_pointer(),
            NOBODY,
            Ordering::Relaxed,
            Ordering::Relaxed,
        );
        let ended = Box::into_raw(Box::new(Ended {
            id: OWN_ID.get(),
            next: ptr::null_mut(),
        }));
        let mut first = ENDED.load(Ordering::Relaxed);
        loop {
            // SAFETY: nobody else has the node yet.
            unsafe { (*ended).next = first };
            match ENDED.compare_exchange_weak(first, ended, Ordering::Release, Ordering::Relaxed) {
                // So the very next event reports the end, before what follows a `join`.
                Ok(_) => return interrupt(),
                Err(other) => first = other,
            }
        }
    }
}

/// Takes the numbers of the threads of a generation that have ended since the last call.
pub fn ended(generation: u32) -> Vec<u32> {
    let mut numbers = Vec::new();
    if ENDED.load(Ordering::Relaxed).is_null() {
        return numbers;
    }
    let mut next = ENDED.swap(ptr::null_mut(), Ordering::Acquire);
    while !next.is_null() {
        // SAFETY: the list was taken as a whole, and each node came from a box.
        let ended = unsafe { Box::from_raw(next) };
        if ended.id >> 32 == u64::from(generation) {
            numbers.push(ended.id as u32);
        }
        next = ended.next;
    }
    numbers.reverse();
    numbers
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;
    use std::thread;

    use super::*;

    /// The lists of a process are one, and tests run on several threads.
    static ALONE: Mutex<()> = Mutex::new(());

    #[test]
    fn an_id_is_one_of_its_generation() {
        assert_eq!(SpoolThreadId::own(7), None);
        SpoolThreadId::new(7, 3).assign();
        assert_eq!(SpoolThreadId::own(7).map(SpoolThreadId::number), Some(3));
        assert_eq!(SpoolThreadId::own(8), None);
        assert_eq!(SpoolThreadId::own(0), None);
    }

    #[test]
    fn each_thread_has_a_pointer_of_its_own() {
        let here = thread_pointer();
        assert_eq!(here, thread_pointer());
        assert_ne!(here, NOBODY);
        let there = thread::spawn(thread_pointer).join().unwrap();
        assert_ne!(here, there);
    }

    #[test]
    fn the_end_of_a_thread_is_reported_once_and_interrupts() {
        let _alone = ALONE.lock().unwrap();
        make_current();
        assert!(is_current());
        for number in 0..3 {
            let run = move || {
                let id = SpoolThreadId::new(41, number);
                id.assign();
                id.announce_end();
            };
            thread::spawn(run).join().unwrap();
        }
        assert!(!is_current());
        assert_eq!(ended(41), [0, 1, 2]);
        assert_eq!(ended(41), []);
    }

    #[test]
    fn ends_of_another_generation_are_dropped() {
        let _alone = ALONE.lock().unwrap();
        let run = || {
            let id = SpoolThreadId::new(51, 0);
            id.assign();
            id.announce_end();
        };
        thread::spawn(run).join().unwrap();
        assert_eq!(ended(52), []);
        assert_eq!(ended(51), []);
    }

    #[test]
    fn a_thread_that_ends_is_not_current_any_more() {
        let _alone = ALONE.lock().unwrap();
        let run = || {
            SpoolThreadId::new(61, 0).announce_end();
            make_current();
            assert!(is_current());
        };
        thread::spawn(run).join().unwrap();
        assert_eq!(CURRENT.load(Ordering::Relaxed), NOBODY);
        ended(61);
    }
}
