//! Variables, at each line.

use crate::context::{pythons, show};
use crate::events::snippet::{Snippet, expect_as};
use crate::events::value_lines::values_of;

const FULL: [&str; 4] = ["--events", "lines", "--values", "full"];

#[track_caller]
fn expect(code: &str, expected: &[&str]) {
    expect_as(values_of, code, &FULL, expected);
}

#[test]
fn variables_change_and_go() {
    expect(
        "def f(n):
    total = 0
    for i in range(n):
        total += i
    del total
    g = lambda: n
    return i
f(2)
",
        &[
            "line 1",
            "line 8",
            "enter f n=int 2",
            "line 2 n=int 2",
            "line 3 n=int 2, total=int 0",
            "line 4 n=int 2, total=int 0, i=int 0",
            "line 3 n=int 2, total=int 0, i=int 0",
            "line 4 n=int 2, total=int 0, i=int 1",
            "line 3 n=int 2, total=int 1, i=int 1",
            "line 5 n=int 2, total=int 1, i=int 1",
            "line 6 n=int 2, i=int 1",
            "line 7 n=int 2, i=int 1, g=function <function f.<locals>.<lambda>>",
            "leave f int 1",
        ],
    );
}

#[test]
fn names_of_modules_and_classes_are_variables() {
    expect(
        "import sys
x = 1
class A:
    y = x
    def f(self): pass
    z = 2
    w = 3
x = A.z
pass
",
        &[
            "line 1",
            "line 2",
            "line 3 x=int 1",
            "enter A",
            "line 3",
            "line 4",
            "line 5 y=int 1",
            "line 6 y=int 1",
            "line 7 y=int 1, z=int 2",
            "leave A None",
            "line 8 x=int 1",
            "line 9 x=int 2",
        ],
    );
}

/// Nothing is written to its namespace when that is looked at, on no version.
#[test]
fn a_class_has_its_names_and_not_those_around_it() {
    expect(
        "def build(free):
    class A:
        x = free
        def f(self): return free
        y = 2
build(1)
",
        &[
            "line 1",
            "line 6",
            "enter build free=int 1",
            "line 2 free=int 1",
            "enter build.<locals>.A",
            "line 2",
            "line 3",
            "line 4 x=int 1",
            "line 5 x=int 1",
            "leave build.<locals>.A None",
            "leave build None",
        ],
    );
}

const FILTER: &str = r#"
[meta]
name = "hidden"
version = 1
[scope]
default_exec = "inherit"
default_value_action = "inherit"
[[scope.rules]]
selector = "file:**/main.py"
[[scope.rules.value_patterns]]
selector = "arg:gone"
action = "drop"
[[scope.rules.value_patterns]]
selector = "ret:f"
action = "drop"
[[scope.rules.value_patterns]]
selector = "local:hidden"
action = "redact"
[[scope.rules.value_patterns]]
selector = "global:away"
action = "drop"
"#;

#[test]
fn code_has_the_locals_that_it_is_run_with() {
    let code = r"code = compile('q = w\nr = (q,)\npass', 'generated.py', 'exec')
exec(code, {'w': 1}, {})
exec(code, {'w': 2})
";
    let snippet = Snippet::new(code);
    for python in pythons() {
        let run = snippet.run(python, &FULL);
        let mut seen = values_of(&run.trace, "generated.py");
        seen.retain(|line| line.starts_with("line"));
        let expected = [
            "line 1",
            "line 2 q=int 1",
            "line 3 q=int 1, r=tuple(int 1)",
            "line 1 w=int 2",
            "line 2 w=int 2, q=int 2",
            "line 3 w=int 2, q=int 2, r=tuple(int 2)",
        ];
        assert_eq!(seen, expected, "on {}", python.path.display());
    }
}

#[test]
fn filters_drop_and_redact() {
    let snippet = Snippet::new(
        "away = 1
def f(gone, x):
    hidden = x
    return hidden
def g(**kwargs): pass
f(1, 2)
g(gone=1, here=2)
there = 2
pass
",
    );
    std::fs::write(snippet.folder().join("hidden.toml"), FILTER).unwrap();
    let options = [&FULL[..], &["--filter", "hidden.toml"]].concat();
    for python in pythons() {
        let run = snippet.run(python, &options);
        assert_eq!(
            values_of(&run.trace, "main.py"),
            [
                "line 1",
                "line 2",
                "line 5",
                "line 6",
                "enter f x=int 2",
                "line 3 x=int 2",
                "line 4 x=int 2, hidden=<redacted> <redacted>",
                "leave f <dropped> <dropped>",
                "line 7",
                "enter g kwargs=dict[tuple(str 'here', int 2)]",
                "line 5 kwargs=dict[tuple(str 'here', int 2)]",
                "leave g None",
                "line 8",
                "line 9 there=int 2",
            ],
            "on {}",
            python.path.display()
        );
    }
}

