//! Processes that may take only so long.

use std::io;
use std::process::{Child, ExitStatus};
use std::time::{Duration, Instant};

use wait_timeout::ChildExt;

use crate::interruption;

/// The time between two looks at whether this process is to end.
const PAUSE: Duration = Duration::from_millis(100);

/// Waits for a process that leads a group of its own. After `limit`, or when this process is asked to end, it is killed with its
/// group, and the status is `None`.
pub(crate) fn wait(child: &mut Child, limit: Duration) -> io::Result<Option<ExitStatus>> {
    let start = Instant::now();
    let status = loop {
        let left = limit.saturating_sub(start.elapsed());
        let status = child.wait_timeout(left.min(PAUSE))?;
        if status.is_some() || left <= PAUSE || interruption::signal().is_some() {
            break status;
        }
    };
    if status.is_none() {
        let group = i32::try_from(child.id()).map_err(io::Error::other)?;
        // SAFETY: only sends a signal, to the group that the child leads.
        unsafe { libc::kill(-group, libc::SIGKILL) };
        child.wait()?;
    }
    Ok(status)
}
