//! The part of a file that a long command has read, on a terminal.

use std::fs;
use std::io::{self, IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::thread::{self, JoinHandle};
use std::time::Duration;

/// The time after which somebody may wonder.
const QUIET: Duration = Duration::from_secs(2);
/// The time between two looks.
const PAUSE: Duration = Duration::from_millis(200);

/// The flags of a file that is open for writing (`O_WRONLY`, `O_RDWR`).
const WRITES: u64 = 0o3;

/// Shows which part of a file has been read, until it is dropped.
pub struct Progress(Option<Shown>);

struct Shown {
    over: Sender<()>,
    thread: JoinHandle<()>,
}

impl Progress {
    /// Begins to look at the files of a folder that this process reads. Nothing is shown in the first two seconds, nor
    /// where standard error is no terminal.
    pub fn of_reading(folder: &Path) -> Self {
        if !io::stderr().is_terminal() {
            return Self(None);
        }
        let folder = folder.canonicalize().unwrap_or_else(|_| folder.into());
        let (over, is_over) = mpsc::channel::<()>();
        let thread = thread::spawn(move || {
            let mut wait = QUIET;
            while is_over.recv_timeout(wait) == Err(RecvTimeoutError::Timeout) {
                if let Some((file, percent)) = position(&folder) {
                    show(&format!("{}: {percent} %", file.display()));
                }
                wait = PAUSE;
            }
            if wait == PAUSE {
                show("");
            }
        });
        Self(Some(Shown { over, thread }))
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if let Some(Shown { over, thread }) = self.0.take() {
            drop(over);
            // It only shows something.
            let _ = thread.join();
        }
    }
}

/// Replaces the line that is shown.
fn show(line: &str) {
    let _ = write!(io::stderr(), "\r\x1b[K{line}");
}

/// Returns the largest file of a folder that this process reads, by its path in the folder, and the percentage that
/// has been read. The system knows both.
fn position(folder: &Path) -> Option<(PathBuf, u64)> {
    let open = fs::read_dir("/proc/self/fd").ok()?.flatten();
    let read = open.filter_map(|entry| {
        let target = fs::read_link(entry.path()).ok()?;
        let name = target.strip_prefix(folder).ok()?.to_owned();
        let info = Path::new("/proc/self/fdinfo").join(entry.file_name());
        let info = fs::read_to_string(info).ok()?;
        let (position, flags) = (number(&info, "pos:", 10)?, number(&info, "flags:", 8)?);
        let length = fs::metadata(target).ok()?.len();
        (flags & WRITES == 0).then_some((length, position, name))
    });
    let (length, position, name) = read.max()?;
    let percent = position
        .min(length)
        .saturating_mul(100)
        .checked_div(length)?;
    Some((name, percent))
}

/// Returns what a line says that begins with `name`.
fn number(info: &str, name: &str, radix: u32) -> Option<u64> {
    let line = info.lines().find_map(|line| line.strip_prefix(name))?;
    u64::from_str_radix(line.trim(), radix).ok()
}

#[cfg(test)]
mod tests {
    use std::fs::File;
    use std::io::Read;

    use super::*;

    #[test]
    fn the_largest_open_file_of_the_folder_counts() {
        let folder = tempfile::tempdir().expect("a folder");
        let root = folder.path().canonicalize().expect("a path");
        assert_eq!(position(&root), None);
        fs::write(root.join("trace.bin"), [0; 1000]).expect("a file");
        fs::write(root.join("small.json"), [0; 10]).expect("a file");
        let mut large = File::open(root.join("trace.bin")).expect("a file");
        let _small = File::open(root.join("small.json")).expect("a file");
        let mut written = File::create(root.join("larger.json")).expect("a file");
        written.write_all(&[0; 5000]).expect("room");
        let mut part = [0; 250];
        large.read_exact(&mut part).expect("bytes");
        assert_eq!(position(&root), Some(("trace.bin".into(), 25)));
    }
}
