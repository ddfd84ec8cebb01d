//! What all callbacks write to: the spool of this process, and the numbers in it.

use std::cell::UnsafeCell;
use std::io;
use std::path::PathBuf;
use std::rc::Rc;
use std::sync::atomic::{AtomicU64, Ordering};

use foldhash::HashMap;
use pyo3::exceptions::PyOSError;
use pyo3::ffi;
use pyo3::prelude::*;
use spool::{Detail, Event, FilterNote, ProcessOrigin, Record, Recorded, ValueDetail, Writer};

use crate::codes::{Addresses, Known};
use crate::plan::Plan;
use crate::threads::{self, Mark};
use crate::values::Teller;
use crate::{fork, process};
use shared::Shared;

mod events;
mod exceptions;
mod numbers;
mod shared;
mod values;

pub use events::{append_event, begin_lines, interrupt_lines, push, push_line};
pub use exceptions::{Doubt, doubt, is_told, returned_last, tell_exception};
pub use numbers::{know, known, skip};
pub use shared::{Owner, before, came_before, know_variant, share, variant};
pub use values::{append_valued, called, keep_plan, plan, teller, variable};

/// The spool of this process, and the numbers in it.
struct Journal {
    folder: Option<PathBuf>,
    detail: Detail,
    values: ValueDetail,
    filters: Vec<FilterNote>,
    /// Where records go; `None` once they cannot, and in a fork until it runs something.
    spool: Option<Writer>,
    /// Which spool that is: counts up with each start and fork of this process.
    generation: u32,
    lost: bool,
    threads: u32,
    bodies: u64,
    codes: Option<Addresses>,
    next_code: u32,
    shared: Option<Shared>,
    exceptions: Option<Addresses>,
    next_exception: u32,
    /// What is told of the values in code, by its number.
    plans: Vec<Option<Rc<Plan>>>,
    /// The variables that the spool knows, by name.
    variables: Option<HashMap<String, u32>>,
    /// What tells values, when it is not at work.
    teller: Option<Box<Teller>>,
    /// The code object whose lines the spool told of last.
    line_code: *mut ffi::PyObject,
    /// How far behind the offset of its start code is, at most, while it starts.
    start_width: u32,
    /// The type of the exception that the spool told of last; borrowed, and kept by `exceptions`.
    last_exception: (*mut ffi::PyObject, u32),
}

/// Kept by CPython's lock alone: a lock of its own would cost as much as all the rest.
struct Locked(UnsafeCell<Journal>);

// SAFETY: see `with`.
unsafe impl Sync for Locked {}

static JOURNAL: Locked = Locked(UnsafeCell::new(Journal {
    folder: None,
    detail: Detail::Modules,
    values: ValueDetail::None,
    filters: Vec::new(),
    spool: None,
    generation: 0,
    lost: false,
    threads: 0,
    bodies: 0,
    codes: None,
    next_code: 0,
    shared: None,
    exceptions: None,
    next_exception: 0,
    plans: Vec::new(),
    variables: None,
    teller: None,
    line_code: std::ptr::null_mut(),
    start_width: 0,
    last_exception: (std::ptr::null_mut(), 0),
}));

/// Counts the spools that this process began, over all recordings.
static GENERATIONS: AtomicU64 = AtomicU64::new(0);

/// The only way to the journal. `task` must not call Python, which could come back here, or let
/// another thread come here.
#[inline(always)]
fn with<T>(_: Python<'_>, task: impl FnOnce(&mut Journal) -> T) -> T {
    // SAFETY: whoever has the token holds the lock of an interpreter with the GIL (free-threaded
    // ones are refused, and an extension of this kind loads in no sub-interpreter). No task calls
    // Python, so that the lock is not given up and no task runs within another.
    task(unsafe { &mut *JOURNAL.0.get() })
}

/// Begins a journal in `folder`, with a spool.
///
/// # Errors
///
/// When there can be no spool.
pub fn open(
    py: Python<'_>,
    folder: PathBuf,
    (detail, values): (Detail, ValueDetail),
    filters: Vec<FilterNote>,
) -> PyResult<()> {
    let version = py.version_info();
    // (since 3.15 the instruction has a cache behind it)
    let start_width = if version >= (3, 15) { 2 } else { 0 };
    with(py, |journal| {
        journal.folder = Some(folder);
        journal.detail = detail;
        journal.values = values;
        journal.filters = filters;
        journal.lost = false;
        journal.start_width = start_width;
    });
    begin_spool(py, ProcessOrigin::Start)
}

/// Ends the journal.
pub fn close(py: Python<'_>) {
    append(
        py,
        &Record::Stop {
            time: process::now(),
        },
    );
    with(py, |journal| {
        journal.leave();
        journal.shared = None;
    });
}

/// Ends the recording of this process, for a reason that is not the journal's.
pub fn give_up(py: Python<'_>, reason: &str) {
    // In a fork, nothing may reach the parent's spool, which this process shares.
    leave_parent(py);
    with(py, |journal| {
        if journal.spool.is_some() {
            journal.lose(&io::Error::other(reason));
        }
    });
}

