//! Signals while the program runs: truename passes them on to it.

use std::fs::File;
use std::mem::MaybeUninit;
use std::ptr;
use std::sync::atomic::{AtomicBool, AtomicI32, AtomicU64, Ordering};

#[cfg(target_os = "linux")]
use rustix::process::{DumpableBehavior, set_dumpable_behavior};
use rustix::process::{Resource, Rlimit, getpgid, getpgrp, getppid, setrlimit};

use super::inherited;

/// The signals that a terminal, a shell, a supervisor or another program may send: all but SIGKILL and SIGSTOP,
/// of which no process hears, and real-time signals, whose numbers are known at run time only.
const RELAYED: &[libc::c_int] = &[
    libc::SIGHUP,
    libc::SIGINT,
    libc::SIGQUIT,
    libc::SIGILL,
    libc::SIGTRAP,
    libc::SIGABRT,
    libc::SIGBUS,
    libc::SIGFPE,
    libc::SIGUSR1,
    libc::SIGSEGV,
    libc::SIGUSR2,
    libc::SIGPIPE,
    libc::SIGALRM,
    libc::SIGTERM,
    libc::SIGCHLD,
    libc::SIGCONT,
    libc::SIGTSTP,
    libc::SIGTTIN,
    libc::SIGTTOU,
    libc::SIGURG,
    libc::SIGXCPU,
    libc::SIGXFSZ,
    libc::SIGVTALRM,
    libc::SIGPROF,
    libc::SIGWINCH,
    libc::SIGIO,
    libc::SIGSYS,
    #[cfg(target_os = "linux")]
    libc::SIGPWR,
    #[cfg(all(
        target_os = "linux",
        any(target_arch = "x86_64", target_arch = "aarch64")
    ))]
    libc::SIGSTKFLT,
];

/// The program's process, or 0.
static PROGRAM: AtomicI32 = AtomicI32::new(0);

/// The signals that came before there was a program, a bit for each.
static WAITING: AtomicU64 = AtomicU64::new(0);

/// Set while truename stops as the program did: then what continues one continues both, or the one after the other.
static IS_STOPPED: AtomicBool = AtomicBool::new(false);

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
        let previous = relayed()
            .filter(|&signal| !inherited::program_ignores(signal))
            .map(|signal| (signal, handle(signal)))
            .collect();
        Self { previous }
    }

    /// Lets signals through, to a child process.
    pub(super) fn to(&self, program: libc::pid_t) {
        PROGRAM.store(program, Ordering::SeqCst);
        relayed().for_each(deliver);
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
            exchange(*signal, action);
        }
    }
}

/// Stops this process as `signal` stopped the program, where the shell that waits for it knows about jobs: it
/// sees that the job has stopped, and lets both go on later. Elsewhere nobody might, and truename waits on.
/// Returns whether this process was stopped.
pub(super) fn stop_with_program(signal: libc::c_int) -> bool {
    if !is_shell_job() {
        return false;
    }
    IS_STOPPED.store(true, Ordering::SeqCst);
    let default = action(libc::SIG_DFL, 0);
    let previous = exchange(signal, &default);
    // SAFETY: a plain system call; with its default action the signal stops all threads, here and now.
    unsafe { libc::raise(signal) };
    exchange(signal, &previous);
    IS_STOPPED.store(false, Ordering::SeqCst);
    true
}

/// Leaves signals to the process's other threads: the main thread knows whether it stops, and what may be passed on then.
pub(super) fn leave_to_other_threads() {
    let mut all = MaybeUninit::<libc::sigset_t>::uninit();
    // SAFETY: the set is filled in first; the mask is the calling thread's own.
    unsafe {
        libc::sigfillset(all.as_mut_ptr());
        libc::pthread_sigmask(libc::SIG_BLOCK, all.as_ptr(), ptr::null_mut());
    }
}

