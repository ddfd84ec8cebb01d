//! Leaving word of the Python processes that the program starts, so that truename can tell of those that
//! are not recorded.
//!
//! What a process is started with says whether the recorder can get into it. CPython tells audit hooks of
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

use module_identity::cpython::text;
use pyo3::ffi;
use pyo3::prelude::*;
use spool::ChildLaunch;

use crate::panics::contained;
use crate::process;

/// The module that starts processes.
pub const STARTER: &str = "subprocess";

/// The events that are looked at, each with the places of the command, of its arguments and of its
/// environment among what it comes with, and whether the folders of PATH are yet to be searched for the
/// command. (What `subprocess` does by `os.posix_spawn`, on 3.15 mostly, would be told twice.)
const EVENTS: [(&CStr, [isize; 3], bool); 2] = [
    (c"subprocess.Popen", [0, 1, 3], true),
    (c"os.exec", [0, 1, 2], false),
];

/// How many words of a command line are told, and how long each may be: options come first.
const WORDS: isize = 32;
const LETTERS: usize = 200;

const SPOOL: &str = "TRUENAME_SPOOL";
const PYTHON_PATH: &str = "PYTHONPATH";
const PRELOAD: &str = "LD_PRELOAD";
const PATH: &str = "PATH";
/// What is searched where there is no [`PATH`], as `os.defpath` says.
const DEFAULT_PATH: &str = "/bin:/usr/bin";
const PRELOADED: &str = "libtruename_preload.so";
/// The folder of the shim, beside that of the libraries.
const SHIM: &str = "path";

type AuditHook =
    unsafe extern "C" fn(event: *const c_char, arguments: *mut ffi::PyObject, *mut c_void) -> c_int;

/// The way in which the recorder came into this process, and comes into others.
struct Way {
    /// The variable that has the [`entry`](Self::entry) in its list.
    carrier: &'static str,
    entry: String,
    /// The folder for spools.
    folder: OsString,
}

static WAY: OnceLock<Way> = OnceLock::new();

impl Way {
    /// `None` where the program's processes are to be left alone.
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

    /// Whether an environment lets the recorder in.
    fn is_in(&self, environment: &Environment) -> bool {
        let list = environment.list.as_ref();
        environment.spool.is_some() && list.is_some_and(|list| has_entry(list, &self.entry))
    }
}

/// What matters of the variables that a process is started with.
#[derive(Default)]
struct Environment {
    spool: Option<String>,
    /// What the [`carrier`](Way::carrier) says.
    list: Option<String>,
    path: Option<String>,
}

/// Lists of libraries may have spaces for colons; truename's folder has neither in its path.
fn has_entry(list: &str, entry: &str) -> bool {
    list.split([':', ' ']).any(|it| it == entry)
}

/// The file from which this library was loaded.
fn own_file() -> Option<PathBuf> {
    let mut info = MaybeUninit::<libc::Dl_info>::uninit();
    let address: *const c_void = (&raw const WAY).cast();
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

/// Has the next [`watch`] begin.
pub fn expect() {
    IS_DUE.store(true, Ordering::Relaxed);
}

/// Watches the processes that this one starts from now on, where that is [expected](expect) and they are
/// to be recorded. Other threads may run meanwhile: nothing may be half done.
pub fn watch(py: Python<'_>) {
    static IS_WATCHING: AtomicBool = AtomicBool::new(false);
    if !IS_DUE.load(Ordering::Relaxed)
        || !IS_DUE.swap(false, Ordering::Relaxed)
        || IS_WATCHING.swap(true, Ordering::Relaxed)
    {
        return;
    }
    let Some(way) = Way::of_this_process() else {
        return;
    };
    WAY.get_or_init(|| way);
    let address = process::symbol(c"PySys_AddAuditHook");
    if address.is_null() {
        return;
    }
    // SAFETY: the function of this name has this signature since CPython 3.8, which brought it.
    let add: unsafe extern "C" fn(AuditHook, *mut c_void) -> c_int =
        unsafe { mem::transmute::<*mut c_void, _>(address) };
    // To a thread that is not attached CPython does not raise `sys.addaudithook`: a hook of the program's
    // would see it, and might refuse.
    // SAFETY: the function locks its list itself, and needs no Python.
    py.detach(|| unsafe { add(on_event, ptr::null_mut()) });
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
        contained(py, || unsafe { tell(py, arguments, *places, *is_searched) });
    }
    0
}

