//! Following spools while their processes run, so that little is left to do when the program ends.

use std::panic::{self, AssertUnwindSafe};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use super::signals;
use super::spools::Spools;

/// The time that a follower sleeps at first, as no Python can have begun a spool before, then until there is
/// one, and after that at least and at most.
const START: Duration = Duration::from_millis(8);
const FIRST: Duration = Duration::from_millis(3);
const SHORT: Duration = Duration::from_millis(1);
const LONG: Duration = Duration::from_millis(20);
/// The number of bytes that is to be read at a time: the program's end should not find more.
const ENOUGH: u64 = 1 << 15;

/// Follows the spools in a folder, on a thread of its own.
pub(super) struct Follower {
    /// `None` when it is over.
    spools: Arc<Mutex<Option<Spools>>>,
}

impl Follower {
    /// Begins to follow.
    pub(super) fn start(spools: Spools) -> Self {
        let spools = Arc::new(Mutex::new(Some(spools)));
        let shared = Arc::clone(&spools);
        let follow = move || {
            signals::leave_to_other_threads();
            let mut pause = START;
            loop {
                thread::sleep(pause);
                let Ok(mut spools) = shared.lock() else {
                    return;
                };
                let Some(spools) = spools.as_mut() else {
                    return;
                };
                let read = spools.follow();
                pause = if spools.is_empty() {
                    FIRST
                } else {
                    let ratio = ENOUGH as f64 / read.max(1) as f64;
                    pause.mul_f64(ratio).clamp(SHORT, LONG)
                };
            }
        };
        // Without the thread all is read in the end.
        let started = thread::Builder::new().spawn(follow);
        if let Err(error) = started {
            log::warn!("the recording is not followed while the program runs: {error}");
        }
        Self { spools }
    }

    /// Reads the rest, when the program is over. The thread may sleep on: to wait for it would take longer
    /// than to read the rest.
    ///
    /// `None` after a panic, there or here.
    pub(super) fn stop(self) -> Option<Spools> {
        let mut spools = self.spools.lock().ok()?.take()?;
        let read = AssertUnwindSafe(move || {
            spools.read();
            spools
        });
        panic::catch_unwind(read).ok()
    }
}
