//! Handing the recorder down to each process that this one starts, whatever environment the program makes up.
//!
//! The functions here stand before those of the C library, which do the work. They may run in a child of
//! `vfork`, where nothing may be allocated and no lock be taken.

use std::ffi::{CStr, CString, c_char, c_int, c_void};
use std::mem;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::ptr;
use std::sync::OnceLock;

use crate::environment::{EVERYWHERE, PRELOAD, SPOOL, has_entry};

/// The number of variables in an environment that is added to, and the bytes of its `LD_PRELOAD`, at most: both
/// stand on the stack.
const VARIABLES: usize = 2048;
const LIST: usize = 4096;

type Strings = *const *const c_char;
type Exec = unsafe extern "C" fn(*const c_char, Strings, Strings) -> c_int;
type ExecFile = unsafe extern "C" fn(c_int, Strings, Strings) -> c_int;
type Spawn = unsafe extern "C" fn(
    *mut libc::pid_t,
    *const c_char,
    *const c_void,
    *const c_void,
    Strings,
    Strings,
) -> c_int;

unsafe extern "C" {
    static environ: Strings;
}

/// The functions of the C library that this library's stand before.
struct Real {
    execvpe: Exec,
    fexecve: ExecFile,
    posix_spawn: Spawn,
    posix_spawnp: Spawn,
}

/// The variables that are handed down, as `NAME=value` each.
struct Handed {
    library: CString,
    preload: CString,
    spool: CString,
    everywhere: CString,
}

static REAL: OnceLock<Option<Real>> = OnceLock::new();
static HANDED: OnceLock<Handed> = OnceLock::new();

/// Finds the C library's functions, before a child of `vfork` needs them.
pub(crate) fn prepare() {
    real();
}

/// Begins to hand down `library` and the `folder` for spools.
pub(crate) fn begin(library: &Path, folder: &CStr) -> Option<()> {
    let library = CString::new(library.as_os_str().as_bytes()).ok()?;
    let variable = |name: &str, value: &CStr| {
        CString::new([name.as_bytes(), b"=", value.to_bytes()].concat()).ok()
    };
    let handed = Handed {
        preload: variable(PRELOAD, &library)?,
        spool: variable(SPOOL, folder)?,
        everywhere: variable(EVERYWHERE, c"1")?,
        library,
    };
    HANDED.set(handed).ok()
}

fn real() -> Option<&'static Real> {
    let find = |name: &CStr| {
        // SAFETY: the name is a C string, and the scope after this library needs no handle.
        let address = unsafe { libc::dlsym(libc::RTLD_NEXT, name.as_ptr()) };
        (!address.is_null()).then_some(address)
    };
    let real = REAL.get_or_init(|| {
        // SAFETY: the C library's functions of these names have these signatures.
        unsafe {
            Some(Real {
                execvpe: mem::transmute::<*mut c_void, Exec>(find(c"execvpe")?),
                fexecve: mem::transmute::<*mut c_void, ExecFile>(find(c"fexecve")?),
                posix_spawn: mem::transmute::<*mut c_void, Spawn>(find(c"posix_spawn")?),
                posix_spawnp: mem::transmute::<*mut c_void, Spawn>(find(c"posix_spawnp")?),
            })
        }
    });
    real.as_ref()
}

/// Calls `run` with an environment that has the recorder in it.
///
/// # Safety
///
/// `environment` must be null, or an array of C strings that ends with a null pointer.
unsafe fn with_recorder(environment: Strings, run: impl FnOnce(Strings) -> c_int) -> c_int {
    let Some(handed) = HANDED.get() else {
        return run(environment);
    };
    let mut list = [0_u8; LIST];
    let mut variables = [ptr::null::<c_char>(); VARIABLES];
    // SAFETY: the caller has it that the environment is one.
    match unsafe { merge(handed, environment, &mut variables, &mut list) } {
        Some(()) => run(variables.as_ptr()),
        None => run(environment),
    }
}

