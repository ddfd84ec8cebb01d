//! The spool of this process, which comes and goes with forks.

use std::io;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};

use foldhash::{HashMap, HashSet};
use module_identity::cpython::Object;
use pyo3::exceptions::PyOSError;
use pyo3::prelude::*;
use spool::{Detail, Event, FilterNote, ProcessOrigin, Record, Recorded, Snapshots, Writer};

use super::process;
use crate::clock;
use crate::cpython::code::CodeRef;
use crate::cpython::interpreter::InterpreterId;
use crate::cpython::watcher::{DestructionWatch, Watch};
use crate::door::Guarded;
use crate::state::code_table::{Addresses, CodeState};
use crate::state::fork;
use crate::state::thread_gate::ThreadGate;
use crate::state::threads::SpoolThreadId;

/// Stands for the start of code that can be suspended: an exception never leaves that from there.
pub(super) const SUSPENDS: u32 = u32::MAX - 1;

/// The settings that are fixed for a recording.
pub struct JournalSettings {
    /// The folder for spools.
    pub folder: PathBuf,
    pub recorded: Recorded,
    pub filters: Vec<FilterNote>,
    pub interpreter: InterpreterId,
    /// Called when a code object goes that may have a number.
    pub on_code_destroyed: Watch,
}

/// The journal that all callbacks of a recording write to.
pub struct Journal {
    settings: JournalSettings,
    destruction: DestructionWatch,
    state: Guarded<JournalState>,
}

/// The spool, and the numbers in it.
pub(super) struct JournalState {
    detail: Detail,
    /// The spool for records; `None` once it cannot take any, and in a fork until it runs something.
    pub(super) spool: Option<Writer>,
    /// The spool of the process that this one was forked from, as long as there is none of its own. Nothing is recorded
    /// in it.
    inherited: Option<Writer>,
    /// The generation of that spool: counts up with each start, in any interpreter, and fork of this process.
    generation: u32,
    /// The number of forks up to this process when the spool began.
    forks: u32,
    pub(super) gate: ThreadGate,
    /// There is to be no other spool in this process.
    is_over: bool,
    /// The recording was stopped, for forks, too.
    is_closed: bool,
    threads: u32,
    bodies: u64,
    imports: u64,
    pub(super) codes: Option<Addresses>,
    pub(super) next_code: u32,
    /// The addresses of shared code, in all spools.
    pub(super) shared: HashSet<usize>,
    pub(super) exceptions: Option<Addresses>,
    pub(super) next_exception: u32,
    /// The variables that the spool knows, by name.
    pub(super) variables: HashMap<String, u32>,
    /// The code object whose lines the spool got last; 0 is none.
    pub(super) line_code: usize,
    /// The variables of frames at their last lines, as the spool has them.
    pub(super) snapshots: Snapshots,
    /// The values of the last line, kept for their room.
    pub(super) line_values: Vec<u8>,
    /// The distance behind the offset of its start at which code is, at most, while it starts.
    pub(super) start_width: u32,
    /// The type of the exceptions that leave code, kept by `exceptions`; 0 is none.
    pub(super) last_exception: usize,
    /// The types in `exceptions`: each is kept alive, so that its address stays its own.
    pub(super) exception_types: Vec<Object>,
}

/// Counts the spools that this process began, over all recordings.
static GENERATIONS: AtomicU64 = AtomicU64::new(0);

impl Journal {
    /// Begins a journal, with a spool.
    ///
    /// # Errors
    ///
    /// When there can be no spool.
    pub fn open(py: Python<'_>, settings: JournalSettings) -> PyResult<Self> {
        let state = JournalState {
            detail: settings.recorded.events,
            spool: None,
            inherited: None,
            generation: 0,
            forks: fork::count(),
            gate: ThreadGate::new(),
            is_over: false,
            is_closed: false,
            threads: 0,
            bodies: 0,
            imports: 0,
            codes: None,
            next_code: 0,
            shared: HashSet::default(),
            exceptions: None,
            next_exception: 0,
            variables: HashMap::default(),
            line_code: 0,
            snapshots: Snapshots::default(),
            line_values: Vec::new(),
            // Since CPython 3.15 the instruction has a cache behind it.
            start_width: if py.version_info() >= (3, 15) { 2 } else { 0 },
            last_exception: 0,
            exception_types: Vec::new(),
        };
        let origin = match settings.interpreter.is_main() {
            true => ProcessOrigin::Start,
            false => ProcessOrigin::Interpreter,
        };
        let journal = Self {
            destruction: DestructionWatch::new(settings.on_code_destroyed),
            settings,
            state: Guarded::new(state),
        };
        journal.begin_spool(py, origin)?;
        Ok(journal)
    }

