//! Noticing that this process is a fork of the one that began to record.

use std::sync::Once;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::threads;

static FORKED: AtomicBool = AtomicBool::new(false);

/// Sees to it that [`happened`] tells. A handler is cheaper than asking for the pid at each event,
/// and sees the forks that Python does not make, too.
pub fn watch() {
    static REGISTERED: Once = Once::new();
    extern "C" fn in_child() {
        FORKED.store(true, Ordering::Relaxed);
        threads::interrupt();
    }
    REGISTERED.call_once(|| {
        // SAFETY: the handler only stores two flags, which is safe in a child that has just forked,
        // and CPython never unloads an extension.
        unsafe { libc::pthread_atfork(None, None, Some(in_child)) };
    });
}

/// Whether this process forked since the last time that this was asked.
pub fn happened() -> bool {
    FORKED.load(Ordering::Relaxed) && FORKED.swap(false, Ordering::Relaxed)
}
