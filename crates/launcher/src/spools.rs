//! The spools in a folder.

use std::collections::{HashMap, HashSet};
use std::fs;
use std::io;
use std::mem;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use rustix::io::Errno;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use spool::{RecordingStart, Tail};
use trace::recording::ProcessEnd;
use trace::{Format, PART_EXTENSION, TraceError};

use super::child::EndedProgram;
use super::finished::FinishedTrace;
use super::followed::{FollowedSpool, read_start};
use super::launches::Launches;
use super::output_folder::OutputFolder;
use super::replaced::{Afterlife, Replaced, has_same_command};
use super::running::is_running;
use super::spool_folder::{self, tolerate_missing};
use super::unrecorded::UnrecordedProcess;

/// The time for which no new spool is looked for, while one is followed, and how much longer for each that waits.
const UNLOOKED: Duration = Duration::from_millis(50);
const UNLOOKED_FOR_EACH: Duration = Duration::from_micros(100);

/// The number of spools that are followed at a time, and the length from which one is followed all the same: its
/// process might have to wait for a reader soon.
const FOLLOWED: usize = 16;
const LONG: u64 = 1 << 20;

/// The spools in a folder, each with the trace that it becomes.
///
/// A process that has ended is done with at once: its trace is complete, and nothing stays open for it. Of
/// those that run only so many are followed; the others wait, unopened.
pub(super) struct Spools {
    output: OutputFolder,
    format: Format,
    /// The process of the program.
    program: Option<u32>,
    /// The processes that the program starts are left alone.
    is_alone: bool,
    /// The first spool of the program's process, whose trace is the one at the top.
    main: Option<PathBuf>,
    followed: Vec<FollowedSpool>,
    finished: Vec<FinishedTrace>,
    launches: Launches,
    replaced: Replaced,
    /// The program's process is known to have left its recording.
    main_is_over: bool,
    /// The number of spools that wait.
    waiting: usize,
    /// Files that are none, or that nobody asked for, or whose traces could not be written yet.
    ignored: HashSet<PathBuf>,
    /// Files that a recorder of another version left, each with the error that says so.
    foreign: Vec<(PathBuf, io::Error)>,
    /// Those that no longer can become a trace: another user's, or damaged where they begin.
    unreadable: Vec<(PathBuf, io::Error)>,
    /// Forks that can have none.
    forks: Vec<UnrecordedProcess>,
    /// Those for which too many files were open at the last look, and the folder if it could not be listed.
    unread: Vec<(PathBuf, io::Error)>,
    /// Those whose traces could not be written while the program ran.
    unwritten: Vec<PathBuf>,
    /// The time of the last look for new spools.
    looked: Instant,
    /// It shows when a process has ended. `None` until that was tried.
    shows_release: Option<bool>,
}

impl Spools {
    /// Begins with the spools of a recording, of which none has been read. The program is the process
    /// `program`; the processes that it starts are left alone where it `is_alone`. This process allows
    /// itself as many open files as it may have.
    pub(super) fn of(
        output: OutputFolder,
        format: Format,
        program: Option<u32>,
        is_alone: bool,
    ) -> Self {
        allow_open_files();
        Self {
            output,
            format,
            program,
            is_alone,
            main: None,
            followed: Vec::new(),
            finished: Vec::new(),
            launches: Launches::default(),
            replaced: Replaced::default(),
            main_is_over: false,
            waiting: 0,
            ignored: HashSet::new(),
            foreign: Vec::new(),
            unreadable: Vec::new(),
            forks: Vec::new(),
            unread: Vec::new(),
            unwritten: Vec::new(),
            looked: Instant::now(),
            shows_release: None,
        }
    }

    /// Reads what is new; returns the number of bytes.
    pub(super) fn read(&mut self) -> u64 {
        self.look();
        self.read_followed()
    }

    /// The same, while the processes run: new spools are not looked for each time.
    pub(super) fn follow(&mut self) -> u64 {
        let waiting = u32::try_from(self.waiting).unwrap_or(u32::MAX);
        let unlooked = UNLOOKED + UNLOOKED_FOR_EACH * waiting;
        if self.followed.is_empty() || self.looked.elapsed() >= unlooked {
            self.finish_released();
            self.look();
        }
        let read = self.read_followed();
        self.note_if_replaced();
        read
    }

