//! Following spools while their processes run, so that little is left to do when the program ends.

use std::io;
use std::panic::{self, AssertUnwindSafe};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use spool::{Item, Record, Tail};

use super::output;
use trace::Format;
use trace::draft::Draft;

/// The time that a follower sleeps at first, as no Python can have begun a spool before, then until there is
/// one, and after that at least and at most.
const START: Duration = Duration::from_millis(8);
const FIRST: Duration = Duration::from_millis(3);
const SHORT: Duration = Duration::from_millis(1);
const LONG: Duration = Duration::from_millis(20);
/// The bytes to read at a time: the program's end should not find more.
const ENOUGH: u64 = 1 << 15;
/// The time in which no new spool is looked for, while one is followed.
const UNLOOKED: Duration = Duration::from_millis(50);

/// Follows the spools in a folder, on a thread of its own.
pub(super) struct Follower {
    /// `None` when it is over.
    spools: Arc<Mutex<Option<Spools>>>,
}

/// The spools in a folder, each with the trace that it becomes.
pub(super) struct Spools {
    folder: PathBuf,
    format: Format,
    followed: Vec<Followed>,
    /// Files that are none, or that nobody asked for.
    ignored: Vec<PathBuf>,
    /// Files that a recorder of another version left, and what that says.
    foreign: Vec<(PathBuf, io::Error)>,
    /// Those that could not be opened when they were looked for last, as too many files were open.
    unread: Vec<(PathBuf, io::Error)>,
    /// The only process to follow, where there is but one.
    only: Option<u32>,
    /// When new spools were looked for.
    looked: Instant,
}

/// A spool, and the trace that it becomes.
pub(super) struct Followed {
    pub(super) file: PathBuf,
    pub(super) draft: Draft,
    tail: Tail,
    /// The time of the last record.
    latest: u64,
    is_damaged: bool,
}

impl Follower {
    /// Begins to follow.
    pub(super) fn start(spools: Spools) -> Self {
        let spools = Arc::new(Mutex::new(Some(spools)));
        let shared = Arc::clone(&spools);
        let follow = move || {
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
                pause = if spools.followed.is_empty() {
                    FIRST
                } else {
                    let ratio = ENOUGH as f64 / read.max(1) as f64;
                    pause.mul_f64(ratio).clamp(SHORT, LONG)
                };
            }
        };
        // Without it everything is read in the end.
        let started = thread::Builder::new().spawn(follow);
        if let Err(error) = started {
            log::warn!("the recording is not followed while the program runs: {error}");
        }
        Self { spools }
    }

    /// Returns everything that was read by the end of the program. The thread may sleep on: waiting for it
    /// would take longer than reading the rest.
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

impl Spools {
    /// The spools in `folder`, of which none has been read. With `only`, all but that process's are
    /// left alone. Each keeps files open, so that this process allows itself as many as it may have.
    pub(super) fn in_folder(folder: PathBuf, format: Format, only: Option<u32>) -> Self {
        allow_open_files();
        Self {
            folder,
            format,
            followed: Vec::new(),
            ignored: Vec::new(),
            foreign: Vec::new(),
            unread: Vec::new(),
            only,
            looked: Instant::now(),
        }
    }

    /// Reads what is new, and returns the number of bytes.
    pub(super) fn read(&mut self) -> u64 {
        self.look();
        self.read_followed()
    }

    /// The same, while the processes run: new spools are not looked for each time.
    fn follow(&mut self) -> u64 {
        if self.followed.is_empty() || self.looked.elapsed() >= UNLOOKED {
            self.look();
        }
        self.read_followed()
    }

    fn read_followed(&mut self) -> u64 {
        self.followed.iter_mut().map(Followed::read).sum()
    }

    /// The first file that a recorder of another version left, and what that says.
    pub(super) fn foreign(&self) -> Option<&(PathBuf, io::Error)> {
        self.foreign.first()
    }

    /// The first spool for which too many files were open, and what that says.
    pub(super) fn unread(&self) -> Option<&(PathBuf, io::Error)> {
        self.unread.first()
    }

    /// All that was followed, by the time at which it begins.
    pub(super) fn into_followed(mut self) -> Vec<Followed> {
        let time = |it: &Followed| it.draft.start().time;
        self.followed
            .sort_by(|a, b| (time(a), &a.file).cmp(&(time(b), &b.file)));
        self.followed
    }

