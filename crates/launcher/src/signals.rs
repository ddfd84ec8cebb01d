//! Signals while the program runs: truename passes them on to it.

use std::mem::MaybeUninit;
use std::ptr;
use std::sync::atomic::{AtomicI32, AtomicU64, Ordering};

#[cfg(target_os = "linux")]
use rustix::process::{DumpableBehavior, set_dumpable_behavior};
use rustix::process::{Resource, Rlimit, setrlimit};

use super::inherited::is_ignored;

/// The signals that a terminal, a shell or a supervisor may send to a program.
const PASSED_ON: [libc::c_int; 8] = [
    libc::SIGHUP,
    libc::SIGINT,
    libc::SIGQUIT,
    libc::SIGTERM,
    libc::SIGUSR1,
    libc::SIGUSR2,
    libc::SIGALRM,
    libc::SIGWINCH,
];

/// The program's process, or 0.
static PROGRAM: AtomicI32 = AtomicI32::new(0);

/// The signals that came before there was a program, a bit for each.
static WAITING: AtomicU64 = AtomicU64::new(0);

/// While this lives, signals sent to truename go to the program.
///
/// A terminal sends its signals to the program too; those are only kept from ending truename
/// first. Handlers are gone after an exec, so the program starts without them. No signal is blocked
/// meanwhile: the program would be started with that.
pub(super) struct Relay {
    previous: Vec<(libc::c_int, libc::sigaction)>,
}

impl Relay {
    /// Signals wait until [`to`](Self::to) says where they go.
    pub(super) fn hold() -> Self {
        let previous = PASSED_ON
            .into_iter()
            .filter(|&signal| !is_ignored(signal))
            .map(|signal| (signal, handle(signal)))
            .collect();
        Self { previous }
    }

    /// Lets signals through, to a child process.
    pub(super) fn to(&self, program: libc::pid_t) {
        PROGRAM.store(program, Ordering::SeqCst);
        for signal in PASSED_ON {
            deliver(signal);
        }
    }

    /// The program is over: its id may soon be another's.
    pub(super) fn stop(&self) {
        PROGRAM.store(0, Ordering::SeqCst);
    }
}

impl Drop for Relay {
    fn drop(&mut self) {
        self.stop();
        for (signal, action) in &self.previous {
            // SAFETY: the action is one that was in force before.
            unsafe { libc::sigaction(*signal, action, ptr::null_mut()) };
        }
    }
}

/// Ends this process as `signal` ended the program, without a core dump of its own.
pub(super) fn die_of(signal: libc::c_int) {
    let no_core = Rlimit {
        current: Some(0),
        maximum: Some(0),
    };
    let _ = setrlimit(Resource::Core, no_core);
    // A core dump that goes to a program knows no limit.
    #[cfg(target_os = "linux")]
    let _ = set_dumpable_behavior(DumpableBehavior::NotDumpable);
    // SAFETY: plain system calls with valid arguments; the default action is a valid one.
    unsafe {
        libc::signal(signal, libc::SIG_DFL);
        unblock(signal);
        libc::kill(libc::getpid(), signal);
    }
}

extern "C" fn pass_on(
    signal: libc::c_int,
    info: *mut libc::siginfo_t,
    _context: *mut libc::c_void,
) {
    // SAFETY: the kernel passes a valid `siginfo_t` to a handler with SA_SIGINFO.
    let is_from_terminal = unsafe { (*info).si_code } > 0;
    if !is_from_terminal {
        WAITING.fetch_or(1 << signal, Ordering::SeqCst);
        deliver(signal);
    }
}

/// Sends a signal that waits, if there is a program. Whoever takes the bit away sends it: once, whether
/// the signal or the program came first.
fn deliver(signal: libc::c_int) {
    let program = PROGRAM.load(Ordering::SeqCst);
    let bit = 1 << signal;
    if program != 0 && WAITING.fetch_and(!bit, Ordering::SeqCst) & bit != 0 {
        // SAFETY: `kill` is allowed in a handler; the child is not reaped before PROGRAM is 0.
        unsafe { libc::kill(program, signal) };
    }
}

fn handle(signal: libc::c_int) -> libc::sigaction {
    let mut previous = MaybeUninit::<libc::sigaction>::zeroed();
    let handler: extern "C" fn(libc::c_int, *mut libc::siginfo_t, *mut libc::c_void) = pass_on;
    // SAFETY: all zero bytes are a valid `sigaction`, as for `previous`; the handler has the
    // signature that SA_SIGINFO asks for and makes only calls that a handler may make.
    unsafe {
        let mut action = MaybeUninit::<libc::sigaction>::zeroed().assume_init();
        action.sa_sigaction = handler as libc::sighandler_t;
        action.sa_flags = libc::SA_SIGINFO | libc::SA_RESTART;
        libc::sigaction(signal, &raw const action, previous.as_mut_ptr());
        previous.assume_init()
    }
}

fn unblock(signal: libc::c_int) {
    let mut set = MaybeUninit::uninit();
    // SAFETY: `sigemptyset` fills in the set before anything else uses it.
    unsafe {
        libc::sigemptyset(set.as_mut_ptr());
        libc::sigaddset(set.as_mut_ptr(), signal);
        libc::pthread_sigmask(libc::SIG_UNBLOCK, set.as_ptr(), ptr::null_mut());
    }
}
