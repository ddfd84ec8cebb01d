//! A short program, recorded with all its calls.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::LazyLock;

use interpreters::Interpreter;
use runtime_tracing::{ThreadId, TraceLowLevelEvent as Event, ValueRecord};
use tempfile::TempDir;
use trace::check::check;
use trace::reader::Folder;

/// One interpreter of each version that is installed. None at all is a failure: the tests would
/// pass because nothing ran.
pub static INTERPRETERS: LazyLock<Vec<Interpreter>> = LazyLock::new(|| {
    let found = interpreters::find_all();
    let mut found: Vec<_> = found.into_iter().filter_map(|it| it.verdict.ok()).collect();
    found.dedup_by_key(|interpreter| interpreter.version);
    assert!(
        !found.is_empty(),
        "no CPython 3.12 or newer was found: run ./setup, or `just pythons`"
    );
    found
});

/// A program in a folder of its own: `main.py`.
pub struct Snippet {
    folder: TempDir,
}

/// A recorded run.
pub struct Run {
    pub trace: PathBuf,
    pub output: Output,
}

impl Snippet {
    pub fn new(code: &str) -> Self {
        let folder = TempDir::new().unwrap();
        fs::write(folder.path().join("main.py"), code).unwrap();
        Self { folder }
    }

    pub fn folder(&self) -> PathBuf {
        self.folder.path().canonicalize().unwrap()
    }

    /// `truename run` of the program on an interpreter, with more options; calls, unless they say
    /// something else.
    pub fn command(&self, python: &Interpreter, options: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_truename"));
        command.arg("run").arg("--python").arg(&python.path);
        if !options.contains(&"--events") {
            command.args(["--events", "calls"]);
        }
        command.args(options).arg("main.py");
        command.current_dir(self.folder()).env_clear();
        for name in ["HOME", "PATH", "XDG_CACHE_HOME", "XDG_DATA_HOME"] {
            command.envs(std::env::var_os(name).map(|value| (name, value)));
        }
        command
            .env("PYTHONDONTWRITEBYTECODE", "1")
            .stdin(Stdio::null());
        command
    }

    /// Records the program; the trace must be sound.
    pub fn run(&self, python: &Interpreter, options: &[&str]) -> Run {
        let output = self.command(python, options).output().unwrap();
        let trace = self.folder().join("truename-trace");
        let report = check(&trace).unwrap_or_else(|error| panic!("{error}\n{}", show(&output)));
        assert!(
            report.is_ok(),
            "on {}:\n{report}\n{}",
            python.path.display(),
            show(&output)
        );
        Run { trace, output }
    }
}

/// Records `code` on every interpreter and compares what its functions do with `expected`, one line
/// each: `enter f`, `leave f`, `yield f`, `raise f KeyError`.
#[track_caller]
pub fn expect(code: &str, expected: &[&str]) {
    expect_as(told, code, &[], expected);
}

/// The same with other options, in the words of `tell`.
#[track_caller]
pub fn expect_as(
    tell: fn(&Path, &str) -> Vec<String>,
    code: &str,
    options: &[&str],
    expected: &[&str],
) {
    let snippet = Snippet::new(code);
    for python in INTERPRETERS.iter() {
        let run = snippet.run(python, options);
        let told = tell(&run.trace, "main.py");
        let shown = show(&run.output);
        assert_eq!(told, expected, "on {}\n{shown}", python.path.display());
    }
}

/// What the functions of a file do, less the body of the main program. Lines are `line 3`, but for
/// the one that comes with each call. Threads but the first one come with their number.
pub fn told(trace: &Path, file: &str) -> Vec<String> {
    let events = Folder::open(trace).unwrap().events().unwrap();
    let (mut paths, mut functions) = (Vec::<&PathBuf>::new(), Vec::new());
    let (mut stacks, mut thread) = (vec![Vec::new()], 0);
    let mut lines = Vec::new();
    for (index, event) in events.iter().enumerate() {
        let (verb, function, more) = match event {
            Event::Step(step) => {
                let is_of_call = matches!(events.get(index + 1), Some(Event::Call(_)));
                if !is_of_call && paths[step.path_id.0].ends_with(file) {
                    lines.push(format!("line {}", step.line.0));
                }
                continue;
            }
            Event::Path(path) => {
                paths.push(path);
                continue;
            }
            Event::Function(function) => {
                functions.push(function);
                continue;
            }
            Event::ThreadSwitch(ThreadId(id)) => {
                thread = *id as usize;
                stacks.resize_with(stacks.len().max(thread + 1), Vec::new);
                continue;
            }
            Event::Call(call) => {
                stacks[thread].push(call.function_id.0);
                ("enter", call.function_id.0, String::new())
            }
            Event::Return(record) => {
                let function = stacks[thread].pop().unwrap();
                match &record.return_value {
                    ValueRecord::Error { msg, .. } => ("raise", function, format!(" {msg}")),
                    ValueRecord::Variant { .. } => ("yield", function, String::new()),
                    _ => ("leave", function, String::new()),
                }
            }
            _ => continue,
        };
        let function = functions[function];
        let name = function.name.as_str();
        let is_asked_for = paths[function.path_id.0].ends_with(file);
        if is_asked_for && name != "<__main__>" && name != "<toplevel>" {
            let thread = match thread {
                0 => String::new(),
                number => format!("{number}: "),
            };
            lines.push(format!("{thread}{verb} {name}{more}"));
        }
    }
    lines
}

pub fn show(output: &Output) -> String {
    format!(
        "{}\nstdout: {}\nstderr: {}",
        output.status,
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    )
}
