//! Noticing that this process is a fork of the one that began to record.

use std::sync::Once;
use std::sync::atomic::{AtomicBool, Ordering};

use super::threads;

static FORKED: AtomicBool = AtomicBool::new(false);

/// Registers the handler that [`happened`] relies on. A handler is cheaper than asking for the pid at each event,
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

/// Returns whether this process forked since the last call.
pub fn happened() -> bool {
    FORKED.load(Ordering::Relaxed) && FORKED.swap(false, Ordering::Relaxed)
}

#[cfg(test)]
mod tests {
    use super::{happened, watch};

    #[test]
    fn a_fork_is_noticed_once_and_in_the_child_alone() {
        watch();
        // SAFETY: the child reads two flags and exits, which is safe whatever other threads held.
        let status = unsafe {
            let child = libc::fork();
            if child == 0 {
                let is_right = happened() && !happened();
                libc::_exit(if is_right { 0 } else { 1 });
            }
            let mut status = -1;
            libc::waitpid(child, &mut status, 0);
            status
        };
        assert_eq!(status, 0);
        assert!(!happened());
    }
}
