//! Processes that may take only so long.

use std::io;
use std::process::{Child, ExitStatus};
use std::time::Duration;

use wait_timeout::ChildExt;

/// Waits for a process that leads a group of its own; after `limit` it is killed with its group, and
/// the status is `None`.
pub(crate) fn wait(child: &mut Child, limit: Duration) -> io::Result<Option<ExitStatus>> {
    let status = child.wait_timeout(limit)?;
    if status.is_none() {
        let group = i32::try_from(child.id()).map_err(io::Error::other)?;
        // SAFETY: only sends a signal, to the group that the child leads.
        unsafe { libc::kill(-group, libc::SIGKILL) };
        child.wait()?;
    }
    Ok(status)
}
