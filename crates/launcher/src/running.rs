//! Processes that may still run.

use std::fs;
use std::iter;
use std::process;

use rustix::process::{Pid, test_kill_process};
use rustix::time::{ClockId, clock_gettime};

/// The length of a tick, in which `/proc` gives times: `USER_HZ` is 100 wherever Python runs.
const TICK: u64 = 10_000_000;

/// Returns whether a process still runs. `seen` is a time at which it ran, in nanoseconds of the monotonic clock: one
/// that has the same id and began later is another process.
pub(super) fn is_running(pid: u32, seen: u64) -> bool {
    let Some(process) = Pid::from_raw(pid.cast_signed()) else {
        return false;
    };
    match fs::read_to_string(format!("/proc/{pid}/stat")) {
        Ok(stat) => is_same(&stat, seen.saturating_add(suspended())),
        // The process has ended, or this system has no such files: there the id is all there is.
        Err(_) => fs::metadata("/proc/self/stat").is_err() && test_kill_process(process).is_ok(),
    }
}

/// Returns whether the file is that of a process that ran at a time since the machine was started.
fn is_same(stat: &str, seen: u64) -> bool {
    // The name of the program is in brackets, and can be anything.
    let fields = stat.rsplit(") ").next().unwrap_or_default();
    let mut fields = fields.split(' ');
    // One that is dead and that nobody has waited for keeps its id.
    let is_dead = fields.next().is_none_or(|state| matches!(state, "Z" | "X"));
    let started = fields.nth(18).and_then(|ticks| ticks.parse::<u64>().ok());
    !is_dead && started.is_some_and(|ticks| ticks.saturating_mul(TICK) <= seen)
}

/// Returns whether a process descends from this one, by parents that all run.
pub(super) fn is_descendant(pid: u32) -> bool {
    /// So many parents are asked for, at most.
    const GENERATIONS: usize = 64;
    let parent = |pid: &u32| {
        let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
        let fields = stat.rsplit(") ").next()?;
        fields.split(' ').nth(1)?.parse().ok()
    };
    iter::successors(Some(pid), parent)
        .take(GENERATIONS)
        .any(|it| it == process::id())
}

/// Returns the time of the monotonic clock, in nanoseconds.
pub(super) fn now() -> u64 {
    time_of(ClockId::Monotonic)
}

fn time_of(clock: ClockId) -> u64 {
    let time = clock_gettime(clock);
    time.tv_sec.unsigned_abs() * 1_000_000_000 + time.tv_nsec.unsigned_abs()
}

/// Returns the time for which the machine slept since it was started, in nanoseconds: `/proc` counts it, and the
/// monotonic clock does not.
#[cfg(target_os = "linux")]
fn suspended() -> u64 {
    time_of(ClockId::Boottime).saturating_sub(now())
}

/// Elsewhere there is no `/proc`.
#[cfg(not(target_os = "linux"))]
fn suspended() -> u64 {
    0
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Returns the text of the kernel about a process, but for its state and the tick at which it began.
    fn stat(state: &str, ticks: u64) -> String {
        format!("7 (a) b) {state} 1 7 7 0 -1 4194560 1 0 0 0 0 0 0 0 20 0 1 0 {ticks} 0 0")
    }

    #[test]
    fn one_that_began_later_is_another() {
        let seen = 500 * TICK + 7;
        assert!(is_same(&stat("S", 500), seen));
        assert!(!is_same(&stat("S", 501), seen));
        assert!(!is_same(&stat("Z", 500), seen));
        assert!(!is_same("", seen));
    }

    #[test]
    fn this_process_runs() {
        assert!(is_running(std::process::id(), now()));
        assert!(!is_running(std::process::id(), 0) || cfg!(not(target_os = "linux")));
    }
}
