//! Processes that a program leaves behind.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

/// How often it is looked whether the processes have ended.
const PAUSE: Duration = Duration::from_millis(10);

/// How long a process that is killed may take to be gone.
const DYING: Duration = Duration::from_secs(5);

/// Waits until no process is at home in a folder: works in it, or was started with an environment that
/// names it. Those that are there after `grace` are killed and told, each with its command line.
///
/// Where there is no `/proc` nothing is found.
pub(super) fn clear(folder: &Path, grace: Duration) -> Vec<String> {
    let start = Instant::now();
    let mut told = BTreeMap::new();
    loop {
        let left = at_home_in(folder);
        let waited = start.elapsed();
        if left.is_empty() || waited >= grace + DYING {
            return told.into_values().collect();
        }
        if waited >= grace {
            for pid in left {
                told.entry(pid).or_insert_with(|| described(pid));
                // SAFETY: only sends a signal.
                unsafe { libc::kill(pid, libc::SIGKILL) };
            }
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
    // (what is not ours, or has just ended, cannot be read)
    let works_in = fs::read_link(process.join("cwd")).is_ok_and(|it| it.starts_with(folder));
    let name = folder.as_os_str().as_bytes();
    works_in
        || fs::read(process.join("environ"))
            .is_ok_and(|it| it.windows(name.len()).any(|it| it == name))
}

fn described(pid: i32) -> String {
    let command = fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
    let command = String::from_utf8_lossy(&command).replace('\0', " ");
    format!("{pid} ({})", command.trim_end())
}
