//! Injection: the variables with which a program is started so that Python loads the recorder.

use std::env;
use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::Path;
use std::process::Command;

use interpreters::CACHE_VARIABLE;
use interpreters::command_line::PythonArguments;
use spool::{InjectionMode, SPOOL_VARIABLE};

use super::error::LauncherError;
use super::payload::Payload;

/// Set when child processes are to be left alone: the variables go before the program runs.
const NO_CHILDREN: &str = "TRUENAME_NO_CHILDREN";
/// The `PYTHONPATH` to restore then; not set where there was none.
const ORIGINAL_PYTHON_PATH: &str = "TRUENAME_PYTHONPATH";

/// Returns the mode that works for a command line.
///
/// # Errors
///
/// When this system has no such way in.
pub(super) fn mode(arguments: &PythonArguments) -> Result<InjectionMode, LauncherError> {
    if !arguments.bypasses_sitecustomize() {
        Ok(InjectionMode::SiteCustomize)
    } else if cfg!(target_os = "linux") {
        Ok(InjectionMode::Preload)
    } else {
        Err(LauncherError::NoWayIn)
    }
}

/// Sets the variables of `command` that have it recorded in `spool`.
pub(super) fn inject(
    command: &mut Command,
    payload: &Payload,
    mode: InjectionMode,
    spool: &Path,
    with_children: bool,
) {
    command.env(SPOOL_VARIABLE, spool);
    command.env_remove(CACHE_VARIABLE);
    command.env_remove(NO_CHILDREN);
    command.env_remove(ORIGINAL_PYTHON_PATH);
    if !with_children {
        command.env(NO_CHILDREN, "1");
    }
    let variable = mode.variable();
    let entry = payload.entry(mode);
    let list = match mode {
        InjectionMode::Preload => env::var_os(variable),
        InjectionMode::SiteCustomize => {
            let original = env::var_os(variable).and_then(|list| without(&list, &entry));
            if let (false, Some(original)) = (with_children, &original) {
                command.env(ORIGINAL_PYTHON_PATH, original);
            }
            original
        }
    };
    command.env(variable, in_front(&entry, list));
}

/// Puts an entry in front of a list. An empty list has no entries: one with a colon would have one, the
/// working directory.
fn in_front(first: &Path, others: Option<OsString>) -> OsString {
    let mut list = first.as_os_str().to_owned();
    if let Some(others) = others.filter(|others| !others.is_empty()) {
        list.push(":");
        list.push(others);
    }
    list
}

/// Takes an entry out of a list. A recorded program may run truename itself: the shim must not find itself further down.
fn without(list: &OsStr, entry: &Path) -> Option<OsString> {
    let entry = entry.as_os_str().as_bytes();
    let entries: Vec<_> = list.as_bytes().split(|&byte| byte == b':').collect();
    if !entries.contains(&entry) {
        return Some(list.to_owned());
    }
    let others: Vec<_> = entries.into_iter().filter(|&it| it != entry).collect();
    (!others.is_empty()).then(|| OsString::from_vec(others.join(&b':')))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_entry_goes_in_front() {
        let first = |others: Option<&str>| in_front(Path::new("/s"), others.map(OsString::from));
        assert_eq!(first(None), "/s");
        assert_eq!(first(Some("")), "/s");
        assert_eq!(first(Some("a:")), "/s:a:");
    }

    #[test]
    fn an_entry_is_taken_out_and_the_rest_stays() {
        let rest = |list: &str| without(OsStr::new(list), Path::new("/s"));
        assert_eq!(rest("a::b").unwrap(), "a::b");
        assert_eq!(rest("/s:a:/s:").unwrap(), "a:");
        assert_eq!(rest("/s"), None);
        assert_eq!(rest("").unwrap(), "");
    }
}
