//! The spools in a folder.

use std::io;
use std::mem;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use rustix::io::Errno;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use spool::Tail;
use trace::Format;

use super::followed::FollowedSpool;
use super::spool_folder;

/// The time for which no new spool is looked for, while one is followed.
const UNLOOKED: Duration = Duration::from_millis(50);

/// The spools in a folder, each with the trace that it becomes.
pub(super) struct Spools {
    folder: PathBuf,
    format: Format,
    followed: Vec<FollowedSpool>,
    /// Files that are none, or that nobody asked for.
    ignored: Vec<PathBuf>,
    /// Files that a recorder of another version left, each with the error that says so.
    foreign: Vec<(PathBuf, io::Error)>,
    /// Those that no longer can become a trace: another user's, or damaged where they begin.
    unreadable: Vec<(PathBuf, io::Error)>,
    /// Those for which too many files were open at the last look, and the folder if it could not be listed.
    unread: Vec<(PathBuf, io::Error)>,
    /// The only process to follow, where there is but one.
    only: Option<u32>,
    /// The time of the last look for new spools.
    looked: Instant,
}

impl Spools {
    /// Begins with the spools in `folder`, of which none has been read. With `only`, all but that process's are
    /// left alone. Each keeps files open, so that this process allows itself as many as it may have.
    pub(super) fn in_folder(folder: PathBuf, format: Format, only: Option<u32>) -> Self {
        allow_open_files();
        Self {
            folder,
            format,
            followed: Vec::new(),
            ignored: Vec::new(),
            foreign: Vec::new(),
            unreadable: Vec::new(),
            unread: Vec::new(),
            only,
            looked: Instant::now(),
        }
    }

    /// Reads what is new; returns the number of bytes.
    pub(super) fn read(&mut self) -> u64 {
        self.look();
        self.read_followed()
    }

    /// The same, while the processes run: new spools are not looked for each time.
    pub(super) fn follow(&mut self) -> u64 {
        if self.followed.is_empty() || self.looked.elapsed() >= UNLOOKED {
            self.look();
        }
        self.read_followed()
    }

    fn read_followed(&mut self) -> u64 {
        self.followed.iter_mut().map(FollowedSpool::read).sum()
    }

    /// Returns whether none is followed yet.
    pub(super) fn is_empty(&self) -> bool {
        self.followed.is_empty()
    }

    /// Takes out the first file that a recorder of another version left, and the error that says so.
    pub(super) fn take_foreign(&mut self) -> Option<(PathBuf, io::Error)> {
        self.foreign.drain(..).next()
    }

    /// Takes out the spools that cannot become traces, with the errors that say why.
    pub(super) fn take_unreadable(&mut self) -> Vec<(PathBuf, io::Error)> {
        mem::take(&mut self.unreadable)
    }

    /// Takes out the first spool for which too many files were open, or the folder, and the error that says why.
    pub(super) fn take_unread(&mut self) -> Option<(PathBuf, io::Error)> {
        self.unread.drain(..).next()
    }

    /// Returns all that was followed, by the time at which it begins.
    pub(super) fn into_followed(mut self) -> Vec<FollowedSpool> {
        let time = |it: &FollowedSpool| it.trace.start().time;
        self.followed
            .sort_by(|a, b| (time(a), &a.file).cmp(&(time(b), &b.file)));
        self.followed
    }

    /// Looks for new spools.
    fn look(&mut self) {
        self.looked = Instant::now();
        self.unread.clear();
        let entries = spool_folder::entries(&self.folder).unwrap_or_else(|error| {
            self.unread.push((self.folder.clone(), error));
            Vec::new()
        });
        for (_, file) in entries {
            let is_spool = file
                .extension()
                .is_some_and(|it| it == spool::FILE_EXTENSION);
            let is_known = self.followed.iter().any(|it| it.file == file);
            if is_spool && !is_known && !self.ignored.contains(&file) {
                self.begin(file);
            }
        }
    }

    fn begin(&mut self, file: PathBuf) {
        let tail = match Tail::open(&file) {
            Ok(tail) => tail,
            Err(error) if error.kind() == io::ErrorKind::Unsupported => {
                log::warn!("{}: {error}", file.display());
                self.ignored.push(file.clone());
                return self.foreign.push((file, error));
            }
            // It is just being made, or is not one, or has gone.
            Err(error)
                if matches!(
                    error.kind(),
                    io::ErrorKind::InvalidData | io::ErrorKind::NotFound
                ) =>
            {
                return log::debug!("{}: {error}", file.display());
            }
            Err(error) => return self.give_up(file, error),
        };
        let followed = match FollowedSpool::begin(tail, &file, &self.folder, self.format) {
            Ok(Some(followed)) => followed,
            Ok(None) => return,
            Err(error) => return self.give_up(file, error),
        };
        let pid = followed.trace.start().process.pid;
        let is_first = !self
            .followed
            .iter()
            .any(|it| it.trace.start().process.pid == pid);
        if self.only.is_none_or(|only| only == pid && is_first) {
            self.followed.push(followed);
        } else {
            let ignored = Tail::ignore(&file);
            ignored.unwrap_or_else(|error| log::warn!("{}: {error}", file.display()));
            self.ignored.push(file);
        }
    }

    /// Notes why a file is not followed: not yet, or never.
    fn give_up(&mut self, file: PathBuf, error: io::Error) {
        log::warn!("{}: {error}", file.display());
        if is_too_many_open(&error) {
            self.unread.push((file, error));
        } else {
            self.ignored.push(file.clone());
            self.unreadable.push((file, error));
        }
    }
}

fn is_too_many_open(error: &io::Error) -> bool {
    let error = Errno::from_io_error(error);
    matches!(error, Some(Errno::MFILE | Errno::NFILE))
}

/// Raises this process's limit of open files as far as that goes.
fn allow_open_files() {
    let limit = getrlimit(Resource::Nofile);
    let most = Rlimit {
        current: limit.maximum,
        ..limit
    };
    if let Err(error) = setrlimit(Resource::Nofile, most) {
        log::debug!("the limit of open files stays: {error}");
    }
}
