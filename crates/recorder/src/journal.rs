//! What all callbacks write to: the spool of this process, and the numbers in it.

use std::cell::UnsafeCell;
use std::collections::HashMap;
use std::ffi::c_int;
use std::io;
use std::path::PathBuf;
use std::rc::Rc;
use std::sync::atomic::{AtomicU64, Ordering};

use module_identity::python::type_name;
use pyo3::exceptions::PyOSError;
use pyo3::ffi;
use pyo3::prelude::*;
use spool::{Detail, Event, Filter, NUMBERS, Origin, Record, Variable, Writer};

use crate::code::Code;
use crate::codes::{Addresses, Known, watch_end};
use crate::plan::Plan;
use crate::threads::{self, Mark};
use crate::values::Teller;
use crate::watcher::GOES;
use crate::{fork, process};

/// How many types of exceptions are remembered. Each is kept alive.
const REMEMBERED: usize = 1024;

/// Stands for the start of code that can be suspended: an exception never leaves that from there.
const SUSPENDS: u32 = u32::MAX - 1;

/// Why it may be another call than it seems that an exception leaves.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Doubt {
    /// Nothing may have told of its start: a signal's handler raised before, or a tool that is asked
    /// first.
    Starts,
    /// Nothing may have told that it goes on, for the same reasons.
    GoesOn,
    /// Its end may have been told: a tool that is asked last raised.
    Ends,
}