    /// Ends the journal.
    pub fn close(&self, py: Python<'_>) {
        let time = clock::now();
        self.append(py, &Record::Stop { time });
        self.with(py, |state| {
            state.leave();
            state.is_closed = true;
        });
        self.destruction.remove(py);
    }

    /// Ends the recording of this process, for a reason that is not the journal's.
    pub fn give_up(&self, py: Python<'_>, reason: &str) {
        // In a fork, nothing may reach the parent's spool, which this process shares.
        self.leave_parent(py);
        self.with(py, |state| {
            if state.spool.is_some() {
                state.lose(&io::Error::other(reason));
            }
        });
    }

    pub fn settings(&self) -> &JournalSettings {
        &self.settings
    }

    /// Reaches the state. `task` must not call Python.
    #[inline(always)]
    pub(super) fn with<T>(&self, py: Python<'_>, task: impl FnOnce(&mut JournalState) -> T) -> T {
        self.state.with(py, task)
    }

    /// Begins a spool of this process's own.
    fn begin_spool(&self, py: Python<'_>, origin: ProcessOrigin) -> PyResult<()> {
        let time = clock::now();
        let pid = std::process::id();
        let interpreter = self.settings.interpreter.number();
        // A process that replaces itself (`os.execv`) keeps its pid: the time keeps them apart. Interpreters of a
        // process may begin at once.
        let name = format!("{pid}-{time}-{interpreter}.{}", spool::FILE_EXTENSION);
        let failed = |error: io::Error| PyOSError::new_err(error.to_string());
        let settings = &self.settings;
        let mut spool = Writer::create(&settings.folder.join(name)).map_err(failed)?;
        let filters = settings.filters.clone();
        let interpreter = settings.interpreter;
        let start = process::describe(py, origin, interpreter, settings.recorded, filters, time);
        spool.append(&Record::Start(start)).map_err(failed)?;
        self.with(py, |state| {
            state.leave();
            state.generation = GENERATIONS.fetch_add(1, Ordering::Relaxed) as u32 + 1;
            state.gate.begin(state.generation);
            state.spool = Some(spool);
            if state.detail >= Detail::Calls {
                let mut codes = Addresses::new();
                for code in &state.shared {
                    codes.share(*code);
                }
                state.codes = Some(codes);
                state.exceptions = Some(Addresses::new());
            }
        });
        Ok(())
    }

    /// Makes sure that there is a spool, of this process, which knows that the calling thread is at
    /// work. Returns the thread's id there; `None` when there is nothing to write to.
    pub fn prepare_write(&self, py: Python<'_>) -> Option<SpoolThreadId> {
        self.ensure_spool(py);
        self.with(py, |state| {
            state.spool.as_ref()?;
            let id = state.thread_id();
            if state.detail >= Detail::Calls && !state.gate.is_open() {
                state.append_thread(id).ok()?;
            }
            Some(id)
        })
    }

    /// Makes sure that there is a spool, of this process, unless there can be none.
    pub(super) fn ensure_spool(&self, py: Python<'_>) {
        // In a fork, nothing may reach the parent's spool, which this process shares.
        self.leave_parent(py);
        let is_due = self.with(py, |state| {
            state.spool.is_none() && !state.is_over && !state.is_closed
        });
        if is_due {
            let begun = self.begin_spool(py, ProcessOrigin::Fork);
            self.with(py, |state| state.is_over = begun.is_err());
            if let Err(error) = begun {
                self.refuse(py, &error.to_string());
            }
        }
    }

    /// Leaves word why this fork is not recorded: in a file, or where none can be made, as after `os.setuid`, in the
    /// spool that is mapped already. Where the run is over, there is nobody to read it.
    #[cold]
    fn refuse(&self, py: Python<'_>, reason: &str) {
        let refused = spool::refuse(&self.settings.folder, std::process::id(), reason);
        if let Err(error) = refused {
            let error = error.raw_os_error().unwrap_or_default();
            self.with(py, |state| {
                if let Some(inherited) = &state.inherited {
                    inherited.note_fork(error);
                }
            });
        }
    }

