//! Running the program and waiting for its end.

use std::io;
use std::mem::MaybeUninit;
use std::os::unix::process::ExitStatusExt;
use std::process::{Child, Command, ExitStatus};

use super::inherited;
use super::signals::{self, Relay};

/// The end of a program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// With an exit status.
    Exited(u8),
    /// By a signal.
    Signalled(i32),
}

/// A program that has ended.
#[derive(Clone, Copy, Debug)]
pub(super) struct Ended {
    pub(super) pid: u32,
    pub(super) status: Status,
}

impl Status {
    /// Returns whether the program succeeded.
    pub fn is_success(self) -> bool {
        self == Self::Exited(0)
    }

    /// Returns the exit status that a shell expects for this. By a signal this process dies here and now.
    pub fn adopt(self) -> u8 {
        match self {
            Self::Exited(status) => status,
            Self::Signalled(signal) => {
                signals::die_of(signal);
                // Not reached: signals that end a program by default end this one.
                u8::try_from(128 + signal).unwrap_or(1)
            }
        }
    }

    fn of(status: ExitStatus) -> Self {
        match (status.code(), status.signal()) {
            (Some(code), _) => Self::Exited(u8::try_from(code).unwrap_or(1)),
            (None, signal) => Self::Signalled(signal.unwrap_or(libc::SIGKILL)),
        }
    }
}

/// Runs `command` as if it had been started in the place of this process. `meanwhile` gets its id
/// as soon as it runs.
///
/// # Errors
///
/// When it cannot be started.
pub(super) fn run<T>(
    command: &mut Command,
    meanwhile: impl FnOnce(u32) -> T,
) -> io::Result<(Ended, T)> {
    let relay = Relay::hold();
    inherited::pass_on(command);
    let mut child = command.spawn()?;
    relay.to(child.id().cast_signed());
    let meanwhile = meanwhile(child.id());
    wait_for_end(&child)?;
    relay.stop();
    let ended = Ended {
        pid: child.id(),
        status: Status::of(child.wait()?),
    };
    Ok((ended, meanwhile))
}

/// Waits without reaping: until then the child's id cannot become another's.
fn wait_for_end(child: &Child) -> io::Result<()> {
    let mut info = MaybeUninit::uninit();
    loop {
        // SAFETY: `info` has room for the answer.
        let answer = unsafe {
            libc::waitid(
                libc::P_PID,
                child.id(),
                info.as_mut_ptr(),
                libc::WEXITED | libc::WNOWAIT,
            )
        };
        if answer == 0 {
            return Ok(());
        }
        let error = io::Error::last_os_error();
        if error.kind() != io::ErrorKind::Interrupted {
            return Err(error);
        }
    }
}
