//! Processes that a program leaves behind.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

/// The time between two looks at the processes.
const PAUSE: Duration = Duration::from_millis(10);

/// The time that a process may take to be gone when it is killed.
const DYING: Duration = Duration::from_secs(5);

/// The beginning of the commands of `multiprocessing`'s helpers.
const HELPER: &str = "from multiprocessing.";

/// Makes sure that no process is at home in a folder: works in it, or was started with an environment
/// that names it. Helpers of `multiprocessing`, which notice the program's end only when it has come,
/// have `grace`; all others are killed and returned, each with its command line.
///
/// Finds nothing on systems without `/proc`.
pub(crate) fn clear(folder: &Path, grace: Duration) -> Vec<String> {
    let start = Instant::now();
    let mut killed = BTreeMap::new();
    loop {
        let left = at_home_in(folder);
        let waited = start.elapsed();
        if left.is_empty() || waited >= grace + DYING {
            return killed.into_values().collect();
        }
        for pid in left {
            let command = command(pid);
            // One that is ending has no command any more.
            if (command.is_empty() || command.contains(HELPER)) && waited < grace {
                continue;
            }
            killed
                .entry(pid)
                .or_insert_with(|| format!("{pid} ({command})"));
            // SAFETY: only sends a signal.
            unsafe { libc::kill(pid, libc::SIGKILL) };
        }
        thread::sleep(PAUSE);
    }
}

fn at_home_in(folder: &Path) -> Vec<i32> {
    let Ok(processes) = fs::read_dir("/proc") else {
        return Vec::new();
    };
    processes
        .flatten()
        .filter_map(|it| it.file_name().to_str()?.parse().ok())
        .filter(|pid| is_at_home_in(*pid, folder))
        .collect()
}

fn is_at_home_in(pid: i32, folder: &Path) -> bool {
    let process = Path::new("/proc").join(pid.to_string());
    // What is not ours, or has just ended, cannot be read.
    let works_in = fs::read_link(process.join("cwd")).is_ok_and(|it| it.starts_with(folder));
    let name = folder.as_os_str().as_bytes();
    works_in
        || fs::read(process.join("environ"))
            .is_ok_and(|it| it.windows(name.len()).any(|it| it == name))
}

fn command(pid: i32) -> String {
    let words = fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
    let command = String::from_utf8_lossy(&words).replace('\0', " ");
    command.trim_end().to_owned()
}