/// The spool of this process, and the numbers in it.
struct Journal {
    folder: Option<PathBuf>,
    detail: Detail,
    filters: Vec<Filter<'static>>,
    /// Where records go; `None` once they cannot, and in a fork until it runs something.
    spool: Option<Writer>,
    /// Which spool that is: counts up with each start and fork of this process.
    generation: u32,
    lost: bool,
    threads: u32,
    bodies: u64,
    codes: Option<Addresses>,
    next_code: u32,
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
    filters: Vec::new(),
    spool: None,
    generation: 0,
    lost: false,
    threads: 0,
    bodies: 0,
    codes: None,
    next_code: 0,
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
pub fn open(py: Python<'_>, folder: PathBuf, filters: Vec<Filter<'static>>) -> PyResult<Detail> {
    let detail = Detail::wanted(&folder);
    let version = py.version_info();
    // (since 3.15 the instruction has a cache behind it)
    let start_width = if version >= (3, 15) { 2 } else { 0 };
    with(py, |journal| {
        journal.folder = Some(folder);
        journal.detail = detail;
        journal.filters = filters;
        journal.lost = false;
        journal.start_width = start_width;
    });
    begin_spool(py, Origin::Start)?;
    Ok(detail)
}

/// Ends the journal.
pub fn close(py: Python<'_>) {
    append(
        py,
        &Record::Stop {
            time: process::now(),
        },
    );
    with(py, Journal::leave);
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
fn begin_spool(py: Python<'_>, origin: Origin) -> PyResult<()> {
    let time = process::now();
    let pid = std::process::id();
    // A process that replaces itself (`os.execv`) keeps its pid: the time tells them apart.
    let name = format!("{pid}-{time}.{}", spool::FILE_EXTENSION);
    let failed = |error: io::Error| PyOSError::new_err(error.to_string());
    let (folder, detail, filters) = with(py, |journal| {
        let folder = journal.folder.clone();
        (folder, journal.detail, journal.filters.clone())
    });
    let path = folder.unwrap_or_default().join(name);
    let mut spool = Writer::create(&path).map_err(failed)?;
    let described = process::describe(py, origin, detail, &filters, time);
    spool.append(&Record::Process(described)).map_err(failed)?;
    with(py, |journal| {
        journal.leave();
        journal.generation = GENERATIONS.fetch_add(1, Ordering::Relaxed) as u32 + 1;
        journal.spool = Some(spool);
        if detail >= Detail::Calls {
            journal.codes = Some(Addresses::new());
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
        let failed = begin_spool(py, Origin::Fork).is_err();
        with(py, |journal| journal.lost = failed);
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

/// Appends an event of code, when nothing has to be looked at first; tells what the code is
/// otherwise.
///
/// This is what runs at each event.
#[inline(always)]
pub fn push(
    py: Python<'_>,
    code: *mut ffi::PyObject,
    event: impl FnOnce(u32) -> Event,
) -> Result<(), Known> {
    with(py, |journal| {
        if !threads::is_current() {
            return Err(Known::No);
        }
        let (Some(codes), Some(spool)) = (&journal.codes, &mut journal.spool) else {
            return Err(Known::No);
        };
        match codes.find(code) {
            Known::Number(number) => match spool.push(event(number)) {
                Ok(()) => Ok(()),
                Err(error) => {
                    journal.lose(&error);
                    Ok(())
                }
            },
            other => Err(other),
        }
    })
}

/// Appends a line, when it is of the same code as the last one and nothing has to be looked at first;
/// tells whether it did.
///
/// This is what runs at most lines.
#[inline(always)]
pub fn push_line(py: Python<'_>, code: *mut ffi::PyObject, line: u32) -> bool {
    with(py, |journal| {
        if !threads::is_current() || journal.line_code != code {
            return false;
        }
        let Some(spool) = &mut journal.spool else {
            return false;
        };
        if let Err(error) = spool.push(Event::Line(line % NUMBERS)) {
            journal.lose(&error);
        }
        true
    })
}

/// Appends a line of code that has a number.
pub fn append_line(py: Python<'_>, code: *mut ffi::PyObject, line: u32) {
    if begin_lines(py, code) {
        append_event(py, Event::Line(line % NUMBERS));
    }
}

/// Sees to it that the next line is one of this code. `false` for code without a number.
pub fn begin_lines(py: Python<'_>, code: *mut ffi::PyObject) -> bool {
    let (Known::Number(number) | Known::Module(number)) = known(py, code) else {
        return false;
    };
    begin_lines_of(py, code, number);
    true
}

/// What the code object at this address is in the spool.
pub fn known(py: Python<'_>, code: *mut ffi::PyObject) -> Known {
    with(py, |journal| journal.find(code))
}

/// Keeps a code object out of the spool from now on; tells of it once.
pub fn skip(py: Python<'_>, code: Code<'_>) {
    settle(py);
    if known(py, code.as_ptr()) != Known::No {
        return;
    }
    // SAFETY: the code object is alive.
    unsafe { watch_end(py, code.as_ptr(), gone) };
    with(py, |journal| {
        if journal.append(&Record::Skip).is_ok()
            && let Some(codes) = &mut journal.codes
        {
            codes.insert(code.as_ptr(), Known::Skipped, None);
        }
    });
}

/// What a code object is in the spool. It gets a number there when it has none.
/// `start` is the offset at which it starts, where that is known.
pub fn know(py: Python<'_>, code: Code<'_>, start: Option<u32>) -> Known {
    let find = || with(py, |journal| journal.find(code.as_ptr()));
    let known = find();
    if known != Known::No {
        return known;
    }
    let is_of_a_module = code.is_of_a_module();
    let start = if code.suspends() {
        Some(SUSPENDS)
    } else {
        start
    };
    let (name, file, line) = (code.qualname(), code.filename(), code.first_line());
    // SAFETY: the code object is alive.
    unsafe { watch_end(py, code.as_ptr(), gone) };
    // (to describe it was to call Python: another thread may have been here)
    let known = find();
    if known != Known::No {
        return known;
    }
    with(py, |journal| {
        let number = journal.next_code;
        if number >= NUMBERS {
            journal.lose(&io::Error::other("there is too much code"));
            return Known::No;
        }
        journal.next_code += 1;
        let described = spool::Code {
            number,
            name: name.into(),
            file: file.into(),
            line,
        };
        if journal.append(&Record::Code(described)).is_err() {
            return Known::No;
        }
        let known = if is_of_a_module {
            Known::Module(number)
        } else {
            Known::Number(number)
        };
        if let Some(codes) = &mut journal.codes {
            codes.insert(code.as_ptr(), known, start);
        }
        known
    })
}

/// Takes a code object that CPython is about to free out of the table.
extern "C" fn gone(event: c_int, code: *mut ffi::PyObject) -> c_int {
    if event != GOES {
        return 0;
    }
    // SAFETY: CPython frees objects while it holds its lock.
    let plan = with(unsafe { Python::assume_attached() }, |journal| {
        let number = journal.find(code);
        if let Some(codes) = &mut journal.codes {
            codes.remove(code);
        }
        if journal.line_code == code {
            journal.line_code = std::ptr::null_mut();
        }
        match number {
            Known::Number(number) | Known::Module(number) => journal
                .plans
                .get_mut(number as usize)
                .and_then(Option::take),
            Known::No | Known::Skipped => None,
        }
    });
    drop(plan);
    0
}

/// The number of a code object, and what is told of its values, when nothing has to be looked at
/// first.
#[inline(always)]
pub fn plan(py: Python<'_>, code: *mut ffi::PyObject) -> Option<(u32, Rc<Plan>)> {
    with(py, |journal| {
        if !threads::is_current() {
            return None;
        }
        let (Known::Number(number) | Known::Module(number)) = journal.find(code) else {
            return None;
        };
        let plan = journal.plans.get(number as usize)?.as_ref()?;
        Some((number, Rc::clone(plan)))
    })
}

/// The same for code that is called, as the body of a module is not.
#[inline(always)]
pub fn called(py: Python<'_>, code: *mut ffi::PyObject) -> Option<(u32, Rc<Plan>)> {
    let is_called = |journal: &mut Journal| matches!(journal.find(code), Known::Number(_));
    with(py, is_called).then(|| plan(py, code)).flatten()
}

/// Keeps what is told of the values in code that has a number.
pub fn keep_plan(py: Python<'_>, code: *mut ffi::PyObject, plan: Plan) {
    let plan = Rc::new(plan);
    with(py, |journal| {
        if let Known::Number(number) | Known::Module(number) = journal.find(code) {
            let number = number as usize;
            let needed = journal.plans.len().max(number + 1);
            journal.plans.resize(needed, None);
            journal.plans[number] = Some(plan);
        }
    });
}

/// The number of a variable, by its name.
pub fn variable(py: Python<'_>, name: &str) -> u32 {
    with(py, |journal| {
        let variables = journal.variables.get_or_insert_default();
        if let Some(number) = variables.get(name) {
            return *number;
        }
        let number = variables.len() as u32;
        variables.insert(name.to_owned(), number);
        // (an error shows at the next event)
        let _ = journal.append(&Record::Variable(Variable {
            number,
            name: name.into(),
        }));
        number
    })
}

/// What tells values, with nothing told.
pub fn teller(py: Python<'_>) -> Box<Teller> {
    let mut teller = with(py, |journal| journal.teller.take()).unwrap_or_default();
    teller.clear();
    teller
}

/// Appends an event of code that has a number, with the values that were told.
pub fn append_valued(py: Python<'_>, event: Event, teller: Box<Teller>) {
    with(py, |journal| {
        if let Some(spool) = &mut journal.spool {
            let pushed = if teller.bytes.is_empty() {
                spool.push(event)
            } else {
                spool.push_valued(event, &teller.bytes)
            };
            if let Err(error) = pushed {
                journal.lose(&error);
            }
        }
        journal.teller = Some(teller);
    });
}

/// Sees to it that the next line is one of this code, which has this number.
#[inline]
pub fn begin_lines_of(py: Python<'_>, code: *mut ffi::PyObject, number: u32) {
    if with(py, |journal| journal.line_code == code) {
        return;
    }
    append_event(py, Event::In(number));
    with(py, |journal| journal.line_code = code);
}

/// Why the call that an exception leaves, at this offset of `code`, may not be the innermost one of its
/// code that the spool tells of.
#[inline]
pub fn doubt(py: Python<'_>, code: *mut ffi::PyObject, offset: u32) -> Option<Doubt> {
    with(py, |journal| {
        let (Some(codes), Some(spool)) = (&journal.codes, &journal.spool) else {
            return None;
        };
        let Known::Number(number) = codes.find(code) else {
            return None;
        };
        match codes.start(code) {
            Some(SUSPENDS) => Some(Doubt::GoesOn),
            Some(start) if (start..=start + journal.start_width).contains(&offset) => {
                Some(Doubt::Starts)
            }
            // (other threads may have been at work since)
            _ if !threads::is_current() => Some(Doubt::Ends),
            _ => (spool.last() == Some(Event::Return(number))).then_some(Doubt::Ends),
        }
    })
}

/// Appends an event of code that has a number.
pub fn append_event(py: Python<'_>, event: Event) {
    with(py, |journal| {
        if let Some(Err(error)) = journal.spool.as_mut().map(|spool| spool.push(event)) {
            journal.lose(&error);
        }
    });
}

/// Whether the spool told of exceptions of this one's type last.
///
/// # Safety
///
/// `exception` is a live object.
#[inline(always)]
pub unsafe fn is_told(py: Python<'_>, exception: *mut ffi::PyObject) -> bool {
    // SAFETY: by contract.
    let kind = unsafe { ffi::Py_TYPE(exception) };
    with(py, |journal| journal.last_exception.0 == kind.cast())
}

/// Tells of exceptions of this one's type.
///
/// # Safety
///
/// `exception` is a live object.
pub unsafe fn tell_exception(py: Python<'_>, exception: *mut ffi::PyObject) {
    // SAFETY: by contract.
    let kind = unsafe { ffi::Py_TYPE(exception) }.cast::<ffi::PyObject>();
    let find = |journal: &mut Journal| journal.exceptions.as_ref().map(|known| known.find(kind));
    let number = match with(py, find) {
        Some(Known::Number(number)) => number,
        _ => {
            // SAFETY: by contract.
            let name = unsafe { type_name(py, exception) }.unwrap_or_default();
            // (a type that is in the table is never freed, so that its address stays its own)
            let is_kept = with(py, |journal| {
                journal
                    .exceptions
                    .as_ref()
                    .is_some_and(|known| known.len() < REMEMBERED)
            });
            if is_kept {
                // SAFETY: the exception keeps its type alive until now.
                unsafe { ffi::Py_INCREF(kind) };
            }
            with(py, |journal| journal.name_exception(kind, &name, is_kept))
        }
    };
    append_event(py, Event::Exception(number));
    with(py, |journal| {
        let is_kept = find(journal) == Some(Known::Number(number));
        journal.last_exception = if is_kept {
            (kind, number)
        } else {
            (std::ptr::null_mut(), 0)
        };
    });
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
        // (they own nothing but str, which go without a word)
        self.plans = Vec::new();
        self.variables = None;
        self.last_exception = (std::ptr::null_mut(), 0);
        self.line_code = std::ptr::null_mut();
    }

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

    fn name_exception(&mut self, kind: *mut ffi::PyObject, name: &str, is_kept: bool) -> u32 {
        let number = self.next_exception % NUMBERS;
        self.next_exception = number + 1;
        // (an error shows at the next event)
        let _ = self.append(&Record::Exception(spool::Exception {
            number,
            name: name.into(),
        }));
        if let (true, Some(known)) = (is_kept, &mut self.exceptions) {
            known.insert(kind, Known::Number(number), None);
        }
        number
    }
}
