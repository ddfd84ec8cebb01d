//! Calls and lines are as many as others count: `sys.setprofile`, cProfile and `sys.settrace`, each in a
//! run of plain Python.

use std::collections::BTreeMap;
use std::process::Command;

use interpreters::Interpreter;
use rstest::rstest;
use runtime_tracing::{ThreadId, TraceLowLevelEvent as Event};
use trace::read::Folder;

use crate::context::{Run, pythons, show};
use crate::events::formats::BUSY;
use crate::events::snippet::Snippet;

const FIB: &str = "
def fib(n): return n if n < 2 else fib(n - 1) + fib(n - 2)
def work(): fib(12)
";

const LIBRARY: &str = "
import json, re
def work():
    re.purge()
    page = {'names': ['a', 'ü'] * 5, 'depth': {'x': [1, 2.5, None, True]}}
    text = json.dumps(page, indent=1, sort_keys=True)
    assert json.loads(text) == page
    try: json.loads('[1, ')
    except ValueError: pass
    re.sub(r'(?P<word>[a-z]+)|(\\d{2,3}?)(?=x)', lambda found: found[0] * 2, text)
    re.compile('(?i:[^a-f]*)(?:b|c|de)+').fullmatch('xyz')
";

const MIX: &str = "
import asyncio, contextlib, functools
class Page:
    def __init__(self, n): self.n = n
    def __lt__(self, other): return self.n < other.n
    @property
    def next(self): return Page(self.n + 1)
    @functools.cached_property
    def text(self): return str(self.n)
def numbers(n):
    try:
        for i in range(n):
            got = yield i
            if got: yield got
    finally: over()
def over(): pass
def chain(n):
    yield from numbers(n)
    return n
def boom(n):
    if n: boom(n - 1)
    raise KeyError(n)
@contextlib.contextmanager
def guard():
    try: yield
    except KeyError: over()
async def give(n):
    for i in range(n):
        yield i
        await asyncio.sleep(0)
async def sleeper():
    try: await asyncio.sleep(60)
    finally: over()
async def main():
    total = 0
    async for i in give(4): total += i
    first, second = await asyncio.gather(job(3), job(4))
    task = asyncio.create_task(sleeper())
    await asyncio.sleep(0)
    task.cancel()
    try: await task
    except asyncio.CancelledError: over()
async def job(n):
    return sum([i async for i in give(n)])
def work():
    sorted([Page(3), Page(1), Page(2)])
    Page(1).next.next.text
    assert list(chain(3)) == [0, 1, 2]
    it = numbers(3); next(it); it.send('x'); it.close()
    it = chain(3); next(it)
    try: it.throw(OSError)
    except OSError: pass
    for i in numbers(9):
        if i == 2: break
    with guard(): boom(3)
    with contextlib.suppress(KeyError): boom(0)
    class Local:
        names = [name for name in 'ab']
        both = {a: b for a, b in zip(names, (n for n in names))}
    asyncio.run(main())
";

/// The solver of the benches, with less to do.
fn constraints() -> String {
    let source = include_str!("../../../scripts/bench/constraints.py");
    let (source, _) = source.rsplit_once("\nfor ").unwrap();
    format!("{source}\ndef work(): chain(30, 3)\n")
}

/// `measured` is what counts; the first time, imports and caches have their share.
const MEASURED: &str = "
def measured(): work()
work()
";

const BY_SETPROFILE: &str = "
import sys
from collections import Counter
counts = Counter()
def count(frame, event, argument):
    if event == 'call': counts[frame.f_code] += 1
sys.setprofile(count)
measured()
sys.setprofile(None)
for code, number in counts.items():
    print(code.co_qualname, code.co_filename, code.co_firstlineno, number, sep='\\t')
";

const BY_CPROFILE: &str = "
import cProfile
profile = cProfile.Profile()
profile.enable(builtins=False)
measured()
profile.disable()
for entry in profile.getstats():
    code, number = entry.code, entry.callcount
    print(code.co_qualname, code.co_filename, code.co_firstlineno, number, sep='\\t')
";

const BY_SETTRACE: &str = "
import sys
from collections import Counter
counts = Counter()
def count(frame, event, argument):
    if event == 'line': counts[frame.f_code.co_filename, frame.f_lineno] += 1
    return count
sys.settrace(count)
measured()
sys.settrace(None)
for (file, line), number in counts.items():
    print('', file, line, number, sep='\\t')
";

/// Counts, by name (empty for lines), file and line.
type Counts = BTreeMap<(String, String, i64), usize>;

