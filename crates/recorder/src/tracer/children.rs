//! Word of the Python processes that the program starts, so that truename can report those that are not
//! recorded.
//!
//! What a process is started with says whether the recorder can get into it. CPython calls audit hooks for
//! each process that it starts; with a hook it takes a little longer for much else, so there is one only in
//! programs that load `subprocess`.

use std::env;
use std::ffi::{CStr, OsStr, OsString, c_char, c_int, c_void};
use std::mem::{self, MaybeUninit};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::ptr;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};

use pyo3::ffi;
use pyo3::prelude::*;
use spool::ChildLaunch;

use crate::clock;
use crate::cpython::object::ObjectRef;
use crate::cpython::sys;
use crate::panics::contained;

/// The module that starts processes.
pub const STARTER: &str = "subprocess";

/// The events that are looked at, each with the places of the command, of its arguments and of its
/// environment among what it comes with, and whether the folders of PATH are yet to be searched for the
/// command. What `subprocess` does by `os.posix_spawn`, on 3.15 mostly, would be reported twice.
const EVENTS: [(&CStr, [isize; 3], bool); 2] = [
    (c"subprocess.Popen", [0, 1, 3], true),
    (c"os.exec", [0, 1, 2], false),
];

/// The number of words of a command line that are reported, and the length of each, at most: options come first.
const WORDS: isize = 32;
const LETTERS: usize = 200;

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
        })
    }

    /// Returns whether an environment lets the recorder in.
    fn is_in(&self, environment: &ChildEnvironment) -> bool {
        let list = environment.list.as_ref();
        environment.spool.is_some() && list.is_some_and(|list| has_entry(list, &self.entry))
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
    if let Some((_, places, is_searched)) = EVENTS.iter().find(|(name, ..)| *name == event) {
        // SAFETY: CPython raises events while it holds its lock.
        let py = unsafe { Python::assume_attached() };
        // SAFETY: the arguments are a tuple that lives as long as this call.
        let arguments = unsafe { ObjectRef::new(py, arguments) };
        contained(py, || report(arguments, *places, *is_searched));
    }
    0
}

/// Leaves word of a process that is started, if it is a Python. `arguments` is the tuple of the event.
fn report(arguments: ObjectRef<'_>, places: [isize; 3], is_searched: bool) -> Option<()> {
    let py = arguments.py();
    let [command, words, environment] = places.map(|place| {
        // SAFETY: the tuple is alive, and lends what it holds; null with an error beyond its end.
        unsafe {
            let item = ffi::PyTuple_GetItem(arguments.as_ptr(), place);
            if item.is_null() {
                ffi::PyErr_Clear();
            }
            ObjectRef::or_none(py, item)
        }
    });
    let command = text(command?)?;
    let command = Path::new(&command);
    let name = command.file_name()?.to_str()?;
    if !is_python(name) {
        return None;
    }
    let injection = INJECTION.get()?;
    let mut arguments = self::words(words?);
    let environment = self::environment(environment?, injection);
    if !may_be_there(command, environment.as_ref(), is_searched) {
        return None;
    }
    if let Some(first) = arguments.first_mut() {
        *first = name.to_owned();
    }
    let launch = ChildLaunch {
        is_preloaded: injection.carrier == PRELOAD,
        has_environment: environment.is_none_or(|environment| injection.is_in(&environment)),
        arguments,
    };
    let name = format!("{}-{}", std::process::id(), clock::now());
    // Where the folder is gone, nobody waits for word.
    launch.write_to(Path::new(&injection.folder), &name).ok()
}

/// Returns whether an executable of this name is an interpreter: `python3.13t` is, `python3-config` is not.
fn is_python(name: &str) -> bool {
    let version = name.strip_prefix("python");
    let version = version.map(|it| it.trim_end_matches(['t', 'd']));
    version.is_some_and(|it| it.bytes().all(|it| it == b'.' || it.is_ascii_digit()))
}

/// Returns whether there is a file of a command's name: nothing is started otherwise. `os.execvp` tries each
/// folder of PATH by itself, so that most are not there.
fn may_be_there(command: &Path, environment: Option<&ChildEnvironment>, is_searched: bool) -> bool {
    if command.is_absolute() || !is_searched {
        return command.is_file();
    }
    let is_bare = command.components().count() == 1;
    let Some(environment) = environment.filter(|_| is_bare) else {
        return true;
    };
    let folders = environment.path.as_deref().unwrap_or(DEFAULT_PATH);
    // What is relative is so to the working folder that the process gets.
    let has_it = |folder: &Path| !folder.is_absolute() || folder.join(command).is_file();
    folders.split(':').map(Path::new).any(has_it)
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
    let shortened = |word: String| word.chars().take(LETTERS).collect();
    (0..length.min(WORDS)).map(word).map(shortened).collect()
}

/// Returns what matters of an environment, of which Python's `None` is this process's own. One that is no
/// plain dictionary of texts is not looked at.
fn environment(environment: ObjectRef<'_>, injection: &Injection) -> Option<ChildEnvironment> {
    if environment.is_none() {
        let own = |name| env::var_os(name).map(|value| value.to_string_lossy().into_owned());
        return Some(ChildEnvironment {
            spool: own(SPOOL),
            list: own(injection.carrier),
            path: own(PATH),
        });
    }
    let mut found = ChildEnvironment::default();
    for (key, value) in environment.as_plain_dict()?.entries() {
        let value = text(value);
        match text(key).as_deref() {
            Some(SPOOL) => found.spool = value,
            Some(PATH) => found.path = value,
            Some(name) if name == injection.carrier => found.list = value,
            Some(_) => {}
            // A number, say, is refused, and nothing is started.
            None => return None,
        }
    }
    Some(found)
}

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
