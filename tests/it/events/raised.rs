//! Exceptions as values: with which generators go on, and which leave calls.

use std::fs;

use trace::read::Folder;

use crate::context::{out, pythons, show};
use crate::events::snippet::Snippet;
use crate::events::value_lines::values_of;

const ARGS: [&str; 2] = ["--values", "args"];

/// Records a program, whose status is 0, on every interpreter, and compares what its functions do.
#[track_caller]
fn expect(code: &str, filter: Option<&str>, expected: &[&str]) {
    let snippet = Snippet::new(code);
    let mut options = ARGS.to_vec();
    if let Some(filter) = filter {
        fs::write(snippet.folder().join("filter.toml"), filter).unwrap();
        options.extend(["--filter", "filter.toml"]);
    }
    for python in pythons() {
        let run = snippet.run(python, &options);
        let (seen, shown) = (values_of(&run.trace, "main.py"), show(&run.output));
        assert!(run.output.status.success(), "{shown}");
        assert_eq!(seen, expected, "on {}\n{shown}", python.path.display());
    }
}

/// The text is what the last line of a traceback has, unless that takes code of the program.
#[test]
fn an_exception_that_leaves_a_call_has_its_message() {
    expect(
        "class Loud(Exception):
    asked = False
    def __str__(self): Loud.asked = True; return 'loud'
    def __getattribute__(self, name): Loud.asked = True; return 'loud'
    args = property(__str__)
class Shown:
    def __repr__(self): Loud.asked = True; return 'shown'
class Text(str):
    def __str__(self): Loud.asked = True; return 'text'
def a(): raise ValueError('boom')
def b(): raise ValueError
def c(): raise KeyError('k')
def d(): raise ValueError(1, 'two', None, (1.5, [True]), b'x', {'a': \"it's\"})
def e(): open('/no/such/file')
def f(): raise Loud('quiet', 2)
def g(): raise ValueError(Shown())
def h(): raise RuntimeError(Text('mine'))
def i(): raise ValueError('x' * 300)
def j(): raise KeyError(1, 2)
def k(): raise StopAsyncIteration(2 ** 70)
def l(): raise OSError('only a text')
def m(): a()
for it in [a, b, c, d, e, f, g, h, i, j, k, l, m]:
    try: it()
    except Exception: pass
assert not Loud.asked
",
        None,
        &[
            "enter Loud",
            "leave Loud None",
            "enter Shown",
            "leave Shown None",
            "enter Text",
            "leave Text None",
            "enter a",
            "raise a ValueError: boom",
            "enter b",
            "raise b ValueError",
            "enter c",
            "raise c KeyError: 'k'",
            "enter d",
            "raise d ValueError: (1, 'two', None, (1.5, [True]), b'x', {'a': \"it's\"})",
            "enter e",
            "raise e FileNotFoundError: [Errno 2] No such file or directory: '/no/such/file'",
            "enter f",
            "raise f Loud: ('quiet', 2)",
            "enter g",
            "raise g ValueError: <Shown object>",
            "enter h",
            "raise h RuntimeError: <Text object>",
            "enter i",
            &format!("raise i ValueError: {}… 44 more", "x".repeat(256)),
            "enter j",
            "raise j KeyError: (1, 2)",
            "enter k",
            "raise k StopAsyncIteration: 0x400000000000000000",
            "enter l",
            "raise l OSError: only a text",
            "enter m",
            "enter a",
            "raise a ValueError: boom",
            "raise m ValueError: boom",
        ],
    );
}

/// Their texts are made of more than their arguments, and by the interpreter alone.
#[test]
fn an_exception_of_the_interpreters_own_says_what_a_traceback_says() {
    let python = "import os, traceback
class Odd:
    def __repr__(self): raise SystemExit(9)
    __str__ = __repr__
def a(): os.rename('/no/a', b'/no/b')
def b(): compile('1 +', 'x.py', 'exec')
def c(): b'\\xff'.decode()
def d(): '\\u20ac'.encode('ascii')
def e(): raise ExceptionGroup('two', [ValueError(1), ValueError(2)])
def f(): raise BaseExceptionGroup('one', [SystemExit()])
def g(): raise ValueError(frozenset(), set(), range(3), range(1, 9, 2), 1j, -1-2.5j, 1e16, 1e-5, 0.5)
def h(): raise ValueError('a\\x00b', b\"it's\")
def i(): raise PermissionError(13, 'no', 'x')
def j(): os.stat('a\\x00b')
def k(): raise OSError(1, 2, 'x')
SHOWN = []
for it in [a, b, c, d, e, f, g, h, i, j, k]:
    try: it()
    except BaseException as error:
        SHOWN.append('raise ' + it.__name__ + ' ' + traceback.format_exception_only(error)[-1].strip())
print(*SHOWN[:-1], sep='\\n')
def o(): raise OSError(2, 'odd', Odd())
def p(): raise OSError(Odd(), 'odd', 'file')
def q(): raise UnicodeDecodeError('utf-8', b'x', 0, 1, 'why').with_traceback(None)
def r():
    error = UnicodeDecodeError('utf-8', b'x', 0, 1, 'why'); error.reason = Odd(); raise error
for it in [o, p, q, r]:
    try: it()
    except (OSError, UnicodeError): pass
"
    .replace("\\\\", "\\");
    let snippet = Snippet::new(&python);
    for python in pythons() {
        let run = snippet.run(python, &ARGS);
        let (seen, shown) = (values_of(&run.trace, "main.py"), show(&run.output));
        assert!(run.output.status.success(), "{shown}");
        let raised: Vec<_> = seen.iter().filter(|it| it.starts_with("raise ")).collect();
        let said = out(&run.output);
        let said: Vec<_> = said.lines().collect();
        assert_eq!(&raised[..said.len()], &said, "{shown}");
    }
}

#[test]
fn a_generator_goes_on_with_an_exception() {
    expect(
        "def g():
    try: yield 1
    except ValueError: yield 2
it = g(); next(it); it.throw(ValueError('boom')); it.close()
",
        None,
        &[
            "enter g",
            "leave g int 1",
            "enter g exception=ValueError: boom",
            "leave g int 2",
            "enter g exception=GeneratorExit",
            "raise g GeneratorExit",
        ],
    );
}

const FILTER: &str = "
[meta]
name = 'quiet'
version = 1
[scope]
default_exec = 'trace'
default_value_action = 'allow'
[[scope.rules]]
selector = 'obj:*.dropped'
value_default = 'drop'
[[scope.rules]]
selector = 'pkg:*'
[[scope.rules.value_patterns]]
selector = 'ret:hidden'
action = 'redact'
[[scope.rules.value_patterns]]
selector = 'arg:exception'
action = 'redact'
";

#[test]
fn filters_have_a_say_in_the_message() {
    expect(
        "def hidden(): raise ValueError('secret')
def dropped():
    try: yield
    finally: pass
def shown():
    try: yield
    except ValueError: pass
try: hidden()
except ValueError: pass
for g in dropped, shown:
    it = g(); next(it)
    try: it.throw(ValueError('secret'))
    except (StopIteration, ValueError): pass
",
        Some(FILTER),
        &[
            "enter hidden",
            "raise hidden ValueError: <redacted>",
            "enter dropped",
            "leave dropped <dropped> <dropped>",
            "enter dropped exception=<redacted> <redacted>",
            "raise dropped ValueError",
            "enter shown",
            "leave shown None",
            "enter shown exception=<redacted> <redacted>",
            "leave shown None",
        ],
    );
}

/// The first line is that of the module that fails, the second that of the one which imports it.
#[test]
fn an_exception_that_leaves_a_body_has_its_message() {
    let snippet = Snippet::new("import broken\n");
    fs::write(
        snippet.folder().join("broken.py"),
        "raise ValueError('out')\n",
    )
    .unwrap();
    for python in pythons() {
        for (options, expected) in [(&ARGS[..], "ValueError: out"), (&[], "ValueError")] {
            let run = snippet.run(python, options);
            let events = Folder::open(&run.trace).unwrap().events().unwrap();
            let text = serde_json::to_string(&events).unwrap();
            let count = text.matches(&format!("\"msg\":\"{expected}\"")).count();
            assert!(count >= 2, "{count} on {}", python.path.display());
        }
    }
}
