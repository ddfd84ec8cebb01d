//! Injection: the variables with which a program is started so that Python loads the recorder.

use std::env;
use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::Path;
use std::process::Command;

use interpreters::CACHE_VARIABLE;
use interpreters::command_line::PythonArguments;
use spool::{EVERYWHERE_VARIABLE, InjectionMode, SPOOL_VARIABLE};

use super::error::LauncherError;
use super::payload::{Payload, RECORDER_PATH};
use super::request::LaunchRequest;

/// Set when child processes are to be left alone: the variables go before the program runs.
const NO_CHILDREN: &str = "TRUENAME_NO_CHILDREN";
/// The `PYTHONPATH` to restore then; not set where there was none.
const ORIGINAL_PYTHON_PATH: &str = "TRUENAME_PYTHONPATH";

/// Returns the mode that works for a command line, and for all Python processes where it is to reach `everywhere`.
///
/// # Errors
///
/// When this system has no such way in.
pub(super) fn mode(
    arguments: &PythonArguments,
    everywhere: bool,
) -> Result<InjectionMode, LauncherError> {
    if !everywhere && !arguments.bypasses_sitecustomize() {
        Ok(InjectionMode::SiteCustomize)
    } else if cfg!(target_os = "linux") {
        Ok(InjectionMode::Preload)
    } else if everywhere {
        Err(LauncherError::NotEverywhere)
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
    request: &LaunchRequest,
) {
    command.env(SPOOL_VARIABLE, spool);
    command.env_remove(CACHE_VARIABLE);
    let flags = [
        (EVERYWHERE_VARIABLE, request.everywhere),
        (NO_CHILDREN, !request.with_children),
    ];
    for (name, is_set) in flags {
        match is_set {
            true => command.env(name, "1"),
            false => command.env_remove(name),
        };
    }
    command.env_remove(ORIGINAL_PYTHON_PATH);
    for other in [InjectionMode::SiteCustomize, InjectionMode::Preload] {
        let variable = other.variable();
        let inherited = env::var_os(variable);
        let others = inherited
            .as_deref()
            .and_then(|list| without_ours(list, other));
        if other == mode {
            if let (InjectionMode::SiteCustomize, false, Some(others)) =
                (mode, request.with_children, &others)
            {
                command.env(ORIGINAL_PYTHON_PATH, others);
            }
            command.env(variable, in_front(&payload.entry(mode), others));
        } else if others != inherited {
            match others {
                Some(others) => command.env(variable, others),
                None => command.env_remove(variable),
            };
        }
    }
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

/// Takes truename's entries out of a list, whichever version's they are. A recorded program may run truename
/// itself: what is to bring in one recorder must not be seen by another.
fn without_ours(list: &OsStr, mode: InjectionMode) -> Option<OsString> {
    let is_separator = |byte: &u8| *byte == b':' || mode == InjectionMode::Preload && *byte == b' ';
    let entries: Vec<_> = list.as_bytes().split(is_separator).collect();
    let is_ours = |entry: &[u8]| is_ours(Path::new(OsStr::from_bytes(entry)), mode);
    if !entries.iter().any(|entry| is_ours(entry)) {
        return Some(list.to_owned());
    }
    let others: Vec<_> = entries.into_iter().filter(|it| !is_ours(it)).collect();
    (!others.is_empty()).then(|| OsString::from_vec(others.join(&b':')))
}

/// Returns whether an entry is that of a mode, below some folder with the files of a truename.
fn is_ours(entry: &Path, mode: InjectionMode) -> bool {
    let levels = Path::new(mode.entry()).components().count();
    entry.ends_with(mode.entry())
        && entry
            .ancestors()
            .nth(levels)
            .is_some_and(|folder| folder.join(RECORDER_PATH).is_file())
}

#[cfg(test)]
mod tests {
    use std::fs;

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
        let folder = tempfile::tempdir().unwrap();
        let recorder = folder.path().join(RECORDER_PATH);
        fs::create_dir(recorder.parent().unwrap()).unwrap();
        fs::write(recorder, "").unwrap();
        for (mode, separator) in [
            (InjectionMode::SiteCustomize, ":"),
            (InjectionMode::Preload, " "),
        ] {
            let ours = folder.path().join(mode.entry());
            let rest = |list: &str| {
                let list = list.replace("/s", ours.to_str().unwrap());
                without_ours(OsStr::new(&list.replace('|', separator)), mode)
            };
            assert_eq!(rest("a::b").unwrap(), "a::b");
            assert_eq!(rest("/other/path:/lib").unwrap(), "/other/path:/lib");
            assert_eq!(rest("/s|a|/s|").unwrap(), "a:");
            assert_eq!(rest("/s"), None);
            assert_eq!(rest("").unwrap(), "");
        }
    }
}
