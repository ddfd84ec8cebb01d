//! Processes that a program leaves behind.

use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

/// How often it is looked whether the processes have ended.
const PAUSE: Duration = Duration::from_millis(10);

/// Waits until no process is at home in a folder: works in it, or was started with an environment that
/// names it. Those that are there after `grace` are killed and told, each with its command line.
///
/// Where there is no `/proc` nothing is found.
pub(super) fn clear(folder: &Path, grace: Duration) -> Vec<String> {
    let start = Instant::now();
    loop {
        let left = at_home_in(folder);
        if left.is_empty() {
            return Vec::new();
        }
        if start.elapsed() >= grace {
            return left.into_iter().map(killed).collect();
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

fn killed(pid: i32) -> String {
    let command = fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
    // SAFETY: only sends a signal.
    unsafe { libc::kill(pid, libc::SIGKILL) };
    let command = String::from_utf8_lossy(&command).replace('\0', " ");
    format!("{pid} ({})", command.trim_end())
}
