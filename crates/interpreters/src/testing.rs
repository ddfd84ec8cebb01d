//! A made-up machine to search: a root of its own, with scripts that answer as interpreters do.

use std::fs;
use std::io::Write;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::json;
use tempfile::TempDir;

use super::cache;
use super::environment::SearchEnvironment;
use super::info::InterpreterInfo;
use super::stage::Stage;
use super::version::PythonVersion;

/// A file system with a home folder `home` and a `PATH` of one folder, `path`.
pub(super) struct TestMachine {
    folder: TempDir,
}

impl TestMachine {
    pub(super) fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("path")).unwrap();
        Self { folder }
    }

    pub(super) fn environment(&self) -> SearchEnvironment {
        SearchEnvironment {
            path: Some(self.at("path").into()),
            home: Some(self.at("home")),
            root: self.at(""),
            ..SearchEnvironment::default()
        }
    }

    /// The path of a file that need not exist.
    pub(super) fn at(&self, file: &str) -> PathBuf {
        self.folder.path().canonicalize().unwrap().join(file)
    }

    /// `text`, without the name of the folder in which this machine lives.
    pub(super) fn redact(&self, text: impl ToString) -> String {
        text.to_string().replace(self.at("").to_str().unwrap(), "/")
    }

    /// An executable file.
    pub(super) fn executable(&self, file: &str, text: &str) -> PathBuf {
        let path = self.at(file);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        // Another process writes it. If this one did, a process that another test starts at this
        // moment could hold the file open for writing, and it could not be run ("text file busy").
        let mut shell = Command::new("sh")
            .args(["-c", "cat > \"$0\" && chmod 755 \"$0\""])
            .arg(&path)
            .stdin(Stdio::piped())
            .spawn()
            .unwrap();
        shell
            .stdin
            .take()
            .unwrap()
            .write_all(text.as_bytes())
            .unwrap();
        assert!(shell.wait().unwrap().success());
        path
    }

    /// A shell script.
    pub(super) fn script(&self, file: &str, commands: &str) -> PathBuf {
        self.executable(file, &format!("#!/bin/sh\n{commands}\n"))
    }

    /// A script that answers as a CPython of this version that takes itself for `executable`.
    pub(super) fn shim(&self, file: &str, version: PythonVersion, executable: &Path) -> PathBuf {
        let answer = serde_json::to_string(&info(version, executable)).unwrap();
        self.script(file, &format!("echo '{answer}'"))
    }

    /// A script that answers as a CPython of this version.
    pub(super) fn answering(&self, file: &str, version: PythonVersion) -> PathBuf {
        self.shim(file, version, &self.at(file))
    }

    /// A script that answers as a CPython of this version that is not released.
    pub(super) fn answering_before_release(
        &self,
        file: &str,
        version: PythonVersion,
        stage: Stage,
    ) {
        let mut answer = serde_json::to_value(info(version, &self.at(file))).unwrap();
        answer["stage"] = json!(stage);
        self.script(file, &format!("echo '{answer}'"));
    }

    /// A file that is remembered as a CPython of this version. It is none: starting it fails.
    pub(super) fn remembered(&self, file: &str, version: PythonVersion) -> PathBuf {
        let path = self.executable(file, "not a program");
        self.remember(&path, version);
        path
    }

    pub(super) fn remember(&self, path: &Path, version: PythonVersion) {
        let key = cache::CacheKey::of(&self.environment(), path).unwrap();
        cache::put(&self.environment(), key, &info(version, path));
    }

    pub(super) fn link(&self, file: &str, target: impl AsRef<Path>) -> PathBuf {
        let path = self.at(file);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        symlink(target, &path).unwrap();
        path
    }

    pub(super) fn write(&self, file: &str, text: &str) {
        let path = self.at(file);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
}

/// A shim as pyenv makes them.
pub(super) fn pyenv_shim(root: &Path) -> String {
    let root = root.display();
    format!(
        "#!/usr/bin/env bash\nset -e\n\nprogram=\"${{0##*/}}\"\n\nexport PYENV_ROOT=\"{root}\"\n\
         exec \"{root}/libexec/pyenv\" exec \"$program\" \"$@\"\n"
    )
}

/// Makes the answer of a stock CPython of this version.
pub(super) fn info(version: PythonVersion, executable: &Path) -> InterpreterInfo {
    let answer = json!({
        "implementation": "cpython",
        "version": version,
        "stage": {"final": 0},
        "free_threaded": false,
        "platform": "linux",
        "executable": executable.as_os_str().as_bytes(),
    });
    serde_json::from_value(answer).unwrap()
}
