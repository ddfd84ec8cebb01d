//! A short program, recorded with all its calls.

use std::path::{Path, PathBuf};
use std::process::Command;

use interpreters::Interpreter;
use runtime_tracing::{ThreadId, TraceLowLevelEvent as Event, ValueRecord};
use trace::read::{Family, Folder};

use crate::context::{Context, Run, pythons, show};

/// A program in a folder of its own: `main.py`.
pub struct Snippet {
    context: Context,
}

impl Snippet {
    pub fn new(code: &str) -> Self {
        Self {
            context: Context::of([("main.py", code)]),
        }
    }

    pub fn folder(&self) -> PathBuf {
        self.context.root()
    }

    /// `truename run` of the program on an interpreter, with more options; calls, unless they say
    /// something else.
    pub fn command(&self, python: &Interpreter, options: &[&str]) -> Command {
        self.context.record(python, &words(options))
    }

    /// Reads the trace of the program.
    #[track_caller]
    pub fn trace(&self) -> Family {
        self.context.trace()
    }

    /// Records the program, whose trace nobody reads.
    pub fn run_unchecked(&self, python: &Interpreter, options: &[&str]) -> Run {
        self.context.run_unchecked(python, &words(options))
    }

    /// Records the program; the trace must be sound.
    #[track_caller]
    pub fn run(&self, python: &Interpreter, options: &[&str]) -> Run {
        self.context.run(python, &words(options))
    }
}

fn words<'a>(options: &[&'a str]) -> Vec<&'a str> {
    let calls: &[&str] = match options.contains(&"--events") {
        true => &[],
        false => &["--events", "calls"],
    };
    [calls, options, &["main.py"]].concat()
}

/// Records `code` on every interpreter and compares what its functions do with `expected`, one line
/// each: `enter f`, `leave f`, `raise f KeyError`.
#[track_caller]
pub fn expect(code: &str, expected: &[&str]) {
    expect_as(calls_of, code, &[], expected);
}

/// The same with other options, in the words of `read`.
#[track_caller]
pub fn expect_as(
    read: fn(&Path, &str) -> Vec<String>,
    code: &str,
    options: &[&str],
    expected: &[&str],
) {
    let snippet = Snippet::new(code);
    for python in pythons() {
        let run = snippet.run(python, options);
        let seen = read(&run.trace, "main.py");
        let shown = show(&run.output);
        assert_eq!(seen, expected, "on {}\n{shown}", python.path.display());
    }
}

/// Lists what the functions of a file do, less the body of the main program. Lines are `line 3`, but for
/// the one that comes with each call. Threads but the first one come with their number.
pub fn calls_of(trace: &Path, file: &str) -> Vec<String> {
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
