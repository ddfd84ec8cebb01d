//! When the recorder is started: in the main interpreter right before it runs the program, in each other one
//! where `site` looks for a `sitecustomize`, or else before it runs or imports anything.

use std::ffi::{CStr, CString, OsStr, c_char, c_int, c_void};
use std::mem::MaybeUninit;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::environment;
use crate::exec;
use crate::python::{self, Object, Python, is_in_main_interpreter};

/// Defines `start`, and calls it with what [`Python::run`] is given.
const CODE: &str = concat!(
    include_str!("start.py"),
    "\n\nstart(library, folder, bool(early))\n\0"
);

/// `cpython.run_command`, `run_file`, `run_module`, `run_stdin`, `run_startup` and
/// `run_interactivehook`: whichever comes first, nothing of the program has run.
const RUN: &[u8] = b"cpython.run_";
/// The event of an import, and the module that `site` imports last.
const IMPORT: &[u8] = b"import";
const LAST_OF_SITE: &CStr = c"sitecustomize";
/// The event of code that is about to run, which a program that embeds Python may hand to it.
const EXEC: &[u8] = b"exec";

/// The main interpreter is recorded, or cannot be.
static IS_DONE: AtomicBool = AtomicBool::new(false);
static TASK: OnceLock<Task> = OnceLock::new();

/// The library to load and the folder to record into.
struct Task {
    library: CString,
    folder: CString,
    /// Child processes and sub-interpreters are recorded, too.
    with_others: bool,
    is_everywhere: bool,
}

/// Runs when the dynamic linker has loaded this library, before `main`.
#[used]
#[unsafe(link_section = ".init_array")]
static PREPARE: extern "C" fn() = {
    extern "C" fn prepare() {
        // An error leaves the process as it is: nobody could read a message.
        let _ = set_up();
    }
    prepare
};

fn set_up() -> Option<()> {
    exec::prepare();
    let folder = environment::spool()?;
    let this = own_file()?;
    let is_everywhere = environment::is_everywhere();
    if is_everywhere {
        exec::begin(&this, &folder);
    }
    let library = this.with_file_name("truename_recorder.abi3.so");
    let library = CString::new(library.as_os_str().as_bytes()).ok()?;
    let task = Task {
        library,
        folder,
        with_others: environment::with_children(),
        is_everywhere,
    };
    TASK.set(task).ok()?;
    if python::add_audit_hook(on_event) {
        // SAFETY: `main` has not begun, and libraries have no business to start threads before.
        unsafe { environment::restore(&this) };
    }
    Some(())
}

/// The file from which this library was loaded.
fn own_file() -> Option<PathBuf> {
    let mut info = MaybeUninit::<libc::Dl_info>::uninit();
    let address: *const c_void = (&raw const PREPARE).cast();
    // SAFETY: any address may be asked about.
    let found = unsafe { libc::dladdr(address, info.as_mut_ptr()) };
    if found == 0 {
        return None;
    }
    // SAFETY: `dladdr` found the library and so has filled this in, with a name that lives as long
    // as the library is loaded.
    let name = unsafe { CStr::from_ptr(info.assume_init().dli_fname) };
    Some(Path::new(OsStr::from_bytes(name.to_bytes())).to_owned())
}

/// An audit hook cannot be taken away: once the main interpreter is recorded it only looks at names.
unsafe extern "C" fn on_event(
    event: *const c_char,
    arguments: *mut Object,
    _data: *mut c_void,
) -> c_int {
    // SAFETY: CPython passes the event's name as a C string.
    let event = unsafe { CStr::from_ptr(event) }.to_bytes();
    if let Some(is_early) = is_time(event, arguments) {
        start(is_early);
    }
    0
}

/// Returns whether no code was made that is still to run, when it is time to start.
fn is_time(event: &[u8], arguments: *mut Object) -> Option<bool> {
    let task = TASK.get()?;
    if event.starts_with(RUN) {
        return is_first().then_some(true);
    }
    if !matches!(event, IMPORT | EXEC) || !(task.with_others || task.is_everywhere) {
        return None;
    }
    // SAFETY: CPython raises its events attached to an interpreter.
    let is_main = unsafe { is_in_main_interpreter() };
    let is_waiting = match is_main {
        true => task.is_everywhere && !IS_DONE.load(Ordering::Relaxed),
        false => task.with_others,
    };
    if !is_waiting {
        return None;
    }
    let python = Python::find()?;
    // SAFETY: the same, and it passes a tuple that lives meanwhile.
    let is_site_done = event == IMPORT && unsafe { python.is_import_of(arguments, LAST_OF_SITE) };
    let is_ready = || match is_main {
        // SAFETY: the same.
        true => event == EXEC && unsafe { python.is_ready_without_site() },
        // SAFETY: the same.
        false => unsafe { python.becomes_ready_without_site() },
    };
    let is_due = is_site_done || is_ready();
    (is_due && (!is_main || is_first())).then_some(is_site_done)
}

/// Returns `true` once: the main interpreter is started in only then.
fn is_first() -> bool {
    !IS_DONE.swap(true, Ordering::Relaxed)
}

fn start(is_early: bool) {
    let (Some(task), Some(python)) = (TASK.get(), Python::find()) else {
        return;
    };
    let Ok(code) = CStr::from_bytes_with_nul(CODE.as_bytes()) else {
        return;
    };
    let texts: [(&CStr, &CStr); 3] = [
        (c"library", &task.library),
        (c"folder", &task.folder),
        (c"early", if is_early { c"yes" } else { c"" }),
    ];
    // SAFETY: CPython raises this event with the GIL held, in an initialised interpreter.
    unsafe { python.run(code, &texts) };
}
