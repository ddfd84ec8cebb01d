//! The same story in both formats.

use rstest::rstest;
use trace::read::Folder;

use crate::context::pythons;
use crate::events::snippet::Snippet;

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

/// `runtime_tracing` reads both.
#[rstest]
fn json_and_binary_agree(#[values("calls", "lines")] detail: &str) {
    let snippet = Snippet::new(&format!("{BUSY}\nwork()\n"));
    for python in pythons() {
        let events = |format: &str| {
            let run = snippet.run(python, &["--events", detail, "--format", format]);
            let events = Folder::open(&run.trace).unwrap().events().unwrap();
            let lines = events
                .iter()
                .map(|event| serde_json::to_string(event).unwrap());
            // The cache of the import system finds some things a second time.
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