/// Writes an environment and what is handed down into `variables`, and the list of libraries into `list`. `None`
/// where it needs no more, belongs to another recording, or is too long.
///
/// # Safety
///
/// As for [`with_recorder`].
unsafe fn merge(
    handed: &Handed,
    environment: Strings,
    variables: &mut [*const c_char; VARIABLES],
    list: &mut [u8; LIST],
) -> Option<()> {
    let mut preload = handed.preload.as_ptr();
    let mut present = 0;
    let mut count = 0;
    let mut next = environment;
    // SAFETY: the array ends with a null pointer, which nothing is read behind, and holds C strings.
    while let Some(text) = unsafe { next.as_ref() }.filter(|text| !text.is_null()) {
        // SAFETY: the same.
        let (bytes, following) = unsafe { (CStr::from_ptr(*text).to_bytes(), next.add(1)) };
        next = following;
        if let Some(folder) = value(bytes, SPOOL) {
            if Some(folder) != value(handed.spool.to_bytes(), SPOOL) {
                return None;
            }
            present += 1;
        } else if value(bytes, EVERYWHERE).is_some() {
            present += 1;
        } else if let Some(libraries) = value(bytes, PRELOAD) {
            let library = handed.library.to_bytes();
            if has_entry(libraries, library) {
                present += 1;
                preload = *text;
            } else if !libraries.is_empty() {
                let pieces = [handed.preload.to_bytes(), b":", libraries, b"\0"];
                preload = join(&pieces, list)?;
            }
        } else {
            *variables.get_mut(count)? = *text;
            count += 1;
        }
    }
    if present == 3 {
        return None;
    }
    let ours = [preload, handed.spool.as_ptr(), handed.everywhere.as_ptr()];
    let room = variables.get_mut(count..count + ours.len() + 1)?;
    for (place, variable) in room.iter_mut().zip(ours) {
        *place = variable;
    }
    Some(())
}

/// Writes pieces, one after the other. Returns where they begin; `None` where there are too many.
fn join(pieces: &[&[u8]], room: &mut [u8]) -> Option<*const c_char> {
    let start = room.as_ptr().cast();
    let mut rest = room;
    for piece in pieces {
        let (place, after) = rest.split_at_mut_checked(piece.len())?;
        place.copy_from_slice(piece);
        rest = after;
    }
    Some(start)
}

/// Returns the value of a variable, if it is the one of this name.
fn value<'a>(variable: &'a [u8], name: &str) -> Option<&'a [u8]> {
    variable.strip_prefix(name.as_bytes())?.strip_prefix(b"=")
}

fn unknown() -> c_int {
    // SAFETY: the calling thread's error number is its own.
    unsafe { *libc::__errno_location() = libc::ENOSYS };
    -1
}

/// Stands before the C library's function of this name.
///
/// # Safety
///
/// As for that one.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn execve(
    path: *const c_char,
    words: Strings,
    environment: Strings,
) -> c_int {
    // SAFETY: the caller passes what the function needs; it is this system call and no more.
    unsafe {
        with_recorder(environment, |environment| {
            libc::syscall(libc::SYS_execve, path, words, environment) as c_int
        })
    }
}

/// Stands before the C library's function of this name.
///
/// # Safety
///
/// As for that one.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn execv(path: *const c_char, words: Strings) -> c_int {
    // SAFETY: the caller passes what the function needs, and the process has an environment.
    unsafe { execve(path, words, environ) }
}

/// Stands before the C library's function of this name.
///
/// # Safety
///
/// As for that one.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn execvpe(
    file: *const c_char,
    words: Strings,
    environment: Strings,
) -> c_int {
    let Some(real) = real() else {
        return unknown();
    };
    // SAFETY: the caller passes what the function needs.
    unsafe {
        with_recorder(environment, |environment| {
            (real.execvpe)(file, words, environment)
        })
    }
}

/// Stands before the C library's function of this name.
///
/// # Safety
///
/// As for that one.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn execvp(file: *const c_char, words: Strings) -> c_int {
    // SAFETY: the caller passes what the function needs, and the process has an environment.
    unsafe { execvpe(file, words, environ) }
}

/// Stands before the C library's function of this name.
///
/// # Safety
///
/// As for that one.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn fexecve(file: c_int, words: Strings, environment: Strings) -> c_int {
    let Some(real) = real() else {
        return unknown();
    };
    // SAFETY: the caller passes what the function needs.
    unsafe {
        with_recorder(environment, |environment| {
            (real.fexecve)(file, words, environment)
        })
    }
}

/// Stands before the C library's function of this name.
///
/// # Safety
///
/// As for that one.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn posix_spawn(
    pid: *mut libc::pid_t,
    path: *const c_char,
    actions: *const c_void,
    attributes: *const c_void,
    words: Strings,
    environment: Strings,
) -> c_int {
    let Some(real) = real() else {
        return libc::ENOSYS;
    };
    // SAFETY: the caller passes what the function needs.
    unsafe {
        with_recorder(environment, |environment| {
            (real.posix_spawn)(pid, path, actions, attributes, words, environment)
        })
    }
}

/// Stands before the C library's function of this name.
///
/// # Safety
///
/// As for that one.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn posix_spawnp(
    pid: *mut libc::pid_t,
    file: *const c_char,
    actions: *const c_void,
    attributes: *const c_void,
    words: Strings,
    environment: Strings,
) -> c_int {
    let Some(real) = real() else {
        return libc::ENOSYS;
    };
    // SAFETY: the caller passes what the function needs.
    unsafe {
        with_recorder(environment, |environment| {
            (real.posix_spawnp)(pid, file, actions, attributes, words, environment)
        })
    }
}
