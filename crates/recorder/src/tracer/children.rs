//! Word of the Python processes that the program starts, so that truename can report those that are not
//! recorded.
//!
//! What a process is started with says whether the recorder can get into it; whether it did is seen by the
//! recording that begins, or does not. CPython calls audit hooks for each process that it starts; with a hook it
//! takes a little longer for much else, so there is one only in programs that load `subprocess`.

use std::env;
use std::ffi::{CStr, OsStr, OsString, c_char, c_int, c_void};
use std::mem::{self, MaybeUninit};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::ptr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, OnceLock};

use pyo3::ffi;
use pyo3::prelude::*;
use spool::{ChildLaunch, EVERYWHERE_VARIABLE, is_python};

use crate::clock;
use crate::cpython::object::ObjectRef;
use crate::cpython::sys;
use crate::panics::contained;

/// The module that starts processes.
pub const STARTER: &str = "subprocess";

/// An event that is looked at.
struct StartEvent {
    name: &'static CStr,
    /// The places of the command, of its arguments and of its environment among what the event comes with.
    places: [isize; 3],
    /// The place of the working folder, which may be none.
    directory: Option<isize>,
    /// The folders of PATH are yet to be searched for the command.
    is_searched: bool,
}

const EVENTS: [StartEvent; 3] = [
    StartEvent {
        name: c"subprocess.Popen",
        places: [0, 1, 3],
        directory: Some(2),
        is_searched: true,
    },
    StartEvent {
        name: c"os.exec",
        places: [0, 1, 2],
        directory: None,
        is_searched: false,
    },
    StartEvent {
        name: c"os.posix_spawn",
        places: [0, 1, 2],
        directory: None,
        is_searched: true,
    },
];

const SPOOL: &str = "TRUENAME_SPOOL";
const PYTHON_PATH: &str = "PYTHONPATH";
const PRELOAD: &str = "LD_PRELOAD";
const PATH: &str = "PATH";
/// The folders that are searched where there is no [`PATH`], as `os.defpath` says.
const DEFAULT_PATH: &str = "/bin:/usr/bin";
const PRELOADED: &str = "libtruename_preload.so";
/// The folder of the shim, beside that of the libraries.
const SHIM: &str = "path";

type AuditHook =
    unsafe extern "C" fn(event: *const c_char, arguments: *mut ffi::PyObject, *mut c_void) -> c_int;

/// The way in which the recorder came into this process, and comes into others.
struct Injection {
    /// The variable that has the [`entry`](Self::entry) in its list.
    carrier: &'static str,
    entry: String,
    /// The folder for spools.
    folder: OsString,
    /// Each process that is started gets what it needs for it, whatever environment the program makes up.
    is_everywhere: bool,
}

static INJECTION: OnceLock<Injection> = OnceLock::new();

impl Injection {
    /// Finds out how this process was recorded; `None` where the program's processes are to be left alone.
    fn of_this_process() -> Option<Self> {
        let folder = env::var_os(SPOOL)?;
        let libraries = own_file()?.parent()?.to_owned();
        let text = |path: PathBuf| path.into_os_string().into_string().ok();
        let library = text(libraries.join(PRELOADED))?;
        let list = env::var(PRELOAD).unwrap_or_default();
        let (carrier, entry) = if has_entry(&list, &library) {
            (PRELOAD, library)
        } else {
            (PYTHON_PATH, text(libraries.parent()?.join(SHIM))?)
        };
        Some(Self {
            carrier,
            entry,
            folder,
            is_everywhere: env::var_os(EVERYWHERE_VARIABLE).is_some(),
        })
    }

    /// Returns whether an environment lets the recorder in.
    fn is_in(&self, environment: &ChildEnvironment) -> bool {
        let list = environment.list.as_ref();
        self.is_everywhere
            || environment.spool.is_some() && list.is_some_and(|list| has_entry(list, &self.entry))
    }

    /// Returns the `sitecustomize` that comes before the recorder's, if there is one.
    fn rival(&self, environment: &ChildEnvironment) -> Option<String> {
        if self.carrier != PYTHON_PATH {
            return None;
        }
        let list = environment.list.as_deref()?.split(':');
        let before = list.take_while(|folder| *folder != self.entry);
        let candidates = before.flat_map(|folder| {
            ["sitecustomize.py", "sitecustomize/__init__.py"]
                .map(|name| Path::new(folder).join(name))
        });
        let mut found = candidates.filter(|file| file.is_file());
        found.next().map(|file| file.to_string_lossy().into_owned())
    }
}

/// The variables that matter of those that a process is started with.
#[derive(Default)]
struct ChildEnvironment {
    spool: Option<String>,
    /// The list in the [`carrier`](Injection::carrier).
    list: Option<String>,
    path: Option<String>,
}

