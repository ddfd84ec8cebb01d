//! Calls of one thread.

use crate::context::pythons;
use crate::events::snippet::{Snippet, calls_of, expect};

#[test]
fn functions_nest() {
    expect(
        "def inner(): pass
def outer(): inner(); inner()
outer()
",
        &[
            "enter outer",
            "enter inner",
            "leave inner",
            "enter inner",
            "leave inner",
            "leave outer",
        ],
    );
}

#[test]
fn a_function_calls_itself() {
    expect(
        "def down(n):
    if n: down(n - 1)
down(2)
",
        &[
            "enter down",
            "enter down",
            "enter down",
            "leave down",
            "leave down",
            "leave down",
        ],
    );
}

#[test]
fn names_are_qualified() {
    expect(
        "class A:
    def f(self):
        def g(): pass
        g()
A().f()
(lambda: None)()
",
        &[
            "enter A",
            "leave A",
            "enter A.f",
            "enter A.f.<locals>.g",
            "leave A.f.<locals>.g",
            "leave A.f",
            "enter <lambda>",
            "leave <lambda>",
        ],
    );
}

#[test]
fn exceptions_leave_functions() {
    expect(
        "def boom(): raise KeyError
def through(): boom()
def catch():
    try: through()
    except KeyError: raise OSError
try: catch()
except OSError: pass
",
        &[
            "enter catch",
            "enter through",
            "enter boom",
            "raise boom KeyError",
            "raise through KeyError",
            "raise catch OSError",
        ],
    );
}

#[test]
fn comprehensions_and_generator_expressions() {
    // Comprehensions have had no frames of their own since 3.12.
    expect(
        "[x for x in range(2)]
list(x for x in range(2))
",
        &[
            "enter <genexpr>",
            "leave <genexpr>",
            "enter <genexpr>",
            "leave <genexpr>",
            "enter <genexpr>",
            "leave <genexpr>",
        ],
    );
}

#[test]
fn a_generator_is_left_and_entered() {
    expect(
        "def inner():
    yield 1
def outer():
    yield from inner()
for _ in outer(): pass
",
        &[
            "enter outer",
            "enter inner",
            "leave inner",
            "leave outer",
            "enter outer",
            "enter inner",
            "leave inner",
            "leave outer",
        ],
    );
}

#[test]
fn exceptions_are_thrown_into_generators() {
    expect(
        "def careful():
    try: yield 1
    except KeyError: yield 2
it = careful(); next(it); it.throw(KeyError); next(it, None)
def careless(): yield 1
it = careless(); next(it)
try: it.throw(KeyError)
except KeyError: pass
",
        &[
            "enter careful",
            "leave careful",
            "enter careful",
            "leave careful",
            "enter careful",
            "leave careful",
            "enter careless",
            "leave careless",
            "enter careless",
            "raise careless KeyError",
        ],
    );
}

#[test]
fn generators_are_closed_by_hand_and_with_their_last_reference() {
    expect(
        "def g():
    try: yield 1
    finally: done()
def done(): pass
it = g(); next(it); it.close()
it = g(); next(it); del it
",
        &[
            "enter g",
            "leave g",
            "enter g",
            "enter done",
            "leave done",
            "raise g GeneratorExit",
            "enter g",
            "leave g",
            "enter g",
            "enter done",
            "leave done",
            "raise g GeneratorExit",
        ],
    );
}

#[test]
fn coroutines_are_driven() {
    expect(
        "class Wait:
    def __await__(self): yield 1
async def inner(): await Wait()
async def outer(): await inner()
it = outer(); it.send(None)
try: it.send(None)
except StopIteration: pass
",
        &[
            "enter Wait",
            "leave Wait",
            "enter outer",
            "enter inner",
            "enter Wait.__await__",
            "leave Wait.__await__",
            "leave inner",
            "leave outer",
            "enter outer",
            "enter inner",
            "enter Wait.__await__",
            "leave Wait.__await__",
            "leave inner",
            "leave outer",
        ],
    );
}

#[test]
fn asynchronous_generators_run_in_asyncio() {
    expect(
        "import asyncio
async def numbers():
    yield 1
    await asyncio.sleep(0)
async def main():
    async for _ in numbers(): pass
asyncio.run(main())
",
        &[
            "enter main",
            "enter numbers",
            "leave numbers",
            "enter numbers",
            "leave numbers",
            "leave main",
            "enter main",
            "enter numbers",
            "leave numbers",
            "leave main",
        ],
    );
}

/// A code object may get the address of another one that is gone.
#[test]
fn code_that_comes_and_goes_is_never_mistaken() {
    let code = "def run(name):
    space = {}
    exec(f'def {name}(): pass', space)
    space[name]()
for n in range(300): run(f'f{n}')
";
    let snippet = Snippet::new(code);
    for python in pythons() {
        let run = snippet.run(python, &[]);
        let mut lines = calls_of(&run.trace, "<string>");
        lines.retain(|line| !line.ends_with("<module>"));
        let expected = (0..300).flat_map(|n| [format!("enter f{n}"), format!("leave f{n}")]);
        assert_eq!(lines, expected.collect::<Vec<_>>());
    }
}
