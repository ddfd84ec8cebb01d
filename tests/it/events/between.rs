//! Signal handlers, finalizers and other threads, which CPython runs between two instructions. None of it may
//! run within a callback of the recorder, where nobody sees it and what it raises is lost.

use crate::context::{labels, out, pythons, show};
use crate::events::snippet::{Snippet, calls_of};

const MODES: [&[&str]; 4] = [
    &["--events", "modules"],
    &["--events", "calls"],
    &["--events", "lines"],
    &["--events", "lines", "--values", "full"],
];

/// Functions whose variables are not set when they begin, and a handler that raises.
const PROGRAM: &str = "
import signal, sys
class Tick(Exception): pass
calls = 0
def handler(*_):
    global calls
    calls += 1
    raise Tick
signal.signal(signal.SIGALRM, handler)
def leaf(n):
    a = n
    b = a
    c = b
    d = c
    e = d
    return e
def large(n):
    m = 1 << 900 + n
    return m
def repeat(work, before):
    while True:
        if calls != before: return
        work()
def attempt(count, work):
    caught = lost = 0
    for k in range(count):
        before = calls
        try:
            signal.setitimer(signal.ITIMER_REAL, 0.0003 + k % 10 * 0.00003)
            repeat(work, before)
            lost += 1
        except Tick: caught += 1
    print('caught', caught, 'lost', lost)
";

/// Runs a program in each mode, on each interpreter; it prints `expected`.
#[track_caller]
fn expect_output(snippet: &Snippet, expected: &str) {
    for python in pythons() {
        for options in MODES {
            let run = snippet.run_unchecked(python, options);
            let shown = show(&run.output);
            let at = python.path.display();
            assert_eq!(out(&run.output), expected, "on {at}, {options:?}\n{shown}");
        }
    }
}

#[test]
fn what_a_handler_raises_arrives() {
    let code = format!("{PROGRAM}\nattempt(100, lambda: (leaf(1), large(2)))\n");
    expect_output(&Snippet::new(&code), "caught 100 lost 0\n");
}

#[test]
fn what_a_handler_raises_arrives_while_threads_run() {
    let code = format!(
        "{PROGRAM}
import threading, time
is_over = False
def work():
    while not is_over:
        leaf(1)
        time.sleep(0.0005)
threads = [threading.Thread(target=work, daemon=True) for _ in range(3)]
for thread in threads: thread.start()
attempt(20, lambda: leaf(1))
is_over = True
for thread in threads: thread.join()
"
    );
    expect_output(&Snippet::new(&code), "caught 20 lost 0\n");
}

/// The recorder reads the arguments of callers to find out who runs the code of a module.
#[test]
fn what_a_handler_raises_arrives_while_bodies_start() {
    let code = format!(
        "{PROGRAM}
import types
code = compile('', 'made.py', 'exec')
def exec_module(module):
    namespace = module.__dict__
    del module
    exec(code, namespace)
attempt(100, lambda: exec_module(types.ModuleType('made')))
"
    );
    expect_output(&Snippet::new(&code), "caught 100 lost 0\n");
}

#[test]
fn the_first_interrupt_arrives() {
    let code = "
import os, signal, threading, time
def parse(n):
    first = n
    second = first + 1
    third = second * 2
    return third
def interrupt():
    time.sleep(0.01)
    for count in range(100):
        os.kill(os.getpid(), signal.SIGINT)
        time.sleep(0.3)
        if is_over: break
    print('interrupts', count + 1)
is_over = False
signal.signal(signal.SIGINT, signal.default_int_handler)
thread = threading.Thread(target=interrupt)
try:
    thread.start()
    for _ in range(10**7): parse(3)
except KeyboardInterrupt: is_over = True
thread.join()
";
    expect_output(&Snippet::new(code), "interrupts 1\n");
}

#[test]
fn finalizers_are_recorded() {
    let code = "
import gc
gc.set_threshold(100)
class Node:
    def __init__(self): self.me = self
    def __del__(self): pass
def work(k):
    k
    if k < 0: a = b = c = d = e = f = 1
    k
    g = k
    h = k
    i = k
def make(): Node()
for k in range(1000):
    make(); work(k)
gc.collect()
";
    let snippet = Snippet::new(code);
    for python in pythons() {
        for options in &MODES[1..] {
            let run = snippet.run(python, options);
            let calls = calls_of(&run.trace, "main.py");
            let finalized = calls.iter().filter(|it| it.contains("enter Node.__del__"));
            let at = python.path.display();
            assert_eq!(finalized.count(), 1000, "on {at}, {options:?}");
        }
    }
}

#[test]
fn modules_that_a_handler_imports_are_recorded() {
    let code = "
import signal
is_over = False
def handler(*_):
    global is_over
    import colorsys, wave, quopri
    is_over = True
signal.signal(signal.SIGALRM, handler)
def leaf(n):
    a = n
    b = a
    c = b
    return c
signal.setitimer(signal.ITIMER_REAL, 0.01)
while not is_over: leaf(1)
";
    let snippet = Snippet::new(code);
    for python in pythons() {
        for options in MODES {
            let run = snippet.run(python, options);
            let trace = snippet.trace();
            let labels = labels(&trace);
            for label in ["<colorsys>", "<wave>", "<quopri>"] {
                let shown = show(&run.output);
                assert!(labels.contains(&label), "{labels:?} {options:?}\n{shown}");
            }
        }
    }
}
