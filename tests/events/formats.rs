//! The same story in both formats, the same calls that others count.

use std::collections::BTreeMap;

use rstest::rstest;
use truename::trace::reader::Folder;

use crate::snippet::{INTERPRETERS, Snippet, show, told};

/// A program that does a bit of everything in `work`.
pub const BUSY: &str = "
def numbers(n):
    for i in range(n):
        try:
            yield i
        except ValueError:
            yield -1
def fib(n): return n if n < 2 else fib(n - 1) + fib(n - 2)
class Node:
    def __init__(self, value, rest): self.value, self.rest = value, rest
    def __iter__(self):
        yield self.value
        if self.rest is not None: yield from self.rest
    @property
    def double(self): return 2 * self.value
    def __lt__(self, other): return self.value < other.value
def fail(depth):
    if depth == 0: raise LookupError(depth)
    try: fail(depth - 1)
    finally: fib(2)
async def sleepy(n):
    return n if n == 0 else await sleepy(n - 1)
def drive(coroutine):
    try: coroutine.send(None)
    except StopIteration as end: return end.value
def work():
    fib(12)
    node = None
    for i in range(30): node = Node(i, node)
    list(node)
    sorted([Node(i * 7 % 11, None) for i in range(11)])
    sum(n.double for n in [node] * 5)
    it = numbers(5); next(it); it.throw(ValueError); it.close()
    for n in range(5):
        try: fail(n)
        except LookupError: pass
    drive(sleepy(6))
    max(range(5), key=lambda n: -n)
    import string
    string.Template('$a $b').safe_substitute(a=1)
";

/// `sys.setprofile` tells of each start of a frame, resumptions included, and of each end.
#[test]
fn counts_are_those_of_setprofile() {
    let recorded = format!("{BUSY}\nwork()\n");
    let counted = format!(
        "{BUSY}
import collections, string, sys
counts = collections.Counter()
def profile(frame, event, argument):
    if event == 'call' and frame.f_code.co_filename == __file__:
        counts[frame.f_code.co_qualname] += 1
sys.setprofile(profile)
work()
sys.setprofile(None)
for name, count in sorted(counts.items()): print(name, count)
"
    );
    for python in INTERPRETERS.iter() {
        let snippet = Snippet::new(&recorded);
        let run = snippet.run(python, &[]);
        let mut found = BTreeMap::new();
        for line in told(&run.trace, "main.py") {
            if let Some(name) = line.strip_prefix("enter ") {
                *found.entry(name.to_owned()).or_insert(0) += 1;
            }
        }
        // What the program does before `work` is not profiled.
        found.remove("Node");
        let counter = Snippet::new(&counted);
        let mut plain = std::process::Command::new(&python.path);
        let output = plain
            .arg("main.py")
            .current_dir(counter.folder())
            .output()
            .unwrap();
        assert!(output.status.success(), "{}", show(&output));
        let text = String::from_utf8_lossy(&output.stdout);
        let expected: BTreeMap<_, _> = text
            .lines()
            .map(|line| line.rsplit_once(' ').unwrap())
            .map(|(name, count)| (name.to_owned(), count.parse::<i32>().unwrap()))
            .collect();
        assert!(expected.len() > 10, "{text}");
        assert_eq!(found, expected, "on {}", python.path.display());
    }
}

/// `runtime_tracing` reads both.
#[rstest]
fn json_and_binary_agree(#[values("calls", "lines")] detail: &str) {
    let snippet = Snippet::new(&format!("{BUSY}\nwork()\n"));
    for python in INTERPRETERS.iter() {
        let events = |format: &str| {
            let run = snippet.run(python, &["--events", detail, "--format", format]);
            let events = Folder::open(&run.trace).unwrap().events().unwrap();
            let lines = events
                .iter()
                .map(|event| serde_json::to_string(event).unwrap());
            // (the cache of the import system finds some things a second time)
            lines
                .filter(|line| !line.contains("importlib"))
                .collect::<Vec<_>>()
        };
        events("binary");
        let (binary, json) = (events("binary"), events("json"));
        assert!(binary.len() > 2_000);
        assert!(binary == json, "on {}", python.path.display());
    }
}
