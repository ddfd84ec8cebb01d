//! Mistakes of the recorder's own, of which the program must not notice anything.

use std::panic::{self, AssertUnwindSafe};
use std::sync::{Once, OnceLock};

use pyo3::prelude::*;

use crate::journal;

/// What the first panic said.
static FIRST: OnceLock<String> = OnceLock::new();

/// Has kept what a panic says, which would go to the program's standard error. The hook is this library's
/// alone: it has a standard library of its own.
pub fn watch() {
    static SET: Once = Once::new();
    SET.call_once(|| {
        panic::set_hook(Box::new(|info| {
            FIRST.get_or_init(|| info.to_string().replace('\n', " "));
        }));
    });
}

/// Runs what CPython calls, where nothing may leave it. After a panic, of which the answer is `None`, this
/// process is not recorded any more.
#[inline(always)]
pub fn contained<T>(py: Python<'_>, task: impl FnOnce() -> T) -> Option<T> {
    match panic::catch_unwind(AssertUnwindSafe(task)) {
        Ok(answer) => Some(answer),
        Err(_) => {
            give_up(py);
            None
        }
    }
}

#[cold]
#[inline(never)]
fn give_up(py: Python<'_>) {
    let said = FIRST.get().map_or("it panicked", String::as_str);
    let reason = format!("a mistake of truename's own, which is worth a report: {said}");
    // (and if that fails, too, there is nobody left to tell)
    let _ = panic::catch_unwind(AssertUnwindSafe(|| journal::give_up(py, &reason)));
}
