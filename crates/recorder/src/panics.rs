//! Mistakes of the recorder's own, of which the program must not notice anything.

use std::panic::{self, AssertUnwindSafe};
use std::sync::{Once, OnceLock};

use pyo3::prelude::*;

/// The message of the first panic.
static FIRST: OnceLock<String> = OnceLock::new();

/// Called after a panic, with the reason why this process is not recorded any more.
static ON_PANIC: OnceLock<fn(Python<'_>, &str)> = OnceLock::new();

/// Keeps the messages of panics, which would go to the program's standard error, and has `on_panic`
/// called. The hook is this library's alone: it has a standard library of its own.
pub fn watch(on_panic: fn(Python<'_>, &str)) {
    static SET: Once = Once::new();
    ON_PANIC.get_or_init(|| on_panic);
    SET.call_once(|| {
        panic::set_hook(Box::new(|info| {
            FIRST.get_or_init(|| info.to_string().replace('\n', " "));
        }));
    });
}

/// Runs what CPython calls, where nothing may leave it. After a panic, of which the result is `None`, this
/// process is not recorded any more.
#[inline(always)]
pub fn contained<T>(py: Python<'_>, task: impl FnOnce() -> T) -> Option<T> {
    match panic::catch_unwind(AssertUnwindSafe(task)) {
        Ok(result) => Some(result),
        Err(_) => {
            give_up(py);
            None
        }
    }
}

#[cold]
#[inline(never)]
fn give_up(py: Python<'_>) {
    let message = FIRST.get().map_or("it panicked", String::as_str);
    let reason = format!("a mistake of truename's own, which is worth a report: {message}");
    if let Some(on_panic) = ON_PANIC.get() {
        // If that fails, too, there is nobody left to report to.
        let _ = panic::catch_unwind(AssertUnwindSafe(|| on_panic(py, &reason)));
    }
}
