//! The variables that truename set, and those that it takes away again.

use std::env;
use std::ffi::{CString, OsStr, OsString};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::Path;

pub(crate) const PRELOAD: &str = "LD_PRELOAD";
pub(crate) const SPOOL: &str = "TRUENAME_SPOOL";
pub(crate) const EVERYWHERE: &str = "TRUENAME_EVERYWHERE";
const NO_CHILDREN: &str = "TRUENAME_NO_CHILDREN";
const PYTHON_PATH: &str = "TRUENAME_PYTHONPATH";

/// The folder in which this process is to be recorded, if it is.
pub(crate) fn spool() -> Option<CString> {
    let folder = env::var_os(SPOOL).filter(|folder| !folder.is_empty())?;
    CString::new(folder.into_vec()).ok()
}

/// Returns whether child processes are to be recorded.
pub(crate) fn with_children() -> bool {
    env::var_os(NO_CHILDREN).is_none()
}

/// Returns whether every Python process is to be recorded.
pub(crate) fn is_everywhere() -> bool {
    env::var_os(EVERYWHERE).is_some()
}

/// Returns whether a list of libraries has the entry.
pub(crate) fn has_entry(list: &[u8], entry: &[u8]) -> bool {
    list.split(|byte| matches!(byte, b':' | b' '))
        .any(|it| it == entry)
}

/// Takes truename out of the environment where child processes are to be left alone.
///
/// # Safety
///
/// No other thread may run yet.
pub(crate) unsafe fn restore(library: &Path) {
    if with_children() {
        return;
    }
    let preloaded = env::var_os(PRELOAD).and_then(|list| without(&list, library));
    // SAFETY: the caller has it that there is no other thread.
    unsafe {
        match preloaded {
            Some(list) => env::set_var(PRELOAD, list),
            None => env::remove_var(PRELOAD),
        }
        for name in [SPOOL, NO_CHILDREN, PYTHON_PATH] {
            env::remove_var(name);
        }
    }
}

/// Returns the rest of `LD_PRELOAD`: truename put its library first, with a colon when others follow.
fn without(list: &OsStr, library: &Path) -> Option<OsString> {
    match list.as_bytes().strip_prefix(library.as_os_str().as_bytes()) {
        Some([b':', others @ ..]) => Some(OsStr::from_bytes(others).to_owned()),
        Some([]) => None,
        _ => Some(list.to_owned()),
    }
}