/// Returns what a script counts of a program in plain Python.
fn counted(program: &str, script: &str, python: &Interpreter) -> Counts {
    let snippet = Snippet::new(&format!("{program}{MEASURED}{script}"));
    let mut command = Command::new(&python.path);
    command.arg("main.py").current_dir(snippet.folder());
    let output = command.env("PYTHONHASHSEED", "0").output().unwrap();
    assert!(output.status.success(), "{}", show(&output));
    let text = String::from_utf8(output.stdout).unwrap();
    let folder = format!("{}/", snippet.folder().display());
    let rows = text.lines().map(|line| {
        let mut cells = line.split('\t');
        let mut next = || cells.next().unwrap();
        let (name, file) = (next().to_owned(), next().replace(&folder, ""));
        let line = next().parse().unwrap();
        ((name, file, line), next().parse().unwrap())
    });
    rows.collect()
}

/// Returns what is recorded of a program within `measured`: its calls, and its lines.
fn recorded(program: &str, python: &Interpreter) -> (Counts, Counts) {
    let snippet = Snippet::new(&format!("{program}{MEASURED}measured()\n"));
    let run = snippet.run(python, &["--events", "lines"]);
    assert!(run.output.status.success(), "{}", show(&run.output));
    counts_in(&run, &format!("{}/", snippet.folder().display()))
}

fn counts_in(run: &Run, folder: &str) -> (Counts, Counts) {
    let events = Folder::open(&run.trace).unwrap().events().unwrap();
    let (mut calls, mut lines) = (Counts::new(), Counts::new());
    let (mut paths, mut functions) = (Vec::new(), Vec::new());
    let (mut stack, mut thread) = (Vec::new(), 0);
    for (index, event) in events.iter().enumerate() {
        match event {
            Event::Path(path) => paths.push(path.to_string_lossy().replace(folder, "")),
            Event::Function(function) => functions.push(function),
            Event::ThreadSwitch(ThreadId(id)) => thread = *id,
            Event::Call(_) | Event::Return(_) if thread != 0 => {}
            Event::Call(call) => {
                let function = functions[call.function_id.0];
                let is_measured = function.name == "measured" || stack.last() == Some(&true);
                stack.push(is_measured);
                if is_measured {
                    let file = paths[function.path_id.0].clone();
                    let key = (function.name.clone(), file, function.line.0);
                    *calls.entry(key).or_default() += 1;
                }
            }
            Event::Return(_) => {
                stack.pop();
            }
            Event::Step(step)
                if stack.last() == Some(&true)
                    && thread == 0
                    && !matches!(events.get(index + 1), Some(Event::Call(_))) =>
            {
                let key = (String::new(), paths[step.path_id.0].clone(), step.line.0);
                *lines.entry(key).or_default() += 1;
            }
            _ => {}
        }
    }
    (calls, lines)
}

/// Returns whether a line of the program holds a whole loop. `sys.settrace` reports each time that such a line is
/// gone back to; for CPython's own line events, which coverage has, too, it is begun once.
fn is_a_loop(program: &str, (_, file, line): &(String, String, i64)) -> bool {
    let text = program.lines().nth(*line as usize - 1);
    file == "main.py" && text.is_some_and(|text| text.contains(" for "))
}

#[track_caller]
fn compare(recorded: &Counts, counted: &Counts, by: &str, python: &Interpreter) {
    let keys = recorded.keys().chain(counted.keys());
    let mut differences: Vec<_> = keys
        .filter(|key| recorded.get(*key) != counted.get(*key))
        .map(|key| {
            format!(
                "{key:?}: {:?}, {by}: {:?}",
                recorded.get(key),
                counted.get(key)
            )
        })
        .collect();
    differences.dedup();
    let shown = differences.join("\n");
    assert!(recorded.len() > 1, "something was recorded");
    assert!(
        differences.is_empty(),
        "on {}:\n{shown}",
        python.path.display()
    );
}

#[rstest]
fn calls_and_lines_are_as_many_as_others_count(
    #[values(FIB, BUSY, LIBRARY, MIX, &constraints())] program: &str,
) {
    for python in pythons() {
        let (calls, mut lines) = recorded(program, python);
        let by = |script| counted(program, script, python);
        let traced = by(BY_SETTRACE);
        for (key, count) in &mut lines {
            if is_a_loop(program, key) {
                *count = traced[key].max(*count);
            }
        }
        compare(&calls, &by(BY_SETPROFILE), "sys.setprofile", python);
        compare(&calls, &by(BY_CPROFILE), "cProfile", python);
        compare(&lines, &traced, "sys.settrace", python);
    }
}
