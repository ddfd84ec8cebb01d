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

/// What a thread runs.
#[derive(Default)]
struct Stack {
    open: Vec<Open>,
    /// What returned last, while no other module code has begun.
    returned: Option<Open>,
}

thread_local! {
    static STACK: RefCell<Stack> = RefCell::default();
}

/// Notes that code began.
pub fn push(open: Open) {
    with(|stack| stack.open.push(open));
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
        let open = &mut stack.open;
        if open.is_empty() || !open.iter().any(|open| open.code == code) {
            return None;
        }
        let frame = frame();
        open.retain(|open| open.spool == spool);
        let found = open
            .iter()
            .rposition(|open| open.code == code && open.frame == frame);
        found.map(|index| open.remove(index))
    })
    .flatten()
}

/// Whether `code` in the current frame is open in this spool. The frame is asked for as in [`take`].
pub fn is_open(
    code: *mut ffi::PyObject,
    spool: u32,
    frame: impl FnOnce() -> *mut ffi::PyFrameObject,
) -> bool {
    let is_open = |stack: &mut Stack| {
        let mut runs = stack
            .open
            .iter()
            .filter(|open| open.code == code && open.spool == spool);
        let first = runs.next()?;
        let frame = frame();
        Some(first.frame == frame || runs.any(|open| open.frame == frame))
    };
    with(is_open).flatten().unwrap_or(false)
}

/// Notes that code returned: an exception may leave it yet, when a tool of `sys.monitoring` that is
/// told of the return later raises.
pub fn keep_returned(open: Open) {
    with(|stack| stack.returned = Some(open));
}

/// Forgets what returned: other code begins, which may be where that was.
pub fn forget_returned() {
    with(|stack| stack.returned = None);
}

/// Takes what returned last, when it is `code` in the current frame.
pub fn take_returned(
    code: *mut ffi::PyObject,
    spool: u32,
    frame: impl FnOnce() -> *mut ffi::PyFrameObject,
) -> Option<Open> {
    with(|stack| {
        let is_same = |open: &Open| open.code == code && open.spool == spool;
        let returned = stack.returned.filter(is_same)?;
        stack.returned = None;
        (returned.frame == frame()).then_some(returned)
    })
    .flatten()
}

/// A thread that is ending has no storage left; nothing is recorded for it then.
fn with<T>(then: impl FnOnce(&mut Stack) -> T) -> Option<T> {
    STACK
        .try_with(|stack| {
            stack
                .try_borrow_mut()
                .ok()
                .map(|mut stack| then(&mut stack))
        })
        .ok()?
}
