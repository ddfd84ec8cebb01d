//! The program as a child process, from its start to its end.

use std::io;
use std::os::unix::process::ExitStatusExt;
use std::process::{Child, Command, ExitStatus};
use std::thread;
use std::time::Duration;

use rustix::io::{Errno, retry_on_intr};
use rustix::process::{Pid, Signal, WaitId, WaitIdOptions, WaitIdStatus, kill_process, waitid};
use trace::recording::ProcessEnd;

use super::inherited;
use super::signals::{self, Relay};

/// The end of a program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProgramStatus {
    /// With an exit status.
    Exited(u8),
    /// By a signal.
    Signalled(i32),
}

/// A program that has ended.
#[derive(Clone, Copy, Debug)]
pub(super) struct EndedProgram {
    pub(super) pid: u32,
    pub(super) status: ProgramStatus,
}

impl EndedProgram {
    /// Returns how the process ended.
    pub(super) fn end(self) -> ProcessEnd {
        match self.status {
            ProgramStatus::Exited(status) => ProcessEnd::Exited(status),
            ProgramStatus::Signalled(signal) => ProcessEnd::Killed(signal),
        }
    }
}

impl ProgramStatus {
    /// Returns whether the program succeeded.
    pub fn is_success(self) -> bool {
        self == Self::Exited(0)
    }

    /// Returns the exit status that says the same to a shell. By a signal this process dies here and now.
    pub fn adopt(self) -> u8 {
        match self {
            Self::Exited(status) => status,
            Self::Signalled(signal) => {
                signals::die_of(signal);
                // Not reached: the signals that end a program by default end this one.
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
) -> io::Result<(EndedProgram, T)> {
    let relay = Relay::hold();
    inherited::pass_on(command);
    let mut child = command.spawn()?;
    relay.to(child.id().cast_signed());
    let meanwhile = meanwhile(child.id());
    wait_for_end(&child)?;
    relay.stop();
    let ended = EndedProgram {
        pid: child.id(),
        status: ProgramStatus::of(child.wait()?),
    };
    Ok((ended, meanwhile))
}

/// Waits without reaping: until then the child's id cannot become another's. When the child stops, so may this
/// process.
fn wait_for_end(child: &Child) -> io::Result<()> {
    let pid = Pid::from_raw(child.id().cast_signed()).ok_or(io::ErrorKind::InvalidInput)?;
    let wait = |options| retry_on_intr(|| waitid(WaitId::Pid(pid), options));
    let change = WaitIdOptions::EXITED | WaitIdOptions::STOPPED | WaitIdOptions::NOWAIT;
    while wait(change)?.is_some_and(|status| status.stopped()) {
        // It may go on by now, or have ended.
        let stop = change_by_now(pid, WaitIdOptions::STOPPED)?;
        let signal = stop.and_then(|status| status.stopping_signal());
        if signal.is_some_and(signals::stop_with_program) {
            go_on(pid)?;
        }
    }
    Ok(())
}

/// Continues a child that has been stopped when this process goes on, unless that happens anyway: a shell continues
/// all processes of a job. One signal more could undo the child's next stop.
fn go_on(pid: Pid) -> io::Result<()> {
    let other = WaitIdOptions::EXITED | WaitIdOptions::STOPPED | WaitIdOptions::NOWAIT;
    for _ in 0..10 {
        let has_changed = change_by_now(pid, WaitIdOptions::CONTINUED)?.is_some()
            || change_by_now(pid, other)?.is_some();
        if has_changed {
            return Ok(());
        }
        thread::sleep(Duration::from_millis(1));
    }
    Ok(kill_process(pid, Signal::CONT)?)
}

/// Returns a change of a child, if there is one. Of a child that has ended Linux says that there is none to anyone who does not
/// ask for its end.
fn change_by_now(pid: Pid, options: WaitIdOptions) -> io::Result<Option<WaitIdStatus>> {
    match retry_on_intr(|| waitid(WaitId::Pid(pid), options | WaitIdOptions::NOHANG)) {
        Err(Errno::CHILD) => Ok(None),
        other => Ok(other?),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_child_that_has_ended_has_neither_stopped_nor_gone_on() {
        let mut child = Command::new("true").spawn().unwrap();
        wait_for_end(&child).unwrap();
        let pid = Pid::from_raw(child.id().cast_signed()).unwrap();
        for options in [WaitIdOptions::STOPPED, WaitIdOptions::CONTINUED] {
            assert!(change_by_now(pid, options).unwrap().is_none());
        }
        go_on(pid).unwrap();
        assert!(child.wait().unwrap().success());
    }
}