/// # Safety
///
/// `arguments` is a live tuple.
unsafe fn tell(
    py: Python<'_>,
    arguments: *mut ffi::PyObject,
    places: [isize; 3],
    is_searched: bool,
) -> Option<()> {
    // SAFETY: the tuple lends what it holds, and is as long as asked for.
    let [command, words, environment] = unsafe {
        if ffi::PyTuple_Size(arguments) <= places[2] {
            return None;
        }
        places.map(|place| ffi::PyTuple_GetItem(arguments, place))
    };
    // SAFETY: the command is alive.
    let command = unsafe { said(py, command) }?;
    let command = Path::new(&command);
    let name = command.file_name()?.to_str()?;
    if !is_python(name) {
        return None;
    }
    let way = WAY.get()?;
    // SAFETY: both are alive.
    let (mut told, environment) = unsafe {
        (
            self::words(py, words),
            self::environment(py, environment, way),
        )
    };
    if !may_be_there(command, environment.as_ref(), is_searched) {
        return None;
    }
    if let Some(first) = told.first_mut() {
        *first = name.to_owned();
    }
    let launch = ChildLaunch {
        is_preloaded: way.carrier == PRELOAD,
        has_environment: environment.is_none_or(|environment| way.is_in(&environment)),
        arguments: told,
    };
    let name = format!("{}-{}", std::process::id(), process::now());
    // (the folder is gone: nobody waits for word)
    launch.write_to(Path::new(&way.folder), &name).ok()
}

/// Whether an executable of this name is an interpreter: `python3.13t` is, `python3-config` is not.
fn is_python(name: &str) -> bool {
    let version = name.strip_prefix("python");
    let version = version.map(|it| it.trim_end_matches(['t', 'd']));
    version.is_some_and(|it| it.bytes().all(|it| it == b'.' || it.is_ascii_digit()))
}

/// Whether there is a file of a command's name: nothing is started otherwise. (`os.execvp` tries each folder of
/// PATH by itself, so that most are not there.)
fn may_be_there(command: &Path, environment: Option<&Environment>, is_searched: bool) -> bool {
    if command.is_absolute() || !is_searched {
        return command.is_file();
    }
    let is_bare = command.components().count() == 1;
    let Some(environment) = environment.filter(|_| is_bare) else {
        return true;
    };
    let folders = environment.path.as_deref().unwrap_or(DEFAULT_PATH);
    // (what is relative is so to the working folder that the process gets)
    let has_it = |folder: &Path| !folder.is_absolute() || folder.join(command).is_file();
    folders.split(':').map(Path::new).any(has_it)
}

/// The words of a command line, a list or a tuple.
///
/// # Safety
///
/// `list` is a live object.
unsafe fn words(py: Python<'_>, list: *mut ffi::PyObject) -> Vec<String> {
    // SAFETY: each index is less than the length, and no item is used after another is asked for.
    let word = |index| unsafe {
        let item = match ffi::PyList_Check(list) {
            0 => ffi::PyTuple_GetItem(list, index),
            _ => ffi::PyList_GetItem(list, index),
        };
        said(py, item).unwrap_or_default()
    };
    // SAFETY: the object is alive, by contract, and asked for its length as what it is.
    let length = unsafe {
        if ffi::PyList_Check(list) != 0 {
            ffi::PyList_Size(list)
        } else if ffi::PyTuple_Check(list) != 0 {
            ffi::PyTuple_Size(list)
        } else {
            0
        }
    };
    let shortened = |word: String| word.chars().take(LETTERS).collect();
    (0..length.min(WORDS)).map(word).map(shortened).collect()
}

/// What matters of an environment, of which Python's `None` is this process's own. One that is no plain
/// dictionary of texts is not looked at.
///
/// # Safety
///
/// `environment` is a live object.
unsafe fn environment(
    py: Python<'_>,
    environment: *mut ffi::PyObject,
    way: &Way,
) -> Option<Environment> {
    // SAFETY: `None` is immortal.
    if environment == unsafe { ffi::Py_None() } {
        let own = |name| env::var_os(name).map(|value| value.to_string_lossy().into_owned());
        return Some(Environment {
            spool: own(SPOOL),
            list: own(way.carrier),
            path: own(PATH),
        });
    }
    // SAFETY: the object is alive, by contract.
    if unsafe { ffi::PyDict_CheckExact(environment) } == 0 {
        return None;
    }
    let mut found = Environment::default();
    let (mut position, mut key, mut value) = (0, ptr::null_mut(), ptr::null_mut());
    // SAFETY: nothing here changes the dictionary, which lends what it holds.
    while unsafe { ffi::PyDict_Next(environment, &mut position, &mut key, &mut value) } != 0 {
        // SAFETY: both are alive.
        let (key, value) = unsafe { (said(py, key), said(py, value)) };
        match key.as_deref() {
            Some(SPOOL) => found.spool = value,
            Some(PATH) => found.path = value,
            Some(name) if name == way.carrier => found.list = value,
            Some(_) => {}
            // (a number, say, is refused, and nothing is started)
            None => return None,
        }
    }
    Some(found)
}

/// A str or bytes as text.
///
/// # Safety
///
/// `object` is null or a live object.
unsafe fn said(py: Python<'_>, object: *mut ffi::PyObject) -> Option<String> {
    // SAFETY: by contract; the bytes are copied while their owner lives.
    unsafe {
        if !object.is_null() && ffi::PyBytes_Check(object) != 0 {
            let length = ffi::PyBytes_Size(object).unsigned_abs();
            let bytes = std::slice::from_raw_parts(ffi::PyBytes_AsString(object).cast(), length);
            return Some(String::from_utf8_lossy(bytes).into_owned());
        }
        text(Borrowed::from_ptr_or_opt(py, object)?).map(|text| text.into_owned())
    }
}
