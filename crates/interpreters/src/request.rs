//! Requests for an interpreter.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt;
use std::path::PathBuf;

/// A request for an interpreter, as a person writes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum PythonRequest {
    /// The beginning of a version: `[3, 13]` for any 3.13.
    Version(Vec<u32>),
    /// The name of a command to be found on `PATH`.
    ExecutableName(OsString),
    /// A path: it holds a slash.
    File(PathBuf),
}

impl PythonRequest {
    pub(super) fn read(text: &OsStr) -> Self {
        if text.as_bytes().contains(&b'/') {
            return Self::File(text.into());
        }
        match version(text) {
            Some(parts) => Self::Version(parts),
            None => Self::ExecutableName(text.to_owned()),
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
    #[case("3.13.1.2", PythonRequest::ExecutableName("3.13.1.2".into()))]
    #[case("3.", PythonRequest::ExecutableName("3.".into()))]
    #[case("", PythonRequest::ExecutableName("".into()))]
    #[case("python3.13", PythonRequest::ExecutableName("python3.13".into()))]
    #[case("./3.13", PythonRequest::File("./3.13".into()))]
    #[case("/usr/bin/python3", PythonRequest::File("/usr/bin/python3".into()))]
    fn requests(#[case] text: &str, #[case] request: PythonRequest) {
        assert_eq!(PythonRequest::read(OsStr::new(text)), request);
    }
}
