//! Running the command in a folder of its own.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use interpreters::Interpreter;
use tempfile::TempDir;
use trace::reader::Family;

/// A folder in which commands run; the cache is that of the user.
pub struct Place {
    folder: TempDir,
}

impl Place {
    pub fn new() -> Self {
        Self {
            folder: tempfile::tempdir().unwrap(),
        }
    }

    pub fn at(&self, name: &str) -> PathBuf {
        self.folder.path().canonicalize().unwrap().join(name)
    }

    pub fn write(&self, name: &str, text: &str) -> PathBuf {
        let file = self.at(name);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(&file, text).unwrap();
        file
    }

    /// `truename`, with nothing in its environment that would change what it does.
    pub fn truename(&self, words: &[&str]) -> Command {
        self.plain(Path::new(env!("CARGO_BIN_EXE_truename")), words)
    }

    /// `truename run` of an interpreter.
    pub fn record(&self, python: &Interpreter, words: &[&str]) -> Command {
        let mut command = self.truename(&["run", "--python"]);
        command.arg(&python.path).args(words);
        command
    }

    pub fn plain(&self, program: &Path, words: &[&str]) -> Command {
        let mut command = Command::new(program);
        command
            .args(words)
            .current_dir(self.at(""))
            .stdin(Stdio::null())
            .env_remove("PYTHONPATH")
            .env_remove("TRUENAME_PYTHON")
            .env_remove("TRUENAME_FILTER")
            .env_remove("TRUENAME_LOG");
        command
    }

    /// The folder for spools of the only recording that is not finished.
    #[track_caller]
    pub fn spool(&self) -> PathBuf {
        let entries = fs::read_dir(self.at("truename-trace")).unwrap();
        let mut folders = entries
            .map(|entry| entry.unwrap().path())
            .filter(|path| path.is_dir());
        let spool = folders.next().expect("there is a folder for spools");
        assert!(folders.next().is_none(), "there is one folder for spools");
        spool
    }

    pub fn trace(&self) -> Family {
        Family::read(&self.at("truename-trace")).unwrap()
    }
}

/// An interpreter of each version on this machine that can be recorded.
pub fn pythons() -> Vec<Interpreter> {
    let found = interpreters::one_of_each_version();
    assert!(!found.is_empty(), "there is no Python to test with");
    found
}

pub fn labels(trace: &Family) -> Vec<&str> {
    let modules = trace.document.modules.iter();
    modules.map(|module| module.label.as_str()).collect()
}

pub fn out(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

pub fn err(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

pub fn with_input(mut command: Command, text: &str) -> Output {
    let piped = command.stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = piped.stderr(Stdio::piped()).spawn().unwrap();
    child
        .stdin
        .take()
        .unwrap()
        .write_all(text.as_bytes())
        .unwrap();
    child.wait_with_output().unwrap()
}
