//! Settings that this process was started with, and the program is to be started with too.
//!
//! Rust's runtime ignores SIGPIPE and opens standard streams that are closed, both before `main`.
//! So they are looked at earlier, when the binary is loaded. What would keep truename from its own work is
//! changed at the same time.

use std::mem::MaybeUninit;
use std::os::unix::process::CommandExt;
use std::process::Command;
use std::ptr;
use std::sync::atomic::{AtomicBool, Ordering};

static IGNORES_SIGPIPE: AtomicBool = AtomicBool::new(false);
static IGNORES_SIGCHLD: AtomicBool = AtomicBool::new(false);
static IS_CLOSED: [AtomicBool; 3] = [const { AtomicBool::new(false) }; 3];

#[used]
#[cfg_attr(target_os = "linux", unsafe(link_section = ".init_array"))]
#[cfg_attr(
    target_vendor = "apple",
    unsafe(link_section = "__DATA,__mod_init_func")
)]
static LOOK: extern "C" fn() = {
    extern "C" fn look() {
        IGNORES_SIGPIPE.store(is_ignored(libc::SIGPIPE), Ordering::Relaxed);
        for (stream, is_closed) in (0..).zip(&IS_CLOSED) {
            // SAFETY: asking for the flags of a descriptor changes nothing, open or not.
            let flags = unsafe { libc::fcntl(stream, libc::F_GETFD) };
            is_closed.store(flags == -1, Ordering::Relaxed);
        }
        wait_for_children();
        outlive_large_files();
    }
    look
};

/// Takes SIGCHLD back from being ignored: where it is, nobody learns how a child ends.
fn wait_for_children() {
    if is_ignored(libc::SIGCHLD) {
        IGNORES_SIGCHLD.store(true, Ordering::Relaxed);
        // SAFETY: the default action is a valid one.
        unsafe { libc::signal(libc::SIGCHLD, libc::SIG_DFL) };
    }
}

/// Has a file that reaches the limit of `ulimit -f` be an error, not the end. By a handler: the program
/// starts without it.
fn outlive_large_files() {
    extern "C" fn go_on(_: libc::c_int) {}
    if !is_ignored(libc::SIGXFSZ) {
        let go_on: extern "C" fn(libc::c_int) = go_on;
        // SAFETY: the handler has the signature that is asked for, and does nothing.
        unsafe { libc::signal(libc::SIGXFSZ, go_on as libc::sighandler_t) };
    }
}

/// Returns whether the program is to be started with a signal ignored.
pub(super) fn program_ignores(signal: libc::c_int) -> bool {
    match signal {
        libc::SIGPIPE => IGNORES_SIGPIPE.load(Ordering::Relaxed),
        libc::SIGCHLD => IGNORES_SIGCHLD.load(Ordering::Relaxed),
        _ => is_ignored(signal),
    }
}

fn is_ignored(signal: libc::c_int) -> bool {
    let mut action = MaybeUninit::<libc::sigaction>::uninit();
    // SAFETY: with no new action this only fills in the current one.
    let answer = unsafe { libc::sigaction(signal, ptr::null(), action.as_mut_ptr()) };
    // SAFETY: the call succeeded, so the action is filled in.
    answer == 0 && unsafe { action.assume_init() }.sa_sigaction == libc::SIG_IGN
}

/// Has `command` start as if this process had not been in between.
///
/// Mostly nothing has to be done, and then the process need not be copied to start the program.
pub(super) fn pass_on(command: &mut Command) {
    let ignores_sigpipe = IGNORES_SIGPIPE.load(Ordering::Relaxed);
    let is_closed = [0, 1, 2].map(|stream: usize| IS_CLOSED[stream].load(Ordering::Relaxed));
    let ignores_sigchld = IGNORES_SIGCHLD.load(Ordering::Relaxed);
    if !ignores_sigpipe && !ignores_sigchld && is_closed == [false; 3] {
        return;
    }
    let restore = move || {
        // SAFETY: these calls are allowed between fork and exec.
        unsafe {
            if ignores_sigpipe {
                libc::signal(libc::SIGPIPE, libc::SIG_IGN);
            }
            if ignores_sigchld {
                libc::signal(libc::SIGCHLD, libc::SIG_IGN);
            }
            for (stream, is_closed) in (0..).zip(is_closed) {
                if is_closed {
                    libc::close(stream);
                }
            }
        }
        Ok(())
    };
    // SAFETY: the closure makes system calls only, and allocates nothing.
    unsafe { command.pre_exec(restore) };
}