    /// Looks for new spools.
    fn look(&mut self) {
        self.looked = Instant::now();
        self.unread.clear();
        for (_, file) in output::entries(&self.folder).unwrap_or_default() {
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
            // It is just being made, is no spool, or has gone.
            Err(error)
                if matches!(
                    error.kind(),
                    io::ErrorKind::InvalidData | io::ErrorKind::NotFound
                ) =>
            {
                return log::debug!("{}: {error}", file.display());
            }
            Err(error) if matches!(error.raw_os_error(), Some(libc::EMFILE | libc::ENFILE)) => {
                return self.unread.push((file, error));
            }
            // It may be another user's.
            Err(error) => {
                log::warn!("{}: {error}", file.display());
                return self.ignored.push(file);
            }
        };
        let Some(followed) = Followed::begin(tail, &file, &self.folder, self.format) else {
            return;
        };
        let pid = followed.draft.start().process.pid;
        let is_first = !self
            .followed
            .iter()
            .any(|it| it.draft.start().process.pid == pid);
        if self.only.is_none_or(|only| only == pid && is_first) {
            self.followed.push(followed);
        } else {
            let result = Tail::ignore(&file);
            result.unwrap_or_else(|error| log::warn!("{}: {error}", file.display()));
            self.ignored.push(file);
        }
    }
}

impl Followed {
    /// Begins to follow a spool; `None` when it does not say whose it is, or not yet.
    fn begin(mut tail: Tail, file: &Path, scratch: &Path, format: Format) -> Option<Self> {
        if !tail.refill().ok()? {
            return None;
        }
        let Some(Ok(Item::Record(Record::Start(start)))) = tail.next_item() else {
            log::warn!("{} does not say whose it is", file.display());
            return None;
        };
        let mut followed = Self {
            latest: start.time,
            draft: Draft::new(start, scratch, format),
            file: file.to_owned(),
            is_damaged: false,
            tail,
        };
        let missing = followed.tail.missing();
        if missing > 0 {
            followed.lose(format!(
                "{} MiB of the spool were given back to the disk by a truename that was killed \
                 before its trace was complete",
                missing >> 20
            ));
        }
        Some(followed)
    }

    /// Reads what is new, and returns the number of bytes. A process that goes on writing meanwhile does not keep
    /// this from an end.
    fn read(&mut self) -> u64 {
        let start = self.tail.position();
        let mut windows = self.tail.windows();
        while windows > 0 && self.draft.is_sound() && !self.is_damaged && self.refill() {
            windows -= 1;
            while let Some(item) = self.tail.next_item() {
                match item {
                    Ok(Item::Record(record)) => {
                        self.latest = time(&record).unwrap_or(self.latest);
                        self.draft.take(record);
                    }
                    Ok(Item::Events(events)) => self.draft.take_events(events),
                    Err(damage) => {
                        self.lose(format!("the spool is damaged: {damage}"));
                        break;
                    }
                }
            }
            self.draft.advance();
            let result = self.tail.acknowledge();
            result.unwrap_or_else(|error| log::warn!("{}: {error}", self.file.display()));
        }
        self.tail.position() - start
    }

    fn refill(&mut self) -> bool {
        self.tail.refill().unwrap_or_else(|error| {
            log::warn!("{}: {error}", self.file.display());
            false
        })
    }

    /// Nothing after this can be read.
    fn lose(&mut self, reason: String) {
        self.is_damaged = true;
        self.draft.take(Record::Lost {
            time: self.latest,
            reason: reason.into(),
        });
    }

    /// Returns whether the process still runs, or another one has its id by now.
    pub(super) fn is_running(&self) -> bool {
        let Ok(pid) = libc::pid_t::try_from(self.draft.start().process.pid) else {
            return false;
        };
        // One that is dead and that nobody has waited for keeps its id. (There is no `/proc` on
        // macOS, where such a process counts as running.)
        let state = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
        let is_dead = state
            .rsplit(") ")
            .next()
            .is_some_and(|rest| rest.starts_with('Z'));
        // SAFETY: signal 0 is never delivered: the call only looks for the process.
        !is_dead && unsafe { libc::kill(pid, 0) == 0 }
    }
}

/// Raises this process's limit of open files as far as that goes.
fn allow_open_files() {
    let mut limit = libc::rlimit {
        rlim_cur: 0,
        rlim_max: 0,
    };
    // SAFETY: the structure is ours.
    unsafe {
        if libc::getrlimit(libc::RLIMIT_NOFILE, &mut limit) == 0 {
            limit.rlim_cur = limit.rlim_max;
            libc::setrlimit(libc::RLIMIT_NOFILE, &limit);
        }
    }
}

/// When a record was written, where it says so.
fn time(record: &Record<'_>) -> Option<u64> {
    match record {
        Record::Start(start) => Some(start.time),
        Record::Begin(begin) => Some(begin.time),
        Record::End(end) => Some(end.time),
        Record::Stop { time } | Record::Lost { time, .. } => Some(*time),
        Record::Code(_) | Record::Exception(_) | Record::Variable(_) | Record::Skip => None,
    }
}
