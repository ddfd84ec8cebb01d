//! Variables of many frames at once: the spool has what changed in each, and the trace has all of them.

use crate::context::{pythons, show};
use crate::events::snippet::{Snippet, expect_as};
use crate::events::value_lines::values_of;

const FULL: [&str; 4] = ["--events", "lines", "--values", "full"];

/// More calls wait for each other than there are frames that are remembered.
#[test]
fn each_call_has_its_own_variables() {
    const DEPTH: usize = 300;
    let code = format!(
        "def f(n):
    half = n // 2
    if n: f(n - 1)
    return half
f({DEPTH})
"
    );
    let mut expected = vec!["line 1".to_owned(), "line 5".to_owned()];
    let set = |n: usize| format!("n=int {n}, half=int {}", n / 2);
    for n in (0..=DEPTH).rev() {
        expected.push(format!("enter f n=int {n}"));
        expected.push(format!("line 2 n=int {n}"));
        expected.push(format!("line 3 {}", set(n)));
    }
    for n in 0..=DEPTH {
        expected.push(format!("line 4 {}", set(n)));
        expected.push(format!("leave f int {}", n / 2));
    }
    let expected: Vec<_> = expected.iter().map(String::as_str).collect();
    expect_as(values_of, &code, &FULL, &expected);
}

#[test]
fn generators_that_take_turns_have_their_own_variables() {
    let snippet = Snippet::new(
        "def count(n):
    while True:
        n += 1
        yield n
def main():
    many = [count(100 * number) for number in range(200)]
    for _ in range(3):
        for one in many: next(one)
main()
",
    );
    let rounds = 1..=3;
    let expected = rounds.flat_map(|round| (0..200).map(move |number| 100 * number + round));
    let expected: Vec<_> = expected.map(|n| format!("line 4 n=int {n}")).collect();
    for python in pythons() {
        let run = snippet.run(python, &FULL);
        let seen = values_of(&run.trace, "main.py");
        let seen = seen.into_iter().filter(|line| line.starts_with("line 4"));
        assert_eq!(seen.collect::<Vec<_>>(), expected);
    }
}

/// A fork begins a spool of its own, which knows of no frame.
#[test]
fn a_fork_has_its_variables() {
    let snippet = Snippet::new(
        "import os
def f(x):
    y = [x, 1]
    return y
f('a')
child = os.fork()
f('a')
if child: os.waitpid(child, 0)
",
    );
    let expected = [
        "enter f x=str 'a'",
        "line 3 x=str 'a'",
        "line 4 x=str 'a', y=list[str 'a', int 1]",
        "leave f list[str 'a', int 1]",
    ];
    for python in pythons() {
        let run = snippet.run(python, &FULL);
        let seen = values_of(&run.trace.join("children/1"), "main.py");
        assert!(
            seen.windows(4).any(|lines| lines == expected),
            "{seen:?}\n{}",
            show(&run.output)
        );
    }
}

/// An object is recorded by the name that its class has at the line.
#[test]
fn a_class_gets_another_name_between_two_lines() {
    expect_as(
        values_of,
        "def f():
    class A: pass
    both = A(), A()
    A.__name__ = 'B'
    return both
f()
",
        &FULL,
        &[
            "line 1",
            "line 6",
            "enter f",
            "line 2",
            "enter f.<locals>.A",
            "line 2",
            "leave f.<locals>.A None",
            "line 3 A=type <class A>",
            "line 4 A=type <class A>, both=tuple(A <A object>, A <A object>)",
            "line 5 A=type <class B>, both=tuple(B <B object>, B <B object>)",
            "leave f tuple(B <B object>, B <B object>)",
        ],
    );
}

/// A function's variables are read where the frame has them. Where its layout is not known, a list of them all is made at
/// each line, out of the program's memory.
#[test]
fn to_read_variables_takes_no_memory_of_the_programs() {
    let all: String = (0..200).map(|number| format!("v{number} = ")).collect();
    let snippet = Snippet::new(&format!(
        "import tracemalloc
def f():
    {all}None
    tracemalloc.reset_peak()
    before, _ = tracemalloc.get_traced_memory()
    pass
    _, peak = tracemalloc.get_traced_memory()
    return peak - before
tracemalloc.start()
f()
print(f())
"
    ));
    for python in pythons() {
        let run = snippet.run(python, &FULL);
        let printed = String::from_utf8_lossy(&run.output.stdout);
        let taken: usize = printed.trim().parse().expect("a number of bytes");
        assert!(taken < 500, "{taken} bytes on {}", python.path.display());
    }
}