    /// Leaves the parent's spool, when this process has just forked from it.
    pub fn leave_parent(&self, py: Python<'_>) {
        self.with(py, |state| {
            if state.forks != fork::count() {
                state.forks = fork::count();
                let inherited = state.spool.take().or_else(|| state.inherited.take());
                state.leave();
                state.inherited = inherited;
                state.is_over = false;
            }
        });
    }

    /// Returns whether the calling thread is the one whose events may just be appended.
    #[inline(always)]
    pub fn is_current_thread(&self, py: Python<'_>) -> bool {
        self.with(py, |state| state.gate.is_open())
    }

    /// Has the address of a code object forgotten when it is destroyed.
    pub fn watch_destruction(&self, code: CodeRef<'_>) {
        self.destruction.watch(code);
    }

    /// Returns the generation of the spool; 0 when there is none.
    #[inline]
    pub fn generation(&self, py: Python<'_>) -> u32 {
        self.with(py, |state| state.generation)
    }

    /// Returns the next number for a body.
    pub fn next_body(&self, py: Python<'_>) -> u64 {
        self.with(py, |state| {
            state.bodies += 1;
            state.bodies - 1
        })
    }

    /// Returns the number of the next import.
    pub fn next_import(&self, py: Python<'_>) -> u64 {
        self.with(py, |state| {
            state.imports += 1;
            state.imports - 1
        })
    }

    /// Appends that code runs here which filters keep out.
    pub fn append_skip(&self, py: Python<'_>) {
        // An error shows at the next event.
        self.append(py, &Record::Skip);
    }

    /// Appends a record. Returns whether it is in the spool; when it cannot be, there are no more.
    pub fn append(&self, py: Python<'_>, record: &Record<'_>) -> bool {
        self.with(py, |state| state.append(record).is_ok())
    }
}

impl JournalState {
    /// Forgets the spool, which ends here or is another process's.
    fn leave(&mut self) {
        self.gate.begin(0);
        self.spool = None;
        self.inherited = None;
        self.generation = 0;
        self.threads = 0;
        self.bodies = 0;
        self.imports = 0;
        self.codes = None;
        self.next_code = 0;
        self.exceptions = None;
        self.next_exception = 0;
        self.variables = HashMap::default();
        self.last_exception = 0;
        self.line_code = 0;
        self.snapshots = Snapshots::default();
    }

    #[inline(always)]
    pub(super) fn find(&self, code: usize) -> CodeState {
        self.codes
            .as_ref()
            .map_or(CodeState::Unknown, |codes| codes.find(code))
    }

    /// Returns the calling thread's id, a new one when it has none.
    fn thread_id(&mut self) -> SpoolThreadId {
        SpoolThreadId::own(self.generation).unwrap_or_else(|| {
            let id = SpoolThreadId::new(self.generation, self.threads);
            self.threads += 1;
            id.assign(&self.gate, self.detail >= Detail::Calls);
            id
        })
    }

    /// Appends that what follows happens on the thread, and which others are over.
    fn append_thread(&mut self, id: SpoolThreadId) -> io::Result<()> {
        let ended = self.gate.ended(self.generation).into_iter();
        let ended = ended.map(Event::ThreadEnd);
        for event in ended.chain([Event::Thread(id.number())]) {
            let pushed = self
                .spool
                .as_mut()
                .map_or(Ok(()), |spool| spool.push(event));
            if let Err(error) = pushed {
                self.lose(&error);
                return Err(error);
            }
        }
        self.gate.open();
        Ok(())
    }

    pub(super) fn append(&mut self, record: &Record<'_>) -> io::Result<()> {
        let Some(spool) = &mut self.spool else {
            return Err(io::ErrorKind::NotConnected.into());
        };
        spool.append(record).inspect_err(|error| self.lose(error))
    }

    /// Ends the spool after an event that it could not take. Out of line, so that an event keeps nothing for it.
    #[cold]
    #[inline(never)]
    pub(super) fn lose_spool(&mut self, error: io::Error) {
        self.lose(&error);
    }

    /// Ends the spool: there is no more to write to, and here is why.
    #[cold]
    pub(super) fn lose(&mut self, error: &io::Error) {
        self.gate.close();
        if let Some(mut spool) = self.spool.take() {
            let reason = error.to_string().into();
            let _ = spool.append_last(&Record::Lost {
                time: clock::now(),
                reason,
            });
        }
        self.is_over = true;
    }
}