/// Begins a spool of this process's own.
fn begin_spool(py: Python<'_>, origin: ProcessOrigin) -> PyResult<()> {
    let time = process::now();
    let pid = std::process::id();
    // A process that replaces itself (`os.execv`) keeps its pid: the time tells them apart.
    let name = format!("{pid}-{time}.{}", spool::FILE_EXTENSION);
    let failed = |error: io::Error| PyOSError::new_err(error.to_string());
    let (folder, detail, values, filters) = with(py, |journal| {
        let (folder, filters) = (journal.folder.clone(), journal.filters.clone());
        (folder, journal.detail, journal.values, filters)
    });
    let path = folder.unwrap_or_default().join(name);
    let mut spool = Writer::create(&path).map_err(failed)?;
    let recorded = Recorded {
        events: detail,
        values,
    };
    let start = process::describe(py, origin, recorded, filters, time);
    spool.append(&Record::Start(start)).map_err(failed)?;
    with(py, |journal| {
        journal.leave();
        journal.generation = GENERATIONS.fetch_add(1, Ordering::Relaxed) as u32 + 1;
        journal.spool = Some(spool);
        if detail >= Detail::Calls {
            let mut codes = Addresses::new();
            for code in journal.shared.iter().flat_map(Shared::codes) {
                codes.share(code);
            }
            journal.codes = Some(codes);
            journal.exceptions = Some(Addresses::new());
        }
    });
    Ok(())
}

/// Sees to it that there is a spool, of this process, which knows that the calling thread is at
/// work. `None` when there is nothing to write to; the thread's mark otherwise.
pub fn arrive(py: Python<'_>) -> Option<Mark> {
    settle(py);
    with(py, |journal| {
        journal.spool.as_ref()?;
        let mark = journal.mark();
        if journal.detail >= Detail::Calls && !threads::is_current() {
            journal.tell_thread(mark).ok()?;
        }
        Some(mark)
    })
}

/// Sees to it that there is a spool, of this process.
fn settle(py: Python<'_>) {
    // In a fork, nothing may reach the parent's spool, which this process shares.
    leave_parent(py);
    let (is_missing, lost) = with(py, |journal| (journal.spool.is_none(), journal.lost));
    if is_missing && !lost {
        let begun = begin_spool(py, ProcessOrigin::Fork);
        with(py, |journal| journal.lost = begun.is_err());
        if let Err(error) = begun {
            refuse(py, &error.to_string());
        }
    }
}

/// Leaves word why this process is not recorded. (Where the run is over, there is nobody to read it.)
#[cold]
fn refuse(py: Python<'_>, reason: &str) {
    if let Some(folder) = with(py, |journal| journal.folder.clone()) {
        let _ = spool::refuse(&folder, std::process::id(), reason);
    }
}

/// Leaves the parent's spool, when this process has just forked from it.
pub fn leave_parent(py: Python<'_>) {
    if fork::happened() {
        with(py, |journal| {
            journal.leave();
            journal.lost = false;
        });
    }
}

/// The generation of the spool; 0 when there is none.
pub fn generation(py: Python<'_>) -> u32 {
    with(py, |journal| journal.generation)
}

/// The next number for a body.
pub fn next_body(py: Python<'_>) -> u64 {
    with(py, |journal| {
        journal.bodies += 1;
        journal.bodies - 1
    })
}

/// Appends a record. Tells whether it is in the spool; when it cannot be, there are no more.
pub fn append(py: Python<'_>, record: &Record<'_>) -> bool {
    with(py, |journal| journal.append(record).is_ok())
}

impl Journal {
    /// Forgets the spool, which ends here or is another process's.
    fn leave(&mut self) {
        threads::interrupt();
        self.spool = None;
        self.generation = 0;
        self.threads = 0;
        self.bodies = 0;
        self.codes = None;
        self.next_code = 0;
        self.exceptions = None;
        self.next_exception = 0;
        if let Some(shared) = &mut self.shared {
            shared.forget_numbers();
        }
        // (they own nothing but str, which go without a word)
        self.plans = Vec::new();
        self.variables = None;
        self.last_exception = (std::ptr::null_mut(), 0);
        self.line_code = std::ptr::null_mut();
    }

    #[inline(always)]
    fn find(&self, code: *mut ffi::PyObject) -> Known {
        self.codes
            .as_ref()
            .map_or(Known::No, |codes| codes.find(code))
    }

    /// The calling thread's mark, a new one when it has none.
    fn mark(&mut self) -> Mark {
        Mark::own(self.generation).unwrap_or_else(|| {
            let mark = Mark::new(self.generation, self.threads);
            self.threads += 1;
            mark.assign();
            if self.detail >= Detail::Calls {
                mark.announce_end();
            }
            mark
        })
    }

    /// Tells that what follows happens on the thread, and which others are over.
    fn tell_thread(&mut self, mark: Mark) -> io::Result<()> {
        let ended = threads::ended(self.generation).into_iter();
        let ended = ended.map(Event::ThreadEnd);
        for event in ended.chain([Event::Thread(mark.number())]) {
            let pushed = self
                .spool
                .as_mut()
                .map_or(Ok(()), |spool| spool.push(event));
            if let Err(error) = pushed {
                self.lose(&error);
                return Err(error);
            }
        }
        threads::make_current();
        Ok(())
    }

    fn append(&mut self, record: &Record<'_>) -> io::Result<()> {
        let Some(spool) = &mut self.spool else {
            return Err(io::ErrorKind::NotConnected.into());
        };
        spool.append(record).inspect_err(|error| self.lose(error))
    }

    /// There is no more to write to, and here is why.
    #[cold]
    fn lose(&mut self, error: &io::Error) {
        threads::interrupt();
        if let Some(mut spool) = self.spool.take() {
            let reason = error.to_string().into();
            let _ = spool.append_last(&Record::Lost {
                time: process::now(),
                reason,
            });
        }
        self.lost = true;
    }
}
