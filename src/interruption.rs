//! Signals that ask this process to end while it waits for others, which it then ends first.

use std::sync::atomic::{AtomicI32, Ordering};

/// The signals of a terminal that a person ends a command with or closes, and of a supervisor.
const SIGNALS: [libc::c_int; 3] = [libc::SIGINT, libc::SIGTERM, libc::SIGHUP];

/// The signal that came, or 0.
static SIGNAL: AtomicI32 = AtomicI32::new(0);

/// Notes such a signal from now on, and goes on. A second one ends this process.
pub fn catch() {
    for signal in SIGNALS {
        let handler: extern "C" fn(libc::c_int) = note;
        // SAFETY: the handler makes only calls that a handler may make.
        let previous = unsafe { libc::signal(signal, handler as libc::sighandler_t) };
        if previous == libc::SIG_IGN {
            // SAFETY: a plain system call. Whoever started this process wants the signal to be ignored.
            unsafe { libc::signal(signal, libc::SIG_IGN) };
        }
    }
}

/// Returns the signal that came since [`catch`].
pub fn signal() -> Option<i32> {
    Some(SIGNAL.load(Ordering::SeqCst)).filter(|signal| *signal != 0)
}

extern "C" fn note(signal: libc::c_int) {
    SIGNAL.store(signal, Ordering::SeqCst);
    for signal in SIGNALS {
        // SAFETY: `signal` is allowed in a handler, and the default action is valid.
        unsafe { libc::signal(signal, libc::SIG_DFL) };
    }
}
