//! Calls of several threads.

use runtime_tracing::TraceLowLevelEvent as Event;
use trace::read::Folder;

use crate::context::pythons;
use crate::events::snippet::{Snippet, calls_of, expect};

#[test]
fn each_thread_has_its_own_calls() {
    expect(
        "import threading
go, done = threading.Event(), threading.Event()
def work():
    step()
    done.set(); go.wait()
    step()
def step(): pass
def main():
    thread = threading.Thread(target=work)
    thread.start(); done.wait()
    step()
    go.set(); thread.join()
main()
",
        &[
            "enter main",
            "1: enter work",
            "1: enter step",
            "1: leave step",
            "enter step",
            "leave step",
            "1: enter step",
            "1: leave step",
            "1: leave work",
            "leave main",
        ],
    );
}

/// Threads get the numbers and addresses of others that are over.
#[test]
fn threads_that_come_and_go_are_kept_apart() {
    let code = "import _thread
def work(lock): lock.release()
for _ in range(40):
    lock = _thread.allocate_lock(); lock.acquire()
    _thread.start_new_thread(work, (lock,))
    lock.acquire()
    import time; time.sleep(0.002)
";
    let snippet = Snippet::new(code);
    for python in pythons() {
        let run = snippet.run(python, &[]);
        let lines = calls_of(&run.trace, "main.py");
        let expected: Vec<_> = (1..=40)
            .flat_map(|n| [format!("{n}: enter work"), format!("{n}: leave work")])
            .collect();
        assert_eq!(lines, expected);
        let events = Folder::open(&run.trace).unwrap().events().unwrap();
        let last_start = events
            .iter()
            .rposition(|event| matches!(event, Event::ThreadStart(_)));
        let exits = events[..last_start.unwrap()]
            .iter()
            .filter(|event| matches!(event, Event::ThreadExit(_)));
        // One or two may end late.
        assert!(
            exits.count() > 30,
            "threads end when they end, not when the trace does"
        );
    }
}

#[test]
fn many_threads_at_once_stay_balanced() {
    let code = "import sys, threading
sys.setswitchinterval(1e-5)
def fib(n): return n if n < 2 else fib(n - 1) + fib(n - 2)
threads = [threading.Thread(target=fib, args=(15,)) for _ in range(4)]
[thread.start() for thread in threads]
[thread.join() for thread in threads]
";
    let snippet = Snippet::new(code);
    for python in pythons() {
        let run = snippet.run(python, &[]);
        let lines = calls_of(&run.trace, "main.py");
        let entered = lines.iter().filter(|line| line.ends_with("enter fib"));
        assert_eq!(entered.count(), 4 * 1973);
        assert!(lines.iter().all(|line| !line.contains("raise")));
    }
}
