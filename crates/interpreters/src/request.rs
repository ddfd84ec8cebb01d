//! Reading a request for a Python.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt;
use std::path::PathBuf;

/// A person's request for a Python, with `--python` or `$TRUENAME_PYTHON`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum PythonRequest {
    /// The beginning of a version: `[3, 13]` for any 3.13.
    Version(Vec<u32>),
    /// The name of a command to be found on `PATH`.
    Command(OsString),
    /// A path: it holds a slash.
    Path(PathBuf),
}

impl PythonRequest {
    pub(super) fn read(text: &OsStr) -> Self {
        if text.as_bytes().contains(&b'/') {
            return Self::Path(text.into());
        }
        match version(text) {
            Some(parts) => Self::Version(parts),
            None => Self::Command(text.to_owned()),
        }
    }
}

fn version(text: &OsStr) -> Option<Vec<u32>> {
    let parts = text.to_str()?.split('.').map(|part| part.parse().ok());
    let parts: Vec<u32> = parts.collect::<Option<_>>()?;
    (parts.len() <= 3).then_some(parts)
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("3", PythonRequest::Version(vec![3]))]
    #[case("3.13", PythonRequest::Version(vec![3, 13]))]
    #[case("3.13.1", PythonRequest::Version(vec![3, 13, 1]))]
    #[case("3.13.1.2", PythonRequest::Command("3.13.1.2".into()))]
    #[case("3.", PythonRequest::Command("3.".into()))]
    #[case("", PythonRequest::Command("".into()))]
    #[case("python3.13", PythonRequest::Command("python3.13".into()))]
    #[case("./3.13", PythonRequest::Path("./3.13".into()))]
    #[case("/usr/bin/python3", PythonRequest::Path("/usr/bin/python3".into()))]
    fn requests(#[case] text: &str, #[case] expected: PythonRequest) {
        assert_eq!(PythonRequest::read(OsStr::new(text)), expected);
    }
}
