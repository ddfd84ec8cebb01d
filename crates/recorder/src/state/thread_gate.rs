//! The thread whose events a recording may just append, and the threads that have ended.

use std::ptr;
use std::sync::atomic::{AtomicPtr, AtomicU32, AtomicUsize, Ordering};

use super::slots::{Slots, TakenSlot};

/// No thread is there.
const NOBODY: usize = 0;

/// The part of a recording that threads change as they end, and forks. They do so without its interpreter's lock.
#[derive(Default)]
pub struct GateState {
    /// The pointer of the thread whose events may just be appended to what the spool has; [`NOBODY`] when
    /// something is to be looked at first: another thread, a fork, no spool.
    current: AtomicUsize,
    /// The threads that have ended since somebody asked.
    ended: AtomicPtr<Ended>,
    /// The generation of the spool that the threads are in; 0 is none.
    generation: AtomicU32,
}

struct Ended {
    generation: u32,
    number: u32,
    next: *mut Ended,
}

static GATES: Slots<GateState> = Slots::new();

/// The gate of a recording, through which events go straight to the spool.
pub struct ThreadGate(TakenSlot<GateState>);

impl ThreadGate {
    /// Makes a gate, closed.
    pub fn new() -> Self {
        Self(GATES.take())
    }

    /// Returns what threads that end change.
    pub fn state(&self) -> &'static GateState {
        self.0.value()
    }

    /// Returns whether the calling thread's next event may just be appended.
    #[inline(always)]
    pub fn is_open(&self) -> bool {
        thread_pointer() == self.0.current.load(Ordering::Relaxed)
    }

    /// Lets the calling thread's events be appended, until it ends or [`close`](Self::close) is called.
    pub fn open(&self) {
        self.0.current.store(thread_pointer(), Ordering::Relaxed);
    }

    /// Sends the next event the long way, whatever thread it is on.
    pub fn close(&self) {
        self.0.close();
    }

    /// Closes the gate, for a spool of this generation; 0 for none.
    pub fn begin(&self, generation: u32) {
        self.close();
        self.0.generation.store(generation, Ordering::Relaxed);
    }

    /// Takes the numbers of the threads of a generation that have ended since the last call.
    pub fn ended(&self, generation: u32) -> Vec<u32> {
        let mut numbers = Vec::new();
        if self.0.ended.load(Ordering::Relaxed).is_null() {
            return numbers;
        }
        let mut next = self.0.ended.swap(ptr::null_mut(), Ordering::Acquire);
        while !next.is_null() {
            // SAFETY: the list was taken as a whole, and each node came from a box.
            let ended = unsafe { Box::from_raw(next) };
            if ended.generation == generation {
                numbers.push(ended.number);
            }
            next = ended.next;
        }
        numbers.reverse();
        numbers
    }
}

impl Drop for ThreadGate {
    fn drop(&mut self) {
        self.begin(0);
        self.ended(0);
    }
}

impl GateState {
    /// Returns whether the threads of a generation are still in the spool.
    pub fn is_at(&self, generation: u32) -> bool {
        self.generation.load(Ordering::Relaxed) == generation
    }

    /// Notes that the calling thread ends, which has this number in the spool of a generation. Runs without
    /// Python's lock, and maybe while another thread forks: so no lock is taken.
    pub fn end_thread(&self, generation: u32, number: u32) {
        // Another thread may get this one's storage as soon as it has ended.
        self.forget_thread();
        let ended = Box::into_raw(Box::new(Ended {
            generation,
            number,
            next: ptr::null_mut(),
        }));
        let mut first = self.ended.load(Ordering::Relaxed);
        loop {
            // SAFETY: nobody else has the node yet.
            unsafe { (*ended).next = first };
            let added = self.ended.compare_exchange_weak(
                first,
                ended,
                Ordering::Release,
                Ordering::Relaxed,
            );
            match added {
                // So the very next event reports the end, before what follows a `join`.
                Ok(_) => return self.close(),
                Err(other) => first = other,
            }
        }
    }

    fn forget_thread(&self) {
        let _ = self.current.compare_exchange(
            thread_pointer(),
            NOBODY,
            Ordering::Relaxed,
            Ordering::Relaxed,
        );
    }

    fn close(&self) {
        self.current.store(NOBODY, Ordering::Relaxed);
    }
}

/// Closes the gates of all recordings.
pub fn close_all() {
    GATES.values().for_each(GateState::close);
}

/// Returns the address of the calling thread's own storage, which no other thread that runs has.
#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
#[inline(always)]
fn thread_pointer() -> usize {
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
fn thread_pointer() -> usize {
    thread_local! {
        static OWN: u8 = const { 0 };
    }
    OWN.with(|own| std::ptr::from_ref(own) as usize)
}

#[cfg(test)]
mod tests {
    use std::thread;

    use super::*;

    #[test]
    fn each_thread_has_a_pointer_of_its_own() {
        let here = thread_pointer();
        assert_eq!(here, thread_pointer());
        assert_ne!(here, NOBODY);
        let there = thread::spawn(thread_pointer).join().unwrap();
        assert_ne!(here, there);
    }

    #[test]
    fn a_gate_is_open_for_one_thread_and_closed_at_the_end_of_any() {
        let gate = ThreadGate::new();
        gate.begin(41);
        assert!(!gate.is_open());
        gate.open();
        assert!(gate.is_open());
        let state = gate.state();
        for number in 0..3 {
            thread::spawn(move || state.end_thread(41, number))
                .join()
                .unwrap();
        }
        assert!(!gate.is_open());
        assert_eq!(gate.ended(41), [0, 1, 2]);
        assert_eq!(gate.ended(41), []);
    }

    #[test]
    fn ends_of_another_generation_are_dropped() {
        let gate = ThreadGate::new();
        gate.state().end_thread(51, 0);
        assert_eq!(gate.ended(52), []);
        assert_eq!(gate.ended(51), []);
    }

    #[test]
    fn a_thread_that_ends_closes_no_gate_but_its_own() {
        let (own, other) = (ThreadGate::new(), ThreadGate::new());
        own.open();
        other.open();
        own.state().end_thread(1, 0);
        assert!(!own.is_open());
        assert!(other.is_open());
    }
}