/// Returns whether a shell with job control started this process: from the same terminal, and into a process
/// group of its own.
fn is_shell_job() -> bool {
    let has_terminal = File::open("/dev/tty").is_ok();
    let shell = getppid().and_then(|parent| getpgid(Some(parent)).ok());
    has_terminal && shell.is_some_and(|group| group != getpgrp())
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

fn relayed() -> impl Iterator<Item = libc::c_int> {
    #[cfg(target_os = "linux")]
    let real_time = libc::SIGRTMIN()..=libc::SIGRTMAX();
    #[cfg(not(target_os = "linux"))]
    let real_time = [];
    RELAYED.iter().copied().chain(real_time)
}

extern "C" fn pass_on(
    signal: libc::c_int,
    info: *mut libc::siginfo_t,
    _context: *mut libc::c_void,
) {
    // SAFETY: the kernel passes a valid `siginfo_t` to a handler with SA_SIGINFO.
    let (is_from_kernel, sender) = unsafe { ((*info).si_code > 0, (*info).si_pid()) };
    // SAFETY: a plain system call, which is allowed in a handler.
    let is_own = unsafe { sender == libc::getpid() };
    if signal == libc::SIGCONT && IS_STOPPED.load(Ordering::SeqCst) {
        return;
    }
    if !is_from_kernel && !is_own {
        relay(signal);
    } else if is_of_a_mistake(signal) {
        // SAFETY: `signal` is allowed in a handler. What made the mistake makes it again, and ends truename.
        unsafe { libc::signal(signal, libc::SIG_DFL) };
    }
}

/// Returns whether a signal that truename brought upon itself ends it.
fn is_of_a_mistake(signal: libc::c_int) -> bool {
    matches!(
        signal,
        libc::SIGILL
            | libc::SIGTRAP
            | libc::SIGABRT
            | libc::SIGBUS
            | libc::SIGFPE
            | libc::SIGSEGV
            | libc::SIGSYS
    )
}

/// Sends a signal to the program, or has it wait for one.
fn relay(signal: libc::c_int) {
    match PROGRAM.load(Ordering::SeqCst) {
        0 => {
            WAITING.fetch_or(bit(signal), Ordering::SeqCst);
            deliver(signal);
        }
        // SAFETY: `kill` is allowed in a handler; the child is not reaped before PROGRAM is 0.
        program => unsafe {
            libc::kill(program, signal);
        },
    }
}

/// Sends a signal that waits, if there is a program. Whoever takes the bit away sends it: once, whether
/// the signal or the program came first.
fn deliver(signal: libc::c_int) {
    let program = PROGRAM.load(Ordering::SeqCst);
    let bit = bit(signal);
    if program != 0 && WAITING.fetch_and(!bit, Ordering::SeqCst) & bit != 0 {
        // SAFETY: `kill` is allowed in a handler; the child is not reaped before PROGRAM is 0.
        unsafe { libc::kill(program, signal) };
    }
}

/// Returns the bit of a signal; they count from 1.
fn bit(signal: libc::c_int) -> u64 {
    1 << (signal - 1)
}

fn handle(signal: libc::c_int) -> libc::sigaction {
    let handler: extern "C" fn(libc::c_int, *mut libc::siginfo_t, *mut libc::c_void) = pass_on;
    let flags = libc::SA_SIGINFO | libc::SA_RESTART;
    exchange(signal, &action(handler as libc::sighandler_t, flags))
}

fn action(handler: libc::sighandler_t, flags: libc::c_int) -> libc::sigaction {
    // SAFETY: all zero bytes are a valid `sigaction`.
    let mut action = unsafe { MaybeUninit::<libc::sigaction>::zeroed().assume_init() };
    action.sa_sigaction = handler;
    action.sa_flags = flags;
    action
}

/// Sets the action of a signal; returns the one before. The action is the default one, or one that was in force
/// before, or its handler is [`pass_on`], which makes only calls that a handler may make.
fn exchange(signal: libc::c_int, action: &libc::sigaction) -> libc::sigaction {
    let mut previous = MaybeUninit::<libc::sigaction>::zeroed();
    // SAFETY: the action is valid for its flags, and all zero bytes are valid for the previous one.
    unsafe {
        libc::sigaction(signal, action, previous.as_mut_ptr());
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
