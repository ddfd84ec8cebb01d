//! The cost of identifying a body: the procedure by itself, over made-up evidence, and an inference
//! for a caller in Python, for code that is new and for code that is cached.

use std::fs;
use std::hint::black_box;
use std::io::{BufRead, BufReader, Write};
use std::path::PathBuf;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::Duration;

use criterion::{Criterion, criterion_group, criterion_main};
use module_identity::{
    BARE_LABEL, CodeEvidence, FrameEvidence, FramelessEvidence, ModuleName, NamespaceEvidence,
    PythonState, Registry, RegistryEntry, Runner, SpecEvidence, decide, infer,
};
use tempfile::TempDir;

const FILE: &str = "/home/me/app/.venv/lib/python3.13/site-packages/botocore/session.py";

/// A Python that answers at once.
struct Stub {
    runner: Runner,
    registered: bool,
}

impl PythonState for Stub {
    fn runner(&mut self) -> Runner {
        self.runner
    }

    fn is_registered_as(&mut self, _: &ModuleName) -> bool {
        self.registered
    }

    fn registered_name(&mut self) -> Option<String> {
        self.registered.then(|| "botocore.session".to_owned())
    }

    fn on_main_thread(&mut self) -> bool {
        true
    }

    fn in_main_interpreter(&mut self) -> bool {
        true
    }

    fn is_builtin_main_namespace(&mut self) -> bool {
        true
    }

    fn is_handed_over(&mut self) -> bool {
        true
    }

    fn is_kernel(&mut self) -> bool {
        true
    }

    fn has_prompt(&mut self) -> bool {
        false
    }

    fn binds_names(&mut self) -> bool {
        true
    }

    fn has_had_a_body(&mut self) -> bool {
        false
    }

    fn has_run_its_file(&mut self) -> bool {
        false
    }
}

/// CodeEvidence named `<module>` in a namespace with a usable name.
fn frame(file: &'static str, name: &'static str) -> FrameEvidence<'static> {
    FrameEvidence {
        code: CodeEvidence {
            name: BARE_LABEL.into(),
            qualname: BARE_LABEL.into(),
            file: file.into(),
            flags: 0,
        },
        locals_are_globals: true,
        namespace: NamespaceEvidence {
            name: Some(name.into()),
            fresh: true,
            only_dunders: true,
            has_module_dunders: true,
            ..NamespaceEvidence::default()
        },
    }
}

/// A module as the import system starts it from a source file.
fn imported() -> FrameEvidence<'static> {
    let mut frame = frame(FILE, "botocore.session");
    frame.namespace.file = Some(FILE.into());
    frame.namespace.spec = Some(SpecEvidence {
        name: Some("botocore.session".into()),
        origin: Some(FILE.into()),
        initializing: true,
    });
    frame
}

/// Situations with a name, the expected label, the evidence and the runner.
fn situations() -> Vec<(&'static str, &'static str, FrameEvidence<'static>, Runner)> {
    let mut nested = imported();
    nested.code.file = "<string>".into();
    nested.namespace.fresh = false;
    let mut nameless = imported();
    nameless.namespace.name = None;
    nameless.namespace.spec = None;
    let mut frozen = imported();
    frozen.code.file = "<frozen botocore.session>".into();
    frozen.namespace.file = None;
    frozen.namespace.spec = Some(SpecEvidence {
        name: Some("botocore.session".into()),
        origin: Some("frozen".into()),
        initializing: true,
    });
    let mut other_spelling = imported();
    other_spelling.code.file = "/home/me/link/botocore/session.py".into();
    let mut plain_dict = frame("<string>", "");
    plain_dict.namespace = NamespaceEvidence::default();
    let name = "<botocore.session>";
    vec![
        ("fresh import", name, imported(), Runner::Import),
        ("frozen module", name, frozen, Runner::Import),
        ("name from sys.modules", name, nameless, Runner::Import),
        (
            "python -c",
            "<__main__>",
            frame("<string>", "__main__"),
            Runner::Interpreter,
        ),
        ("nested exec", BARE_LABEL, nested, Runner::Module),
        (
            "exec in a plain dict",
            BARE_LABEL,
            plain_dict,
            Runner::Module,
        ),
        (
            "files to compare on disk",
            BARE_LABEL,
            other_spelling,
            Runner::Other,
        ),
    ]
}

/// `sys.modules` of a program such as boto3.
struct ModulesStub(Vec<(String, String)>);

