//! A small program in a folder of its own, recorded on every usable interpreter.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::LazyLock;

use interpreters::Interpreter;
use tempfile::TempDir;
use trace::reader::Family;

/// One interpreter of each version that is installed. None at all is a failure: the tests would
/// pass because nothing ran.
pub static INTERPRETERS: LazyLock<Vec<Interpreter>> = LazyLock::new(|| {
    let found = interpreters::one_of_each_version();
    assert!(
        !found.is_empty(),
        "no CPython 3.12 or newer was found: run ./setup, or `just pythons`"
    );
    found
});

/// A folder with a program in it.
pub struct Project {
    folder: TempDir,
}

/// What a recorded run left.
pub struct Run {
    pub family: Family,
    pub output: Output,
    root: PathBuf,
}

impl Project {
    /// A program of the given files.
    pub fn new<'a>(files: impl IntoIterator<Item = (&'a str, &'a str)>) -> Self {
        let folder = TempDir::new().unwrap();
        let project = Self { folder };
        for (path, text) in files {
            let path = project.root().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        project
    }

    /// The folder, without symbolic links in its path.
    fn root(&self) -> PathBuf {
        let root = self.folder.path().canonicalize().unwrap();
        root.join("project")
    }

    /// Records `python ARGUMENTS…` in the folder, on each interpreter in turn.
    pub fn run(&self, arguments: &[&str]) -> Vec<Run> {
        self.run_with(&[], arguments)
    }

    /// As [`run`](Self::run), with options for `truename run`.
    pub fn run_with(&self, options: &[&str], arguments: &[&str]) -> Vec<Run> {
        let run = |interpreter| self.run_on(interpreter, options, arguments);
        INTERPRETERS.iter().map(run).collect()
    }

    /// As [`run`](Self::run), where the trace is known to be incomplete.
    pub fn run_unchecked(&self, arguments: &[&str]) -> Vec<Run> {
        let record = |interpreter| self.record(interpreter, &[], arguments).0;
        INTERPRETERS.iter().map(record).collect()
    }

    fn run_on(&self, interpreter: &Interpreter, options: &[&str], arguments: &[&str]) -> Run {
        let (run, trace) = self.record(interpreter, options, arguments);
        let report = trace::check::check(&trace).unwrap();
        assert!(report.is_ok(), "{arguments:?}\n{report}");
        run
    }

    fn record(
        &self,
        interpreter: &Interpreter,
        options: &[&str],
        arguments: &[&str],
    ) -> (Run, PathBuf) {
        let trace = self.folder.path().join("trace");
        let mut command = Command::new(env!("CARGO_BIN_EXE_truename"));
        command
            .arg("run")
            .arg("--python")
            .arg(&interpreter.path)
            .arg("--out")
            .arg(&trace);
        command.args(options).arg("--").args(arguments);
        command.current_dir(self.root()).env_clear();
        for name in ["HOME", "PATH", "XDG_CACHE_HOME", "XDG_DATA_HOME"] {
            command.envs(std::env::var_os(name).map(|value| (name, value)));
        }
        // No bytecode is left behind, so that each run finds the same files.
        command.env("PYTHONDONTWRITEBYTECODE", "1");
        let output = command.output().unwrap();
        let family = Family::read(&trace).unwrap_or_else(|error| {
            panic!("{command:?}\n{}: {error}\n{}", output.status, show(&output))
        });
        let run = Run {
            family,
            output,
            root: self.root(),
        };
        (run, trace)
    }
}

impl Run {
    /// The labels of what ran from the project's files, of the main program.
    pub fn labels(&self) -> Vec<&str> {
        let modules = self.family.document.modules.iter();
        modules
            .filter(|module| Path::new(&module.file).starts_with(&self.root))
            .map(|module| module.label.as_str())
            .collect()
    }
}

/// What a run printed.
pub fn show(output: &Output) -> String {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    format!(
        "stdout: {}\nstderr: {}",
        text(&output.stdout),
        text(&output.stderr)
    )
}
