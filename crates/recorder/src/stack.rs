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
    pub spool: u32,
}

thread_local! {
    static OPEN: RefCell<Vec<Open>> = RefCell::default();
}

/// Notes that code began.
pub fn push(open: Open) {
    with(|stack| stack.push(open));
}

/// Takes `code` off, when it is what runs in the current frame. Entries that another spool began
/// (before a fork, before a second `start`) are forgotten on the way.
///
/// The frame is asked for only when the code is open at all, which for an unwinding function it
/// is not.
pub fn take(
    code: *mut ffi::PyObject,
    spool: u32,
    frame: impl FnOnce() -> *mut ffi::PyFrameObject,
) -> Option<Open> {
    with(|stack| {
        if stack.is_empty() || !stack.iter().any(|open| open.code == code) {
            return None;
        }
        let frame = frame();
        stack.retain(|open| open.spool == spool);
        let found = stack
            .iter()
            .rposition(|open| open.code == code && open.frame == frame);
        found.map(|index| stack.remove(index))
    })
    .flatten()
}

/// A thread that is ending has no storage left; nothing is recorded for it then.
fn with<T>(then: impl FnOnce(&mut Vec<Open>) -> T) -> Option<T> {
    OPEN.try_with(|stack| {
        stack
            .try_borrow_mut()
            .ok()
            .map(|mut stack| then(&mut stack))
    })
    .ok()?
}