/// Returns whether a list has the entry. Lists of libraries may have spaces for colons; truename's folder has neither in its path.
fn has_entry(list: &str, entry: &str) -> bool {
    list.split([':', ' ']).any(|it| it == entry)
}

/// Returns the file from which this library was loaded.
fn own_file() -> Option<PathBuf> {
    let mut info = MaybeUninit::<libc::Dl_info>::uninit();
    let address: *const c_void = (&raw const INJECTION).cast();
    // SAFETY: any address may be asked about; what is found names a file as long as it is loaded.
    unsafe {
        if libc::dladdr(address, info.as_mut_ptr()) == 0 {
            return None;
        }
        let name = CStr::from_ptr(info.assume_init().dli_fname);
        Some(Path::new(OsStr::from_bytes(name.to_bytes())).to_owned())
    }
}

/// The program is about to be able to start processes.
static IS_DUE: AtomicBool = AtomicBool::new(false);

/// Lets the next [`watch`] begin.
pub fn expect() {
    IS_DUE.store(true, Ordering::Relaxed);
}

/// Watches the processes that this one starts from now on, where that is [expected](expect) and they are
/// to be recorded. Other threads may run meanwhile: nothing may be half done.
pub fn watch(_: Python<'_>) {
    static IS_WATCHING: AtomicBool = AtomicBool::new(false);
    if !IS_DUE.load(Ordering::Relaxed)
        || !IS_DUE.swap(false, Ordering::Relaxed)
        || IS_WATCHING.swap(true, Ordering::Relaxed)
    {
        return;
    }
    let Some(injection) = Injection::of_this_process() else {
        return;
    };
    INJECTION.get_or_init(|| injection);
    let address = sys::symbol(c"PySys_AddAuditHook");
    if address.is_null() {
        return;
    }
    // SAFETY: the function of this name has this signature since CPython 3.8, which brought it.
    let add: unsafe extern "C" fn(AuditHook, *mut c_void) -> c_int =
        unsafe { mem::transmute::<*mut c_void, _>(address) };
    // To a thread that is not attached CPython does not raise `sys.addaudithook`: a hook of the program's
    // would see it, and might refuse.
    // SAFETY: the caller is attached, and is so again afterwards, to the same interpreter; nothing of Python's is
    // used meanwhile. The function locks its list itself, and needs no Python.
    unsafe {
        let thread = ffi::PyEval_SaveThread();
        add(on_event, ptr::null_mut());
        ffi::PyEval_RestoreThread(thread);
    }
}

/// An audit hook: it cannot be taken away, and sees every event.
unsafe extern "C" fn on_event(
    event: *const c_char,
    arguments: *mut ffi::PyObject,
    _data: *mut c_void,
) -> c_int {
    // SAFETY: CPython passes the event's name as a C string.
    let event = unsafe { CStr::from_ptr(event) };
    if let Some(found) = EVENTS.iter().find(|it| it.name == event) {
        // SAFETY: CPython raises events while it holds its lock.
        let py = unsafe { Python::assume_attached() };
        // SAFETY: the arguments are a tuple that lives as long as this call.
        let arguments = unsafe { ObjectRef::new(py, arguments) };
        contained(py, || report(arguments, found));
    }
    0
}

/// Leaves word of a process that is started, if it is a Python. `arguments` is the tuple of the event.
fn report(arguments: ObjectRef<'_>, event: &StartEvent) -> Option<()> {
    let py = arguments.py();
    let item = |place| {
        // SAFETY: the tuple is alive, and lends what it holds; null with an error beyond its end.
        unsafe {
            let item = ffi::PyTuple_GetItem(arguments.as_ptr(), place);
            if item.is_null() {
                ffi::PyErr_Clear();
            }
            ObjectRef::or_none(py, item)
        }
    };
    let [command, words, environment] = event.places.map(item);
    let command = text(command?)?;
    let command = Path::new(&command);
    let name = command.file_name()?.to_str()?;
    if !is_python(name) {
        return None;
    }
    let injection = INJECTION.get()?;
    let mut arguments = self::words(words?);
    let environment = self::environment(environment?, injection).ok()?;
    let directory = event.directory.and_then(item).and_then(text);
    if directory.is_some_and(|directory| !Path::new(&directory).is_dir())
        || !may_be_there(command, environment.as_ref(), event.is_searched)
    {
        return None;
    }
    if let Some(first) = arguments.first_mut() {
        *first = name.to_owned();
    }
    let launch = ChildLaunch {
        process: std::process::id(),
        time: clock::now(),
        is_preloaded: injection.carrier == PRELOAD,
        rival: environment.as_ref().and_then(|it| injection.rival(it)),
        has_environment: environment.is_none_or(|environment| injection.is_in(&environment)),
        arguments,
    };
    if is_repeated(event, &launch) {
        return None;
    }
    // Where the folder is gone, nobody waits for word.
    launch.write_to(Path::new(&injection.folder)).ok()
}

