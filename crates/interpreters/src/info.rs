//! The answer of an interpreter: what it is, and whether it can be recorded.

use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::interpreter::Interpreter;
use super::stage::Stage;
use super::unusable::UnusablePython;
use super::version::{OLDEST, PythonVersion};

/// The answer of an interpreter that was asked what it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct InterpreterInfo {
    /// `sys.implementation.name`.
    implementation: String,
    version: PythonVersion,
    /// `sys.version_info.releaselevel` and `serial`.
    stage: Stage,
    /// `sys.abiflags` has a `t`, by which a build without the lock marks itself.
    free_threaded: bool,
    /// `sys.platform`.
    platform: String,
    /// The bytes of `sys.executable`; none where Python did not know it.
    executable: Vec<u8>,
}

impl InterpreterInfo {
    /// Returns the path that the interpreter takes for its own; `None` where it knows none.
    pub(super) fn executable(&self) -> Option<PathBuf> {
        let executable = OsString::from_vec(self.executable.clone());
        (!executable.is_empty()).then(|| executable.into())
    }

    /// Decides whether the interpreter at `path` can be recorded.
    pub(super) fn judge(&self, path: &Path) -> Result<Interpreter, UnusablePython> {
        let version = self.version;
        if self.implementation != "cpython" {
            return Err(UnusablePython::NotCPython(
                self.implementation.clone(),
                version,
            ));
        }
        if version < OLDEST {
            return Err(UnusablePython::TooOld(version));
        }
        if self.free_threaded {
            return Err(UnusablePython::FreeThreaded(version));
        }
        if !["linux", "darwin"].contains(&self.platform.as_str()) {
            return Err(UnusablePython::Platform(self.platform.clone(), version));
        }
        // A script is run as it was found, though the interpreter that it starts is now known and
        // would start sooner: `pyenv exec`, behind every pyenv shim, also sets PYENV_VERSION and
        // puts that version's folder first on PATH, a wrapper of one's own may do anything, and
        // nothing about the program may change but time.
        Ok(Interpreter {
            path: path.to_owned(),
            version,
            stage: self.stage,
            executable: self.executable().unwrap_or_else(|| path.to_owned()),
        })
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::super::testing::info;
    use super::*;

    #[rstest]
    #[case::older(
        |info: &mut InterpreterInfo| info.version = (3, 11, 9),
        "is CPython 3.11.9, and truename needs 3.12 or newer"
    )]
    #[case::much_older(
        |info: &mut InterpreterInfo| (info.version, info.platform) = ((2, 7, 18), "linux2".to_owned()),
        "is CPython 2.7.18, and truename needs 3.12 or newer"
    )]
    #[case::pypy(
        |info: &mut InterpreterInfo| info.implementation = "pypy".to_owned(),
        "is pypy (Python 3.13.1), and truename records CPython only"
    )]
    #[case::free_threaded(
        |info: &mut InterpreterInfo| info.free_threaded = true,
        "is a free-threaded build of CPython 3.13.1, and truename records builds with the GIL only"
    )]
    #[case::platform(
        |info: &mut InterpreterInfo| info.platform = "cygwin".to_owned(),
        "is CPython 3.13.1 for the platform \"cygwin\", and truename records on Linux and macOS only"
    )]
    fn what_cannot_be_recorded_is_refused(
        #[case] change: fn(&mut InterpreterInfo),
        #[case] reason: &str,
    ) {
        let path = Path::new("/usr/bin/python3");
        let mut info = info((3, 13, 1), path);
        change(&mut info);
        assert_eq!(info.judge(path).unwrap_err().to_string(), reason);
    }

    #[rstest]
    #[case((3, 12, 0), "linux")]
    #[case((3, 15, 2), "darwin")]
    #[case((4, 0, 0), "linux")]
    fn a_cpython_that_can_be_recorded_is_run_as_it_was_found(
        #[case] version: PythonVersion,
        #[case] platform: &str,
    ) {
        let mut info = info(version, Path::new("/opt/python/bin/python3.12"));
        info.platform = platform.to_owned();
        let found = Path::new("/home/me/.pyenv/shims/python3");
        assert_eq!(
            info.judge(found),
            Ok(Interpreter {
                path: found.to_owned(),
                version,
                stage: Stage::Final(0),
                executable: "/opt/python/bin/python3.12".into(),
            })
        );
    }

    #[test]
    fn a_python_that_does_not_know_its_path_has_the_one_it_was_found_by() {
        let found = Path::new("/usr/bin/python3");
        let interpreter = info((3, 12, 0), Path::new("")).judge(found).unwrap();
        assert_eq!(interpreter.executable, found);
    }
}
