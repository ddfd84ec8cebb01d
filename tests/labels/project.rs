//! A small program in a folder of its own, recorded on every usable interpreter.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::LazyLock;

use tempfile::TempDir;
use truename::interpreter::{self, Interpreter};
use truename::trace::reader::Family;

/// One interpreter of each version that is installed. None at all is a failure: the tests would
/// pass because nothing ran.
pub static INTERPRETERS: LazyLock<Vec<Interpreter>> = LazyLock::new(|| {
    let mut found: Vec<Interpreter> = interpreter::find_all()
        .into_iter()
        .filter_map(|candidate| candidate.verdict.ok())
        .collect();
    found.dedup_by_key(|interpreter| interpreter.version);
    assert!(
        !found.is_empty(),
        "no CPython 3.12 or newer was found: run ./setup, or `just pythons`"
    );
    found
});

/// A folder with a program in it.
pub struct Project {
    folder: TempDir,
    environment: Vec<(&'static str, String)>,
    stdin: String,
    since: (u32, u32),
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
        let project = Self {
            folder,
            environment: Vec::new(),
            stdin: String::new(),
            since: (3, 12),
        };
        for (path, text) in files {
            let path = project.root().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        project
    }

    /// The program reads this from its standard input.
    pub fn stdin(mut self, text: &str) -> Self {
        text.clone_into(&mut self.stdin);
        self
    }

    /// An environment variable of the program.
    pub fn variable(mut self, name: &'static str, value: &str) -> Self {
        self.environment.push((name, value.to_owned()));
        self
    }

    /// What the program does exists since this version of Python.
    pub fn since(mut self, version: (u32, u32)) -> Self {
        self.since = version;
        self
    }

    /// The folder, without symbolic links in its path.
    pub fn root(&self) -> PathBuf {
        let root = self.folder.path().canonicalize().unwrap();
        root.join("project")
    }

    /// Records `python ARGUMENTS…` in the folder, on each interpreter in turn.
    pub fn run(&self, arguments: &[&str]) -> Vec<Run> {
        self.run_with(&[], arguments)
    }

    /// As [`run`](Self::run), with options for `truename run`.
    pub fn run_with(&self, options: &[&str], arguments: &[&str]) -> Vec<Run> {
        let interpreters = INTERPRETERS
            .iter()
            .filter(|interpreter| (interpreter.version.0, interpreter.version.1) >= self.since);
        interpreters
            .map(|interpreter| self.run_on(interpreter, options, arguments))
            .collect()
    }

    /// As [`run`](Self::run), where the trace is known to be incomplete.
    pub fn run_unchecked(&self, arguments: &[&str]) -> Vec<Run> {
        let record = |interpreter| self.record(interpreter, &[], arguments).0;
        INTERPRETERS.iter().map(record).collect()
    }

    fn run_on(&self, interpreter: &Interpreter, options: &[&str], arguments: &[&str]) -> Run {
        let (run, trace) = self.record(interpreter, options, arguments);
        let report = truename::trace::check::check(&trace).unwrap();
        assert!(report.is_ok(), "{arguments:?}\n{report}");
        run
    }

    fn record(
        &self,
        interpreter: &Interpreter,
        options: &[&str],
        arguments: &[&str],
    ) -> (Run, PathBuf) {
        use std::io::Write;
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
        command
            .env("PYTHONDONTWRITEBYTECODE", "1")
            .envs(self.environment.iter().cloned());
        command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let mut stdin = child.stdin.take().unwrap();
        // A program that does not read its input is no failure.
        let _ = stdin.write_all(self.stdin.as_bytes());
        drop(stdin);
        let output = child.wait_with_output().unwrap();
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

    /// Records on each interpreter and compares what ran from the project with `expected`: labels,
    /// each with its file where the label does not say it all.
    #[track_caller]
    pub fn check(&self, arguments: &[&str], expected: &[&str]) {
        let runs = self.run(arguments);
        assert!(
            !runs.is_empty(),
            "no interpreter is new enough: `just pythons` unpacks some"
        );
        for run in runs {
            let python = &run.family.document.process.python;
            assert_eq!(
                run.labels(),
                expected,
                "on Python {python}:\n{}",
                show(&run.output)
            );
        }
    }
}

impl Run {
    /// The labels of what ran from the project's files, of the main program, and of code whose
    /// file name begins with `<test`; bare ones followed by their file.
    pub fn labels(&self) -> Vec<String> {
        labels(&self.family, &self.root)
    }

    /// The labels of each child process, in the children's order.
    pub fn children(&self) -> Vec<Vec<String>> {
        self.family
            .children
            .iter()
            .map(|child| labels(child, &self.root))
            .collect()
    }
}

fn labels(family: &Family, root: &Path) -> Vec<String> {
    let modules = family.document.modules.iter();
    modules
        .filter_map(|module| {
            let file = Path::new(&module.file).strip_prefix(root).ok();
            let shown = file.map_or(module.file.as_str(), |file| file.to_str().unwrap());
            let ours = file.is_some() || shown.starts_with("<test") || module.label == "<__main__>";
            ours.then(|| match module.label.as_str() {
                "<module>" => format!("<module> {shown}"),
                label => label.to_owned(),
            })
        })
        .collect()
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
