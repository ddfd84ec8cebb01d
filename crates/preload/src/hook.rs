//! When the recorder is started: in the main interpreter right before it runs the program, in each other one
//! where `site` looks for a `sitecustomize`.

use std::ffi::{CStr, CString, OsStr, c_char, c_int, c_void};
use std::mem::MaybeUninit;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::environment;
use crate::python::{self, Imports, Object, Python};

/// Defines `start`, and calls it with what [`Python::run`] is given.
const CODE: &str = concat!(
    include_str!("start.py"),
    "\n\nstart(library, folder, True)\n\0"
);

/// `cpython.run_command`, `run_file`, `run_module`, `run_stdin`, `run_startup` and
/// `run_interactivehook`: whichever comes first, nothing of the program has run.
const EVENTS: &[u8] = b"cpython.run_";

/// `import`, with the name of a module that is not loaded yet.
const IMPORT: &CStr = c"import";
const CUSTOMIZATION: &CStr = c"sitecustomize";

/// The main interpreter is recorded, or cannot be.
static IS_DONE: AtomicBool = AtomicBool::new(false);
static TASK: OnceLock<Task> = OnceLock::new();

/// The library to load and the folder to record into.
struct Task {
    library: CString,
    folder: CString,
    /// Child processes and sub-interpreters are recorded, too.
    with_others: bool,
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
    let folder = environment::spool()?;
    let this = own_file()?;
    let library = this.with_file_name("truename_recorder.abi3.so");
    let library = CString::new(library.as_os_str().as_bytes()).ok()?;
    let with_others = environment::with_children();
    let task = Task {
        library,
        folder,
        with_others,
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
    let event = unsafe { CStr::from_ptr(event) };
    if event == IMPORT {
        // SAFETY: CPython raises this event attached to an interpreter, with a tuple.
        if unsafe { is_customization(arguments) } {
            start();
        }
    } else if event.to_bytes().starts_with(EVENTS) && !IS_DONE.swap(true, Ordering::Relaxed) {
        start();
    }
    0
}

/// Returns whether the import is that of `sitecustomize`, in another interpreter than the main one.
///
/// # Safety
///
/// The caller is attached to an interpreter, and `arguments` is the tuple of an `import` event.
unsafe fn is_customization(arguments: *mut Object) -> bool {
    static IMPORTS: OnceLock<Option<Imports>> = OnceLock::new();
    if !TASK.get().is_some_and(|task| task.with_others) {
        return false;
    }
    let imports = IMPORTS.get_or_init(Imports::find);
    // SAFETY: by contract.
    imports
        .as_ref()
        .is_some_and(|it| unsafe { it.is_of(CUSTOMIZATION, arguments) && it.is_elsewhere() })
}

fn start() {
    let (Some(task), Some(python)) = (TASK.get(), Python::find()) else {
        return;
    };
    let Ok(code) = CStr::from_bytes_with_nul(CODE.as_bytes()) else {
        return;
    };
    let texts: [(&CStr, &CStr); 2] = [(c"library", &task.library), (c"folder", &task.folder)];
    // SAFETY: CPython raises this event with the GIL held, in an initialised interpreter.
    unsafe { python.run(code, &texts) };
}