    /// Notes that the program has replaced itself, when it has, and looks at what it is by now.
    fn note_if_replaced(&mut self) {
        if self.followed.is_empty() || !self.shows_release() {
            return;
        }
        let main = self.followed.iter().find(|spool| self.is_main(spool));
        if let Some(main) = main.filter(|main| !self.main_is_over && main.is_released())
            && Afterlife::of(main.trace.start()) == Afterlife::Goes
        {
            self.main_is_over = true;
            if !main.is_over() {
                self.replaced.note(main.trace.start());
            }
        }
        self.replaced.look();
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

    /// Takes out the processes that became Pythons which are not recorded, forks without spools, and the processes of
    /// spools that cannot become traces.
    pub(super) fn take_unrecorded(&mut self) -> Vec<UnrecordedProcess> {
        let unreadable = mem::take(&mut self.unreadable).into_iter();
        let unreadable = unreadable.map(UnrecordedProcess::unreadable);
        let replaced = self.replaced.take(|pid| self.launches.has_of(pid));
        let forks = mem::take(&mut self.forks);
        let all = replaced.into_iter().chain(forks).chain(unreadable);
        all.collect()
    }

    /// Takes out the first spool for which too many files were open, or the folder, and the error that says why.
    pub(super) fn take_unread(&mut self) -> Option<(PathBuf, io::Error)> {
        self.unread.drain(..).next()
    }

    /// Takes out the traces that are complete.
    pub(super) fn take_finished(&mut self) -> Vec<FinishedTrace> {
        mem::take(&mut self.finished)
    }

    /// Takes over the traces that a truename that was killed had completed.
    ///
    /// # Errors
    ///
    /// When one cannot be read.
    pub(super) fn take_over(&mut self) -> io::Result<()> {
        self.finished = FinishedTrace::left_in(self.output.spool())?;
        Ok(())
    }

    /// Returns the process of the program, whose recording is the first, if it still runs. Notes spools of other versions.
    pub(super) fn running_program(&mut self) -> Option<u32> {
        let mut program = None;
        for file in self.files() {
            let tail = self.open(&file);
            if program.is_none()
                && let Some(mut tail) = tail
                && let Ok(Some(start)) = read_start(&mut tail)
            {
                let pid = start.process.pid;
                let runs = !self.is_released(&tail) && is_running(pid, start.time);
                program = Some((pid, runs));
            }
        }
        program.and_then(|(pid, runs)| runs.then_some(pid))
    }

    /// Completes the traces of all spools, one after the other: each that is complete leaves room for the next. The `program`
    /// is known to have ended.
    ///
    /// # Errors
    ///
    /// When one cannot be written. Its spool is kept, and so are those after it.
    pub(super) fn finish(&mut self, program: Option<EndedProgram>) -> Result<(), TraceError> {
        let mut followed = mem::take(&mut self.followed);
        followed.sort_by_key(|spool| !self.is_main(spool));
        let latest = self.latest_recordings(&followed);
        let end = |start: &RecordingStart| match program {
            // It replaced itself (`os.execv`), and the other program was recorded as well.
            _ if latest.get(&start.process.pid) > Some(&start.time) => Some(ProcessEnd::Replaced),
            Some(program) if program.pid == start.process.pid => Some(program.end()),
            _ => None,
        };
        let main_is_over = self.main_is_over;
        for mut spool in followed {
            spool.read();
            let end = match end(spool.trace.start()) {
                // A signal killed what it had become.
                None | Some(ProcessEnd::Killed(_)) if main_is_over && self.is_main(&spool) => {
                    Some(ProcessEnd::Replaced)
                }
                end => end,
            };
            spool.end(end);
            self.complete(spool)?;
        }
        for file in mem::take(&mut self.unwritten) {
            self.ignored.remove(&file);
        }
        for file in self.files() {
            let Some(tail) = self.open(&file) else {
                continue;
            };
            let is_released = self.is_released(&tail);
            if let Some(mut spool) = self.begin(tail, &file) {
                spool.read();
                spool.end(end(spool.trace.start()));
                self.complete(spool)?;
            } else if is_released && !self.ignored.contains(&file) {
                let message = "it ended while its recording began";
                let error = io::Error::new(io::ErrorKind::UnexpectedEof, message);
                self.unreadable.push((file, error));
            }
        }
        Ok(())
    }

    /// Returns when the latest recording of each process began. A later program in it has another one.
    fn latest_recordings(&self, followed: &[FollowedSpool]) -> HashMap<u32, u64> {
        let mut latest = HashMap::new();
        for (pid, time) in self.recordings(followed) {
            let known = latest.entry(pid).or_insert(time);
            *known = time.max(*known);
        }
        latest
    }

    /// Lists the process and the beginning of all recordings, less those of sub-interpreters.
    fn recordings(&self, followed: &[FollowedSpool]) -> Vec<(u32, u64)> {
        let processes = followed.iter().filter(|it| !it.is_of_an_interpreter());
        let starts = processes.map(|spool| {
            let start = spool.trace.start();
            (start.process.pid, start.time)
        });
        let finished = self.finished.iter().filter(|it| !it.is_interpreter);
        let finished = finished.map(|trace| (trace.pid, trace.time));
        let files = spool_folder::entries(self.output.spool()).unwrap_or_default();
        let files = files
            .iter()
            .filter_map(|(_, file)| spool_folder::pid_and_time(file));
        starts.chain(finished).chain(files).collect()
    }

    /// Completes the traces of processes that have ended.
    fn finish_released(&mut self) {
        if !self.shows_release() {
            return;
        }
        let mut index = 0;
        while index < self.followed.len() {
            let spool = &self.followed[index];
            if spool.is_released() && self.is_complete(spool) {
                let spool = self.followed.swap_remove(index);
                self.complete_early(spool);
            } else {
                index += 1;
            }
        }
    }

    /// Looks for new spools.
    fn look(&mut self) {
        self.looked = Instant::now();
        self.waiting = 0;
        for file in self.files() {
            if let Some(tail) = self.open(&file) {
                self.follow_or_finish(tail, &file);
            }
        }
    }

    /// Lists the spools that are not followed, by the times in their names.
    fn files(&mut self) -> Vec<PathBuf> {
        self.unread.clear();
        let folder = self.output.spool().to_owned();
        let entries = spool_folder::entries(&folder).unwrap_or_else(|error| {
            self.unread.push((folder, error));
            Vec::new()
        });
        for (_, file) in &entries {
            self.launches.note(file);
        }
        let is_new = |file: &PathBuf| {
            let is_spool = file
                .extension()
                .is_some_and(|it| it == spool::FILE_EXTENSION);
            let is_followed = || self.followed.iter().any(|it| it.file == *file);
            is_spool && !self.ignored.contains(file) && !is_followed()
        };
        let files = entries.into_iter().map(|(_, file)| file);
        let mut files: Vec<_> = files.filter(is_new).collect();
        spool_folder::sort_by_time(&mut files);
        files
    }

    fn open(&mut self, file: &Path) -> Option<Tail> {
        match Tail::open(file) {
            Ok(tail) => return Some(tail),
            Err(error) if error.kind() == io::ErrorKind::Unsupported => {
                log::warn!("{}: {error}", file.display());
                self.ignored.insert(file.to_owned());
                self.foreign.push((file.to_owned(), error));
            }
            // It is just being made, or is not one, or has gone.
            Err(error)
                if matches!(
                    error.kind(),
                    io::ErrorKind::InvalidData | io::ErrorKind::NotFound
                ) =>
            {
                log::debug!("{}: {error}", file.display());
            }
            Err(error) => self.give_up(file, error),
        }
        None
    }

    fn follow_or_finish(&mut self, tail: Tail, file: &Path) {
        let is_released = self.is_released(&tail);
        let must_wait = self.followed.len() >= FOLLOWED
            && !is_released
            && !self.may_be_main(file)
            && tail.length() <= LONG;
        if must_wait {
            self.waiting += 1;
            return;
        }
        let Some(spool) = self.begin(tail, file) else {
            return;
        };
        if !spool.trace.is_sound() {
            // There was no room for its files. There may be later.
            self.waiting += 1;
            return;
        }
        if is_released && self.is_complete(&spool) {
            self.complete_early(spool);
        } else {
            self.followed.push(spool);
        }
    }

    /// Returns whether a trace can be completed whose spool nobody writes to any more: it is clear whether the process goes
    /// on. The program's end is known only when it has been waited for.
    fn is_complete(&self, spool: &FollowedSpool) -> bool {
        let start = spool.trace.start();
        let is_of_program = Some(start.process.pid) == self.program;
        !self.is_main(spool)
            && match Afterlife::of(start) {
                Afterlife::Ended => !is_of_program,
                Afterlife::Unclear => false,
                // The end of the program shows its exit status, if it is the same program.
                Afterlife::Goes => !is_of_program || !has_same_command(start),
            }
    }

    fn begin(&mut self, tail: Tail, file: &Path) -> Option<FollowedSpool> {
        let spool = match FollowedSpool::begin(tail, file, self.output.spool(), self.format) {
            Ok(spool) => spool?,
            Err(error) => {
                self.give_up(file, error);
                return None;
            }
        };
        let is_of_program = Some(spool.trace.start().process.pid) == self.program;
        if is_of_program && !spool.is_of_an_interpreter() && self.main.is_none() {
            self.main = Some(file.to_owned());
        }
        self.launches.settle(spool.trace.start());
        self.replaced.settle(spool.trace.start());
        if self.is_alone && !self.is_main(&spool) {
            let ignored = Tail::ignore(file);
            ignored.unwrap_or_else(|error| log::warn!("{}: {error}", file.display()));
            self.ignored.insert(file.to_owned());
            return None;
        }
        Some(spool)
    }

    /// Returns whether a spool is the one whose trace is at the top.
    fn is_main(&self, spool: &FollowedSpool) -> bool {
        self.main.as_ref() == Some(&spool.file)
    }

    /// Returns whether a file may be that spool.
    fn may_be_main(&self, file: &Path) -> bool {
        let Some(main) = &self.main else {
            let process = spool_folder::pid_and_time(file);
            return process.is_some_and(|(pid, _)| Some(pid) == self.program);
        };
        main == file
    }

    fn is_released(&mut self, tail: &Tail) -> bool {
        self.shows_release() && tail.is_released()
    }

    fn shows_release(&mut self) -> bool {
        let folder = self.output.spool();
        let found = self
            .shows_release
            .get_or_insert_with(|| spool::shows_release(folder, PART_EXTENSION));
        *found
    }

    /// Completes the trace of a process that has ended while the program goes on. What fails is tried again at the end.
    fn complete_early(&mut self, mut spool: FollowedSpool) {
        while spool.read() > 0 {}
        let start = spool.trace.start();
        let goes_on = Afterlife::of(start) == Afterlife::Goes;
        if goes_on && !spool.is_over() && !spool.is_of_an_interpreter() {
            self.replaced.note(start);
        }
        // What it became may have ended by now, too.
        let is_left = goes_on || !spool.is_over() && self.has_later_program(start);
        spool.end(is_left.then_some(ProcessEnd::Replaced));
        let file = spool.file.clone();
        if let Err(error) = self.complete(spool) {
            log::warn!("{error}");
            self.ignored.insert(file.clone());
            self.unwritten.push(file);
        }
    }

    /// Returns whether a later program in the process of a recording is recorded, too.
    fn has_later_program(&self, start: &RecordingStart) -> bool {
        let recordings = self.recordings(&self.followed).into_iter();
        let mut own = recordings.filter(|(pid, _)| *pid == start.process.pid);
        own.any(|(_, time)| time > start.time)
    }

    /// Completes the trace of what has been read of a spool. The program's gets its place; others get theirs when all
    /// are complete.
    fn complete(&mut self, spool: FollowedSpool) -> Result<(), TraceError> {
        let file = spool.file.clone();
        let forks = unrecorded_forks(&spool);
        if self.is_main(&spool) {
            let trace = spool.publish(&self.output.folder)?;
            self.ignored.insert(file);
            self.finished.push(trace);
            self.forks.extend(forks);
            return Ok(());
        }
        let name = file.file_stem().unwrap_or_default().to_string_lossy();
        let time = spool.trace.start().time;
        let folder = spool_folder::finished(self.output.spool(), time, &name);
        let trace = spool.publish(&folder);
        let trace = trace.map_err(|error| in_folder(error, self.output.children()))?;
        self.finished.push(trace);
        self.forks.extend(forks);
        if let Err(error) = tolerate_missing(fs::remove_file(&file)) {
            log::warn!("{} stays: {error}", file.display());
            self.ignored.insert(file);
        }
        Ok(())
    }

    /// Notes why a file is not followed: not yet, or never.
    fn give_up(&mut self, file: &Path, error: io::Error) {
        log::warn!("{}: {error}", file.display());
        if is_too_many_open(&error) {
            self.unread.push((file.to_owned(), error));
        } else {
            self.ignored.insert(file.to_owned());
            self.unreadable.push((file.to_owned(), error));
        }
    }
}

/// Lists the forks of a process that can have no spool of their own.
fn unrecorded_forks(spool: &FollowedSpool) -> Vec<UnrecordedProcess> {
    /// More are not counted: the number may come from a damaged file.
    const MOST: u32 = 1 << 16;
    let (count, error) = spool.forks_without_spool();
    let fork = UnrecordedProcess::Fork {
        parent: spool.trace.start().process.pid,
        is_denied: error.kind() == io::ErrorKind::PermissionDenied,
        reason: error.to_string(),
    };
    vec![fork; count.min(MOST) as usize]
}

/// Names another folder in an error: where a trace is until it has its place is no concern of people.
fn in_folder(error: TraceError, folder: PathBuf) -> TraceError {
    match error {
        TraceError::Unwritable { action, source, .. } => TraceError::Unwritable {
            action,
            path: folder,
            source,
        },
        other => other,
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
