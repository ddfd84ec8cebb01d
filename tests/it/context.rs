//! One way to make a folder with a program, to run truename in it, and to read the trace.

use std::env;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::LazyLock;

use interpreters::Interpreter;
use tempfile::TempDir;
use trace::read::Family;
use truename::check;

/// A folder in which commands run; the cache is that of the user.
pub struct Context {
    folder: TempDir,
}

/// A recorded run.
pub struct Run {
    pub trace: PathBuf,
    pub output: Output,
}

/// Returns one interpreter of each version that is installed, newest first; of those in `TRUENAME_TEST_PYTHON`, when
/// it is set.
pub fn pythons() -> &'static [Interpreter] {
    static FOUND: LazyLock<Vec<Interpreter>> = LazyLock::new(|| {
        let mut found = interpreters::one_of_each_version();
        let versions = env::var("TRUENAME_TEST_PYTHON").unwrap_or_default();
        if !versions.is_empty() {
            let is_chosen = |it: &Interpreter| {
                let (major, minor, _) = it.version;
                versions
                    .split(',')
                    .any(|version| version == format!("{major}.{minor}"))
            };
            found.retain(is_chosen);
        }
        // Without any, tests would pass because nothing ran.
        assert!(
            !found.is_empty(),
            "no CPython 3.12 or newer was found: run ./setup, or `just pythons`"
        );
        found
    });
    &FOUND
}

impl Context {
    /// Makes an empty folder.
    pub fn new() -> Self {
        Self {
            folder: tempfile::tempdir().unwrap(),
        }
    }

    /// Makes a folder with files.
    pub fn of<'a>(files: impl IntoIterator<Item = (&'a str, &'a str)>) -> Self {
        let context = Self::new();
        for (name, text) in files {
            context.write(name, text);
        }
        context
    }

    /// Returns the folder, without symbolic links in its path.
    pub fn root(&self) -> PathBuf {
        self.folder.path().canonicalize().unwrap()
    }

    pub fn at(&self, name: &str) -> PathBuf {
        self.root().join(name)
    }

    pub fn write(&self, name: &str, text: &str) -> PathBuf {
        let file = self.at(name);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(&file, text).unwrap();
        file
    }

    /// Returns a command in the folder, with nothing in its environment that would change what truename or Python
    /// does, and with nothing to read.
    pub fn plain(&self, program: &Path, words: &[&str]) -> Command {
        let mut command = Command::new(program);
        command
            .args(words)
            .current_dir(self.root())
            .env_clear()
            .stdin(Stdio::null());
        for name in ["HOME", "PATH", "XDG_CACHE_HOME", "XDG_DATA_HOME"] {
            command.envs(env::var_os(name).map(|value| (name, value)));
        }
        // Each run finds the same files.
        command.env("PYTHONDONTWRITEBYTECODE", "1");
        command
    }

    /// Returns `truename WORDS…`.
    pub fn truename(&self, words: &[&str]) -> Command {
        self.plain(Path::new(env!("CARGO_BIN_EXE_truename")), words)
    }

    /// Returns `truename run --python PYTHON WORDS…`.
    pub fn record(&self, python: &Interpreter, words: &[&str]) -> Command {
        let mut command = self.truename(&["run", "--python"]);
        command.arg(&python.path).args(words);
        command
    }

    /// Records a program; the trace must be sound.
    #[track_caller]
    pub fn run(&self, python: &Interpreter, words: &[&str]) -> Run {
        let run = self.run_unchecked(python, words);
        let report =
            check(&run.trace).unwrap_or_else(|error| panic!("{error}\n{}", show(&run.output)));
        assert!(
            report.is_ok(),
            "on {}:\n{report}\n{}",
            python.path.display(),
            show(&run.output)
        );
        run
    }

    /// Records a program whose trace may not be whole.
    pub fn run_unchecked(&self, python: &Interpreter, words: &[&str]) -> Run {
        let output = self.record(python, words).output().unwrap();
        let trace = self.at("truename-trace");
        Run { trace, output }
    }

    /// Reads the trace of the program and its child processes.
    #[track_caller]
    pub fn trace(&self) -> Family {
        Family::read(&self.at("truename-trace")).unwrap()
    }

    /// Returns the folder for spools of the only recording that is not finished.
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
}

/// Returns the labels of a process, in the order in which its bodies began.
pub fn labels(trace: &Family) -> Vec<&str> {
    let modules = trace.document.modules.iter();
    modules.map(|module| module.label.as_str()).collect()
}

/// Returns the labels of code from a folder's files.
pub fn labels_in<'a>(trace: &'a Family, folder: &Path) -> Vec<&'a str> {
    let modules = trace.document.modules.iter();
    modules
        .filter(|module| Path::new(&module.file).starts_with(folder))
        .map(|module| module.label.as_str())
        .collect()
}

pub fn out(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

pub fn err(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// Describes the end of a command, for a test that fails.
pub fn show(output: &Output) -> String {
    format!(
        "{}\nstdout: {}\nstderr: {}",
        output.status,
        out(output),
        err(output)
    )
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