/// An object at the address of one that died is another one.
#[test]
fn a_value_in_the_place_of_another_is_reported() {
    let snippet = Snippet::new(
        "def f():
    for n in range(2000):
        x = n * 1000.5
        y = [n * 10**6]
    return n
f()
",
    );
    for python in pythons() {
        let seen = values_of(&snippet.run(python, &FULL).trace, "main.py");
        for n in 1..2000_u32 {
            let x = format!("line 4 n=int {n}, x=float {:?}", f64::from(n) * 1000.5);
            let y = format!(", y=list[int {}]", u64::from(n) * 1_000_000);
            assert!(seen.iter().any(|line| line.starts_with(&x)), "{x}");
            assert!(seen.iter().any(|line| line.ends_with(&y)), "{y}");
        }
    }
}

/// The variables that are set are asked for anew at each line, whatever was found at the last one.
#[test]
fn variables_that_come_and_go() {
    expect(
        "def f(a):
    del a
    for n in range(3):
        if n == 1: late = n
        else: late = None; del late
    squares = [m * n for m in (5,)]
    try: 1 / 0
    except ZeroDivisionError as e: pass
    def g(): return squares
    del squares
    return n
f(1)
",
        &[
            "line 1",
            "line 12",
            "enter f a=int 1",
            "line 2 a=int 1",
            "line 3",
            "line 4 n=int 0",
            "line 5 n=int 0",
            "line 3 n=int 0",
            "line 4 n=int 1",
            "line 3 n=int 1, late=int 1",
            "line 4 n=int 2, late=int 1",
            "line 5 n=int 2, late=int 1",
            "line 3 n=int 2",
            "line 6 n=int 2",
            "line 7 n=int 2, squares=list[int 10]",
            "line 8 n=int 2, squares=list[int 10]",
            "line 9 n=int 2, squares=list[int 10]",
            "line 10 n=int 2, g=function <function f.<locals>.g>, squares=list[int 10]",
            "line 11 n=int 2, g=function <function f.<locals>.g>",
            "leave f int 2",
        ],
    );
}

/// Of all that a line has, a bounded part is recorded: items of each container, values and text in all.
#[test]
fn lines_are_bounded() {
    let snippet = Snippet::new(
        "def f(a, b):
    pass
f([0] * 20, 1)
f([[4] * 6] * 10, [5] * 9)
f(['x' * 256] * 8, 'y' * 9)
",
    );
    let items = |item: &str, count| vec![item; count].join(", ");
    let inner = format!("list[{}]", items("int 4", 6));
    let text = format!("str '{}'", "x".repeat(256));
    let expected = [
        format!("line 2 a=list[{}, … … 4 more], b=int 1", items("int 0", 16)),
        format!(
            "line 2 a=list[{}, list[… … 6 more]], b=list[… … 9 more]",
            items(&inner, 9)
        ),
        format!("line 2 a=list[{}], b=str '… 9 more'", items(&text, 8)),
    ];
    for python in pythons() {
        let seen = values_of(&snippet.run(python, &FULL).trace, "main.py");
        let lines = seen.into_iter().filter(|line| line.starts_with("line 2"));
        assert_eq!(lines.collect::<Vec<_>>(), expected);
    }
}

/// A namespace is not written to, and its code not run: a class's body may have one of its own.
#[test]
fn namespaces_are_left_alone() {
    let snippet = Snippet::new(
        "import os
class Names(dict):
    __delitem__ = __len__ = __contains__ = lambda *args: os._exit(77)
class Meta(type):
    def __prepare__(*args): return Names()
def build():
    free = 1
    class A(metaclass=Meta):
        x = free
        def f(self): return super().f(), __class__
        squares = [n * free for n in (1, 2)]
    seen = locals()
    later = 1
    pass
    assert 'later' not in seen, seen
    class B(metaclass=Meta):
        x = free
        y = locals()
    assert 'free' not in vars(B)
    return A
assert '__classdict__' not in vars(build())
class B[T]:
    x: T = 1
    y = 2
assert '.type_params' not in vars(B) and '__classdict__' not in vars(B)
print('sound')
",
    );
    for python in pythons() {
        let run = snippet.run(python, &FULL);
        let shown = show(&run.output);
        assert!(run.output.status.success(), "{shown}");
        assert!(shown.contains("stdout: sound"), "{shown}");
    }
}