impl ModulesStub {
    fn new(count: usize) -> Self {
        let module = |number| {
            (
                format!("package{number}.part.module"),
                format!("/home/me/app/src/package{number}/part/module.py"),
            )
        };
        Self((0..count).map(module).collect())
    }
}

impl Registry for ModulesStub {
    fn visit(&mut self, visit: &mut dyn FnMut(&RegistryEntry<'_>)) {
        for (name, file) in &self.0 {
            visit(&RegistryEntry {
                name,
                file: Some(file),
                ..RegistryEntry::default()
            });
        }
    }
}

fn procedure(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("resolver: a start");
    for (situation, label, frame, runner) in situations() {
        let mut python = Stub {
            runner,
            registered: true,
        };
        assert_eq!(decide(&frame, &mut python).label(), label, "{situation}");
        group.bench_function(situation, |bencher| {
            bencher.iter(|| decide(black_box(&frame), &mut python));
        });
    }
    group.finish();

    let mut group = criterion.benchmark_group("resolver: an inference among 600 modules");
    let roots = [PathBuf::from("/home/me/app/src")];
    let mut modules = ModulesStub::new(600);
    let question = |file| FramelessEvidence {
        file,
        ..FramelessEvidence::default()
    };
    let cases = [
        (
            "from sys.modules",
            question("/home/me/app/src/package300/part/module.py"),
        ),
        (
            "from the roots",
            question("/home/me/app/src/other/module.py"),
        ),
    ];
    for (case, question) in cases {
        group.bench_function(case, |bencher| {
            bencher.iter(|| infer(black_box(question), &mut modules, &roots));
        });
    }
    group.finish();
}

/// Asks the extension for labels, and prints how many nanoseconds that took and how long the loop
/// alone takes. Each question is a line: `cold` or `cached`, and how often.
const ASK: &str = "
import sys, time
import asyncio, concurrent.futures, email.message, http.server, json, logging.config, sqlite3
import unittest.mock, urllib.request, xml.dom.minidom, xml.sax, zipfile
from truename_recorder import resolve_for_code

def nothing(code): pass

def clock(resolve, codes):
    begin = time.perf_counter_ns()
    for code in codes:
        resolve(code)
    return time.perf_counter_ns() - begin

known = compile('', json.__file__, 'exec')
assert resolve_for_code(known)[0] == '<json>'
for line in sys.stdin:
    how, count = line.split()
    count = int(count)
    total = 0
    while count:
        some = min(count, 1000)
        codes = [known.replace() for _ in range(some)] if how == 'cold' else [known] * some
        total += clock(resolve_for_code, codes) - clock(nothing, codes)
        count -= some
    print(max(total, 1), flush=True)
";

/// A Python with the extension.
struct Asker {
    python: Child,
    questions: ChildStdin,
    answers: BufReader<ChildStdout>,
    _folder: TempDir,
}

impl Asker {
    /// `None` when this machine has no Python for it.
    fn start() -> Option<Self> {
        let interpreter = interpreters::choose(None).ok()?;
        let folder = TempDir::new().expect("a temporary folder");
        let extension = folder.path().join("truename_recorder.abi3.so");
        fs::write(extension, launcher::RECORDER_BYTES).expect("the extension was built");
        let mut python = Command::new(interpreter.path)
            .args(["-c", ASK])
            .env_clear()
            .env("PYTHONPATH", folder.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("Python starts");
        let questions = python.stdin.take().expect("it is piped");
        let answers = BufReader::new(python.stdout.take().expect("it is piped"));
        Some(Self {
            python,
            questions,
            answers,
            _folder: folder,
        })
    }

    fn ask(&mut self, how: &str, count: u64) -> Duration {
        writeln!(self.questions, "{how} {count}").expect("Python listens");
        let mut answer = String::new();
        self.answers.read_line(&mut answer).expect("Python answers");
        let nanoseconds = answer.trim().parse().expect("Python answers with a number");
        Duration::from_nanos(nanoseconds)
    }
}

impl Drop for Asker {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.python.kill();
        let _ = self.python.wait();
    }
}

fn from_python(criterion: &mut Criterion) {
    let Some(mut asker) = Asker::start() else {
        eprintln!("no CPython 3.12 or newer: nothing is asked from Python");
        return;
    };
    let mut group = criterion.benchmark_group("resolver: code without a frame, from Python");
    for how in ["cold", "cached"] {
        group.bench_function(how, |bencher| {
            bencher.iter_custom(|count| asker.ask(how, count));
        });
    }
    group.finish();
}

criterion_group!(all, procedure, from_python);
criterion_main!(all);