/// Returns whether a launch was noted before: `subprocess` may start a process by `os.posix_spawn`, which is an event
/// of its own.
fn is_repeated(event: &StartEvent, launch: &ChildLaunch) -> bool {
    static LATEST: Mutex<Vec<String>> = Mutex::new(Vec::new());
    // Where a thread had it when this process was forked, nobody gives it back.
    let Ok(mut latest) = LATEST.try_lock() else {
        return false;
    };
    if event.name == c"os.posix_spawn" {
        return !latest.is_empty() && mem::take(&mut *latest) == launch.arguments;
    }
    latest.clone_from(&launch.arguments);
    false
}

/// Returns whether there is a file of a command's name: nothing is started otherwise. `os.execvp` tries each
/// folder of PATH by itself, so that most are not there.
fn may_be_there(command: &Path, environment: Option<&ChildEnvironment>, is_searched: bool) -> bool {
    if command.is_absolute() || !is_searched {
        return is_executable(command);
    }
    let is_bare = command.components().count() == 1;
    let Some(environment) = environment.filter(|_| is_bare) else {
        return true;
    };
    let folders = environment.path.as_deref().unwrap_or(DEFAULT_PATH);
    // What is relative is so to the working folder that the process gets.
    let has_it = |folder: &Path| !folder.is_absolute() || is_executable(&folder.join(command));
    folders.split(':').map(Path::new).any(has_it)
}

fn is_executable(file: &Path) -> bool {
    let mode = file
        .metadata()
        .map(|found| found.is_file().then(|| found.mode()));
    mode.is_ok_and(|mode| mode.is_some_and(|mode| mode & 0o111 != 0))
}

/// Returns the words of a command line, a list or a tuple.
fn words(list: ObjectRef<'_>) -> Vec<String> {
    // SAFETY: the object is alive, and asked for its length as what it is.
    let (is_list, length) = unsafe {
        let list = list.as_ptr();
        if ffi::PyList_Check(list) != 0 {
            (true, ffi::PyList_Size(list))
        } else if ffi::PyTuple_Check(list) != 0 {
            (false, ffi::PyTuple_Size(list))
        } else {
            (false, 0)
        }
    };
    let word = |index| {
        // SAFETY: each index is less than the length, and no item is used after another is asked for.
        let item = unsafe {
            let item = match is_list {
                true => ffi::PyList_GetItem(list.as_ptr(), index),
                false => ffi::PyTuple_GetItem(list.as_ptr(), index),
            };
            ObjectRef::or_none(list.py(), item)
        };
        item.and_then(text).unwrap_or_default()
    };
    let words: Vec<_> = (0..length.min(ChildLaunch::WORDS.cast_signed()))
        .map(word)
        .collect();
    ChildLaunch::shortened(words.iter().map(String::as_str))
}

/// Returns what matters of an environment, of which Python's `None` is this process's own. One that is no plain
/// dictionary is not looked at; with one that holds a number, say, nothing is started.
fn environment(
    environment: ObjectRef<'_>,
    injection: &Injection,
) -> Result<Option<ChildEnvironment>, NothingStarted> {
    if environment.is_none() {
        let own = |name| env::var_os(name).map(|value| value.to_string_lossy().into_owned());
        return Ok(Some(ChildEnvironment {
            spool: own(SPOOL),
            list: own(injection.carrier),
            path: own(PATH),
        }));
    }
    let Some(dictionary) = environment.as_plain_dict() else {
        return Ok(None);
    };
    let mut found = ChildEnvironment::default();
    for (key, value) in dictionary.entries() {
        // SAFETY: the object is alive.
        let is_number = unsafe { ffi::PyLong_Check(value.as_ptr()) } != 0;
        let (Some(name), false) = (text(key), is_number) else {
            return Err(NothingStarted);
        };
        let value = text(value);
        match name.as_str() {
            SPOOL => found.spool = value,
            PATH => found.path = value,
            name if name == injection.carrier => found.list = value,
            _ => {}
        }
    }
    Ok(Some(found))
}

/// Python refuses to start a process in this way.
struct NothingStarted;

/// Copies a str or bytes as text.
fn text(object: ObjectRef<'_>) -> Option<String> {
    // SAFETY: the object is alive.
    if unsafe { ffi::PyBytes_Check(object.as_ptr()) } == 0 {
        return object.text().map(|text| text.into_owned());
    }
    // SAFETY: the object is a live bytes, and its bytes are copied while it lives.
    let bytes = unsafe {
        let length = ffi::PyBytes_Size(object.as_ptr()).unsigned_abs();
        std::slice::from_raw_parts(ffi::PyBytes_AsString(object.as_ptr()).cast(), length)
    };
    Some(String::from_utf8_lossy(bytes).into_owned())
}
