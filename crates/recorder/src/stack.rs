//! The module code that runs on the calling thread.

use std::cell::RefCell;

use pyo3::ffi;

/// Module code that began and is not over.
#[derive(Clone, Copy)]
pub struct Open {
    /// Its code object, alive while it runs.
    pub code: *mut ffi::PyObject,
    /// Its frame object, alive while it runs: CPython makes one for each frame that is asked for
    /// and keeps it until the frame is left. Tells two runs of one code object apart.
    pub frame: *mut ffi::PyFrameObject,
    /// Its number in the spool.
    pub body: u64,
    /// The spool that has its beginning; 0 is none.
    pub spool: u64,
}

/// What a thread knows of itself.
#[derive(Default)]
struct Thread {
    open: Vec<Open>,
    /// The thread's number in a spool, and that spool.
    number: Option<(u64, u64)>,
}

thread_local! {
    static THREAD: RefCell<Thread> = RefCell::default();
}

/// Notes that code began.
pub fn push(open: Open) {
    with(|thread| thread.open.push(open));
}

/// Takes `code` off, when it is what runs in the current frame. Entries that another spool began
/// (before a fork, before a second `start`) are forgotten on the way.
///
/// The frame is asked for only when the code is open at all, which for an unwinding function it
/// is not.
pub fn take(
    code: *mut ffi::PyObject,
    spool: u64,
    frame: impl FnOnce() -> *mut ffi::PyFrameObject,
) -> Option<Open> {
    with(|thread| {
        if thread.open.is_empty() || !thread.open.iter().any(|open| open.code == code) {
            return None;
        }
        let frame = frame();
        thread.open.retain(|open| open.spool == spool);
        let found = thread
            .open
            .iter()
            .rposition(|open| open.code == code && open.frame == frame);
        found.map(|index| thread.open.remove(index))
    })
    .flatten()
}

/// The thread's number in `spool`; `next` gives it one at its first module code.
pub fn number(spool: u64, next: impl FnOnce() -> u64) -> u64 {
    with(|thread| match thread.number {
        Some((of, number)) if of == spool => number,
        _ => {
            let number = next();
            thread.number = Some((spool, number));
            number
        }
    })
    .unwrap_or_default()
}

/// A thread that is ending has no storage left; nothing is recorded for it then.
fn with<T>(then: impl FnOnce(&mut Thread) -> T) -> Option<T> {
    THREAD
        .try_with(|thread| {
            thread
                .try_borrow_mut()
                .ok()
                .map(|mut thread| then(&mut thread))
        })
        .ok()?
}
