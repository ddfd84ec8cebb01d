//! Noticing that this process is a fork of the one that began to record.

use std::sync::Once;
use std::sync::atomic::{AtomicU32, Ordering};

use super::thread_gate;

static FORKS: AtomicU32 = AtomicU32::new(0);

/// Registers the handler that [`count`] relies on. A handler is cheaper than asking for the pid at each event,
/// and sees the forks that Python does not make, too.
pub fn watch() {
    static REGISTERED: Once = Once::new();
    extern "C" fn in_child() {
        FORKS.fetch_add(1, Ordering::Relaxed);
        thread_gate::close_all();
    }
    REGISTERED.call_once(|| {
        // SAFETY: the handler only changes atomics, which is safe in a child that has just forked, and CPython
        // never unloads an extension.
        unsafe { libc::pthread_atfork(None, None, Some(in_child)) };
    });
}

/// Returns the number of forks between this process and the one in which [`watch`] was called: it is another one
/// in each fork than in the process that it comes from.
pub fn count() -> u32 {
    FORKS.load(Ordering::Relaxed)
}

#[cfg(test)]
mod tests {
    use super::{count, watch};

    #[test]
    fn a_fork_is_noticed_in_the_child_alone() {
        watch();
        let before = count();
        // SAFETY: the child reads a counter and exits, which is safe whatever other threads held.
        let status = unsafe {
            let child = libc::fork();
            if child == 0 {
                let is_right = count() == before + 1;
                libc::_exit(if is_right { 0 } else { 1 });
            }
            let mut status = -1;
            libc::waitpid(child, &mut status, 0);
            status
        };
        assert_eq!(status, 0);
        assert_eq!(count(), before);
    }
}
