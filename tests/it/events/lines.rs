//! Lines, as they run.

use crate::context::pythons;
use crate::events::snippet::{Snippet, calls_of, expect_as};

const LINES: [&str; 2] = ["--events", "lines"];

#[track_caller]
fn expect(code: &str, expected: &[&str]) {
    expect_as(calls_of, code, &LINES, expected);
}

#[test]
fn lines_are_between_the_calls_around_them() {
    expect(
        "def f(n):
    m = n + 1
    return g(m)
def g(n):
    return n
f(1)
f(2)
",
        &[
            "line 1", "line 4", "line 6", "enter f", "line 2", "line 3", "enter g", "line 5",
            "leave g", "leave f", "line 7", "enter f", "line 2", "line 3", "enter g", "line 5",
            "leave g", "leave f",
        ],
    );
}

#[test]
fn loops_and_handlers_go_back_and_forth() {
    expect(
        "for n in (1, 0):
    try:
        1 / n
    except ZeroDivisionError:
        n = 2
",
        &[
            "line 1", "line 2", "line 3", "line 1", "line 2", "line 3", "line 4", "line 5",
            "line 1",
        ],
    );
}

#[test]
fn a_generator_goes_on_where_it_was() {
    expect(
        "def g():
    yield 1
    yield 2
for _ in g():
    pass
",
        &[
            "line 1", "line 4", "enter g", "line 2", "leave g", "line 5", "line 4", "enter g",
            "line 3", "leave g", "line 5", "line 4", "enter g", "leave g",
        ],
    );
}

/// One code object for two modules, of which a filter keeps one out.
#[test]
fn lines_of_a_body_that_is_kept_out_are_not_its_callers() {
    let snippet = Snippet::new(
        "import types
code = compile('a = 1\\nb = 2', '/of/main.py', 'exec')
def run(module):
    module.__file__ = '/of/main.py'
    exec(code, vars(module))
for name in ['blue', 'red', 'blue', 'red']: run(types.ModuleType(name))
",
    );
    let filter = "[meta]\nname = 'red'\nversion = 1\n[scope]\ndefault_exec = 'trace'\n\
                  default_value_action = 'allow'\n[[scope.rules]]\nselector = 'pkg:red'\n\
                  exec = 'skip'\n";
    std::fs::write(snippet.folder().join("red.toml"), filter).unwrap();
    for python in pythons() {
        let mut options = LINES.to_vec();
        options.extend(["--filter", "red.toml"]);
        let run = snippet.run(python, &options);
        let mut seen = calls_of(&run.trace, "main.py");
        seen.drain(..seen.iter().position(|line| line == "enter run").unwrap());
        seen.retain(|line| line != "line 6");
        let blue = [
            "enter run",
            "line 4",
            "line 5",
            "enter <blue>",
            "line 1",
            "line 2",
            "leave <blue>",
            "leave run",
        ];
        let red = ["enter run", "line 4", "line 5", "leave run"];
        let expected = [&blue[..], &red, &blue, &red].concat();
        assert_eq!(seen, expected, "on {}", python.path.display());
    }
}

/// A call that began before the process was forked is not recorded, and neither are its lines.
#[test]
fn a_fork_records_no_lines_of_a_call_that_began_before_it() {
    let snippet = Snippet::new(
        "import os
def f(n):
    if n:
        pid = os.fork()
        f(0)
        if pid: os.waitpid(pid, 0)
    return n
def g():
    f(1)
g()
",
    );
    for python in pythons() {
        let run = snippet.run(python, &LINES);
        let seen = calls_of(&run.trace.join("children/1"), "main.py");
        let expected = ["enter f", "line 3", "line 7", "leave f"];
        assert_eq!(seen, expected, "on {}", python.path.display());
    }
}
