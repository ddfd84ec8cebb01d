//! The calls of shared code that run on the calling thread, and what each of them was told as.
//!
//! What filters say of shared code depends on its namespace, which may have another name when a call ends.
//! A call ends as what it began as.

use std::cell::RefCell;

use pyo3::ffi;

use crate::codes::Known;

/// A call that began when its code was shared already.
#[derive(Clone, Copy)]
pub struct Call {
    /// Its code object, alive while it runs.
    pub code: *mut ffi::PyObject,
    /// Its frame object, alive while it runs, which tells it from all others that do.
    pub frame: *mut ffi::PyFrameObject,
    /// The spool that has its beginning.
    pub spool: u32,
}

#[derive(Default)]
struct Running {
    /// Mostly from the outside in. Greenlets have a stack each.
    calls: Vec<(Call, Known)>,
    /// What returned last, while no other call has begun.
    returned: Option<(Call, Known)>,
}

thread_local! {
    static RUNNING: RefCell<Running> = RefCell::default();
}

/// Notes what a call is in the spool that begins or goes on.
pub fn begin(call: Call, known: Known) {
    with(|running| {
        running.returned = None;
        running.calls.push((call, known));
    });
}

/// What a call is in its spool; [`Known::No`] if that is another one than it began in, and `None` if
/// it did not begin as one of shared code.
pub fn find(call: Call) -> Option<Known> {
    with(|running| {
        let (found, known) = running.calls[running.position(call)?];
        Some(match found.spool == call.spool {
            true => known,
            false => Known::No,
        })
    })
    .flatten()
}

/// Notes that a call is over, or suspended.
pub fn end(call: Call, is_returned: bool) {
    with(|running| {
        let ended = running
            .position(call)
            .map(|index| running.calls.remove(index));
        running.returned = ended.filter(|_| is_returned);
    });
}

/// Notes that a call did not return, if it is the one that returned last.
pub fn open_again(call: Call) {
    with(|running| {
        let returned = running.returned.take();
        running.calls.extend(returned.filter(|(it, _)| it.is(call)));
    });
}

impl Call {
    fn is(self, other: Self) -> bool {
        self.code == other.code && self.frame == other.frame
    }
}

impl Running {
    fn position(&self, call: Call) -> Option<usize> {
        self.calls.iter().rposition(|(it, _)| it.is(call))
    }
}

/// A thread that is ending has no calls any more.
fn with<T>(task: impl FnOnce(&mut Running) -> T) -> Option<T> {
    let task = |running: &RefCell<Running>| task(&mut running.borrow_mut());
    RUNNING.try_with(task).ok()
}
