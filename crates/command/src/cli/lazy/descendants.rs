//! The processes below one, which are ended with it.

use std::fs;

/// A process, and the time of its start, by which a later one with the same id is another.
pub struct Descendant {
    pid: i32,
    started: String,
}

impl Descendant {
    fn of(pid: i32) -> Option<Self> {
        let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
        // The name of the program is in brackets, and can be anything.
        let started = stat.rsplit(") ").next()?.split(' ').nth(19)?.to_owned();
        Some(Self { pid, started })
    }

    /// Kills the process, if it still runs.
    pub fn kill(&self) {
        if Self::of(self.pid).is_some_and(|it| it.started == self.started) {
            // SAFETY: only sends a signal.
            unsafe { libc::kill(self.pid, libc::SIGKILL) };
        }
    }
}

/// Lists the processes that a process has started, directly or not, as far as their parents still run. None where there is
/// no `/proc`.
pub fn descendants(pid: u32) -> Vec<Descendant> {
    let mut found = Vec::new();
    let mut waiting = vec![pid.to_string()];
    while let Some(parent) = waiting.pop() {
        let children = children(&parent);
        found.extend(
            children
                .iter()
                .filter_map(|it| Descendant::of(it.parse().ok()?)),
        );
        waiting.extend(children);
    }
    found
}

fn children(pid: &str) -> Vec<String> {
    let threads = fs::read_dir(format!("/proc/{pid}/task"));
    let threads = threads.into_iter().flatten().flatten();
    let lists =
        threads.filter_map(|thread| fs::read_to_string(thread.path().join("children")).ok());
    lists
        .flat_map(|list| {
            list.split_whitespace()
                .map(str::to_owned)
                .collect::<Vec<_>>()
        })
        .collect()
}
