//! Values: arguments, what is returned, and variables at lines.

use rstest::rstest;

use crate::context::{pythons, show};
use crate::events::formats::BUSY;
use crate::events::snippet::Snippet;
use crate::events::value_lines::values_of;

const ARGS: [&str; 2] = ["--values", "args"];
const FULL: [&str; 4] = ["--events", "lines", "--values", "full"];

/// Records `code` on every interpreter and compares what is recorded of its functions, one line each.
#[track_caller]
fn expect(code: &str, expected: &[&str]) {
    expect_with(code, &ARGS, expected);
}

#[track_caller]
fn expect_with(code: &str, options: &[&str], expected: &[&str]) {
    let snippet = Snippet::new(code);
    for python in pythons() {
        let run = snippet.run(python, options);
        let seen = values_of(&run.trace, "main.py");
        let shown = show(&run.output);
        assert!(run.output.status.success(), "{shown}");
        assert_eq!(seen, expected, "on {}\n{shown}", python.path.display());
    }
}

/// The text that an argument is recorded as.
#[rstest]
#[case("None", "None")]
#[case("True", "bool True")]
#[case("0", "int 0")]
#[case("-7", "int -7")]
#[case("2**63 - 1", "int 9223372036854775807")]
#[case("-2**63", "int -9223372036854775808")]
#[case("2**63", "int +0x8000000000000000")]
#[case("-2**64 - 1", "int -0x10000000000000001")]
#[case("(1 << 1024) - 1", concat!("int +0x", "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff", "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff", "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff", "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff"))]
#[case("1 << 1024", "int <int of 1025 bits>")]
#[case("-1 << 9_999_999", "int <int of 10000000 bits>")]
#[case("1.5", "float 1.5")]
#[case("-0.0", "float -0.0")]
#[case("float('nan')", "float nan")]
#[case("float('inf')", "float inf")]
#[case("-float('inf')", "float -inf")]
#[case("1-2j", "complex{float 1.0, float -2.0}")]
#[case("''", "str ''")]
#[case("'h\u{e9}\\n\u{1f600}'", "str 'h\u{e9}\n\u{1f600}'")]
#[case("'\\ud800.\\udcff'", "str '\\ud800.\\udcff'")]
#[case("b\"a'\\n\\0\\xff\"", "bytes b\"a'\\n\\x00\\xff\"")]
#[case("bytearray(b'ab')", "bytearray b'ab'")]
#[case("[]", "list[]")]
#[case("[1, 'a', None]", "list[int 1, str 'a', None]")]
#[case("(1, (2,))", "tuple(int 1, tuple(int 2))")]
#[case("{1}", "set[int 1]")]
#[case("frozenset(('x',))", "frozenset[str 'x']")]
#[case("{'a': 1, 2: []}", "dict[tuple(str 'a', int 1), tuple(int 2, list[])]")]
#[case("range(1, 9, 2)", "range{int 1, int 9, int 2}")]
#[case("sys", "module <module sys>")]
#[case("f", "function <function f>")]
#[case("len", "builtin_function_or_method <built-in function len>")]
#[case("int", "type <class int>")]
#[case("object()", "object <object object>")]
#[case("iter(())", "tuple_iterator <tuple_iterator object>")]
#[case(
    "[1, [2, [3, [4, [5]]]]]",
    "list[int 1, list[int 2, list[int 3, list[int 4, list … 1 more]]]]"
)]
fn an_argument(#[case] expression: &str, #[case] expected: &str) {
    expect(
        &format!("import sys\ndef f(x): pass\nf({expression})\n"),
        &[&format!("enter f x={expected}"), "leave f None"],
    );
}

#[test]
fn what_is_long_is_cut_and_says_so() {
    let text = "x".repeat(256);
    expect(
        "def f(*args): pass
f('x' * 256, 'x' * 257, b'x' * 300)
f([0] * 33, (0,) * 40)
f(dict.fromkeys(range(33)), set(range(100)))
",
        &[
            &format!(
                "enter f args=tuple(str '{text}', str '{text}… 1 more', bytes b'{text}'… 44 more)"
            ),
            "leave f None",
            &format!(
                "enter f args=tuple(list[{}… … 1 more], tuple({}… … 8 more))",
                "int 0, ".repeat(32),
                "int 0, ".repeat(32)
            ),
            "leave f None",
            &format!(
                "enter f args=tuple(dict[{}… … 1 more], set[{}… … 68 more])",
                (0..32)
                    .map(|key| format!("tuple(int {key}, None), "))
                    .collect::<String>(),
                (0..32)
                    .map(|item| format!("int {item}, "))
                    .collect::<String>(),
            ),
            "leave f None",
        ],
    );
}

/// Wide and deep at once: the bounds of each container alone would be a million values.
#[test]
fn the_whole_is_bounded() {
    let snippet = Snippet::new(
        "def f(x): pass
x = 0
for _ in range(4): x = [x] * 32
f(x)
",
    );
    for python in pythons() {
        let run = snippet.run(python, &ARGS);
        let seen = values_of(&run.trace, "main.py");
        let values = seen[0].matches("int 0").count();
        assert!((500..1100).contains(&values), "{values}");
        assert!(seen[0].contains("more]"), "{}", seen[0]);
    }
}

#[test]
fn cycles_end() {
    expect(
        "def f(x): pass
a = []; a.append(a); f(a)
d = {}; d['self'] = (d, a); f(d)
b = [1]; f([b, b])
",
        &[
            "enter f x=list[list <cycle>]",
            "leave f None",
            "enter f x=dict[tuple(str 'self', tuple(dict <cycle>, list[list <cycle>]))]",
            "leave f None",
            "enter f x=list[list[int 1], list[int 1]]",
            "leave f None",
        ],
    );
}

/// Whatever a class defines, none of it is called: it would end the process with another status.
const HOSTILE: &str = "
import os
def scream(*args, **kwargs): os._exit(77)
NAMES = ('__repr__ __str__ __eq__ __ne__ __lt__ __bool__ __len__ __iter__ __next__ __getitem__ '
         '__contains__ __index__ __int__ __float__ __complex__ __bytes__ __format__ __dir__ __sizeof__ '
         '__reduce_ex__ __getattr__ __getattribute__ __length_hint__ __reversed__ __missing__ __buffer__')
BODY = dict.fromkeys(NAMES.split(), scream)
for name in ('__class__', '__dict__', '__name__', '__module__', 'value'): BODY[name] = property(scream)
is_armed = False
def hashed(self):
    if is_armed: scream()
    return 1
BODY['__hash__'] = hashed
class Meta(type):
    __repr__ = __instancecheck__ = __iter__ = __len__ = __call__ = scream
    def __getattribute__(self, name):
        if is_armed: scream()
        return type.__getattribute__(self, name)
def build(base): return type.__call__(Meta, 'Hostile', (base,), BODY)
made = [object.__new__(build(object))]
for base, args in ((int, (5,)), (str, ('s',)), (float, (1.5,)), (bytes, (b'b',)), (tuple, ((1,),)),
                   (frozenset, ((1,),)), (list, ()), (dict, ()), (set, ()), (bytearray, ())):
    made.append(base.__new__(build(base), *args))
keyed, held = {made[0]: made[1]}, {made[0]}
def give(x):
    y = x
    return y
def each(x): yield x
is_armed = True
give(made[0])
for x in made: give(x)
give(keyed); give(held); give([made]); give(type.mro)
for x in each(made[2]): pass
os._exit(0)
";

#[test]
fn no_code_of_the_program_runs() {
    let snippet = Snippet::new(HOSTILE);
    for python in pythons() {
        let run = snippet.run(python, &FULL);
        let shown = show(&run.output);
        assert_eq!(run.output.status.code(), Some(0), "{shown}");
        let seen = values_of(&run.trace, "main.py");
        let count = |line: &str| seen.iter().filter(|seen| *seen == line).count();
        let hostile = "Hostile <Hostile object>";
        assert_eq!(count(&format!("enter give x={hostile}")), 12);
        assert_eq!(count(&format!("leave give {hostile}")), 12);
        let keyed = format!("enter give x=dict[tuple({hostile}, {hostile})]");
        assert_eq!(count(&keyed), 1);
        assert_eq!(count(&format!("enter give x=set[{hostile}]")), 1);
        assert_eq!(count(&format!("leave each {hostile}")), 1);
    }
}

#[test]
fn subclasses_and_classes_are_reported_by_their_names() {
    expect(
        "class Meta(type): pass
class A(metaclass=Meta): pass
class Int(int): pass
def f(x): pass
f(A); f(Int(3))
",
        &[
            "enter Meta",
            "leave Meta None",
            "enter A",
            "leave A None",
            "enter Int",
            "leave Int None",
            "enter f x=Meta <class A>",
            "leave f None",
            "enter f x=Int <Int object>",
            "leave f None",
        ],
    );
}

#[test]
fn arguments_of_every_kind() {
    expect(
        "def f(a, /, b=2, *args, c, d=4, **kwargs): pass
f(1, c=3)
f(1, 0, 9, 9, c=3, d=5, e=6)
def closed(x):
    def inner(y): return x + y
    return inner(1)
closed(2)
class A:
    def f(self): return self
A().f()
",
        &[
            "enter f a=int 1, b=int 2, c=int 3, d=int 4, args=tuple(), kwargs=dict[]",
            "leave f None",
            "enter f a=int 1, b=int 0, c=int 3, d=int 5, args=tuple(int 9, int 9), \
             kwargs=dict[tuple(str 'e', int 6)]",
            "leave f None",
            "enter closed x=int 2",
            "enter closed.<locals>.inner y=int 1",
            "leave closed.<locals>.inner int 3",
            "leave closed int 3",
            "enter A",
            "leave A None",
            "enter A.f self=A <A object>",
            "leave A.f A <A object>",
        ],
    );
}

/// A name of a subclass is not kept alive by who reads it.
#[test]
fn names_of_a_subclass_go_when_they_go() {
    expect(
        "import weakref
class Name(str): pass
def f(**kwargs): pass
name = Name('password')
gone = weakref.ref(name)
f(**{name: 'hunter2'})
del name
assert gone() is None
",
        &[
            "enter Name",
            "leave Name None",
            "enter f kwargs=dict[tuple(Name <Name object>, <redacted> <redacted>)]",
            "leave f None",
        ],
    );
}

/// The name of a type or a function may change, and a name of a subclass is let go.
#[test]
fn names_that_change_are_reported_anew() {
    expect(
        "import weakref
def f(x): pass
def g(): pass
Name = type('Name', (str,), {})
A = type('A', (), {})
a = A()
f(a); f(a)
A.__name__ = 'B'
f(a)
A.__name__ = name = Name('C')
f(a); f(a)
gone = weakref.ref(name)
A.__name__ = 'D'
del name
assert gone() is None
f(a)
f(g)
g.__qualname__ = 'D'
f(g)
",
        &[
            "enter f x=A <A object>",
            "leave f None",
            "enter f x=A <A object>",
            "leave f None",
            "enter f x=B <B object>",
            "leave f None",
            "enter f x=C <C object>",
            "leave f None",
            "enter f x=C <C object>",
            "leave f None",
            "enter f x=D <D object>",
            "leave f None",
            "enter f x=function <function g>",
            "leave f None",
            "enter f x=function <function D>",
            "leave f None",
        ],
    );
}

/// Neither how much a value holds nor how deep it is costs anything beyond what is recorded of it.
#[test]
fn the_huge_and_the_deep_are_only_looked_at_from_above() {
    expect(
        "def f(x): pass
deep = ()
for _ in range(100_000): deep = (deep,)
f(deep)
f([bytearray(10_000_000)])
f(1 << 80_000_000)
",
        &[
            "enter f x=tuple(tuple(tuple(tuple(tuple … 1 more))))",
            "leave f None",
            &format!(
                "enter f x=list[bytearray b'{}'… 9999744 more]",
                "\\x00".repeat(256)
            ),
            "leave f None",
            "enter f x=int <int of 80000001 bits>",
            "leave f None",
        ],
    );
}

#[test]
fn generators_give_values_out() {
    expect(
        "def g(n):
    x = yield n
    yield None
    return x
it = g(1); next(it); it.send('x')
try: next(it)
except StopIteration: pass
def boom(x): raise KeyError(x)
try: boom(3)
except KeyError: pass
",
        &[
            "enter g n=int 1",
            "leave g int 1",
            "enter g",
            "leave g None",
            "enter g",
            "leave g str 'x'",
            "enter boom x=int 3",
            "raise boom KeyError: 3",
        ],
    );
}

#[test]
fn secrets_are_hidden_by_default() {
    let code = "def login(user, password, **kwargs): return user
login('me', 'hunter2', api_key='k', port=1)
def get_token(): return 'hunter3'
get_token()
";
    expect(
        code,
        &[
            "enter login user=str 'me', password=<redacted> <redacted>, \
             kwargs=dict[tuple(str 'api_key', <redacted> <redacted>), tuple(str 'port', int 1)]",
            "leave login str 'me'",
            "enter get_token",
            "leave get_token <redacted> <redacted>",
        ],
    );
    expect_with(
        code,
        &["--values", "args", "--no-default-filter"],
        &[
            "enter login user=str 'me', password=str 'hunter2', \
             kwargs=dict[tuple(str 'api_key', str 'k'), tuple(str 'port', int 1)]",
            "leave login str 'me'",
            "enter get_token",
            "leave get_token str 'hunter3'",
        ],
    );
}

#[test]
fn more_variables_than_are_reported_are_counted() {
    let names: Vec<_> = (0..70).map(|it| format!("a{it}")).collect();
    let code = format!("def f({}): pass\nf(*range(70))\n", names.join(", "));
    let seen: Vec<_> = (0..64).map(|it| format!("a{it}=int {it}")).collect();
    let seen = format!("enter f {}, …=… … 6 more", seen.join(", "));
    expect(&code, &[&seen, "leave f None"]);
}

#[test]
fn threads_and_forks_have_values() {
    let snippet = Snippet::new(
        "import os, threading
def f(x): return -x
threads = [threading.Thread(target=f, args=(n,)) for n in range(3)]
for thread in threads: thread.start(); thread.join()
f(7)
if not os.fork(): f(8); os._exit(0)
os.wait()
",
    );
    for python in pythons() {
        let run = snippet.run(python, &ARGS);
        let expected = |n: i32| [format!("enter f x=int {n}"), format!("leave f int {}", -n)];
        let parent = [0, 1, 2, 7].map(expected).concat();
        assert_eq!(values_of(&run.trace, "main.py"), parent);
        let child = values_of(&run.trace.join("children/1"), "main.py");
        assert_eq!(child, expected(8));
    }
}

/// Without `--values` no event has any.
#[test]
fn nothing_is_reported_unasked() {
    let code = "def f(x): return x\nf(1)\n";
    expect_with(code, &[], &["enter f", "leave f None"]);
}

/// A reader of a trace without values is to know that none were asked for.
#[rstest]
#[case(&["--events", "modules"], "modules", "none")]
#[case(&["--events", "calls"], "calls", "none")]
#[case(&["--events", "lines", "--values", "args"], "lines", "args")]
#[case(&["--events", "lines", "--values", "full"], "lines", "full")]
fn the_trace_says_what_was_asked_for(
    #[case] options: &[&str],
    #[case] events: &str,
    #[case] values: &str,
) {
    let snippet = Snippet::new("def f(x): return x\nf(1)\n");
    for python in pythons() {
        let trace = snippet.run(python, options).trace;
        let document = std::fs::read_to_string(trace.join("trace_modules.json")).unwrap();
        let recorded = format!(r#""recorded": {{"events":"{events}","values":"{values}"}},"#);
        assert!(document.contains(&recorded), "{document}");
    }
}

#[rstest]
#[case::args("calls", "args")]
#[case::full("lines", "full")]
fn json_and_binary_agree(#[case] events: &str, #[case] values: &str) {
    let snippet = Snippet::new(&format!("{BUSY}\nwork()\nwork()\n"));
    for python in pythons() {
        let seen = |format: &str| {
            let options = ["--events", events, "--values", values, "--format", format];
            let run = snippet.run(python, &options);
            values_of(&run.trace, "main.py")
        };
        let (binary, json) = (seen("binary"), seen("json"));
        assert!(binary.len() > 1_000);
        assert!(binary == json, "on {}", python.path.display());
    }
}

#[rstest]
#[case(&["--values", "args"], "add --events calls or --events lines")]
#[case(&["--values", "full"], "add --events lines")]
#[case(&["--values", "full", "--events", "calls"], "add --events lines")]
fn values_need_events(#[case] options: &[&str], #[case] part: &str) {
    let mut truename = std::process::Command::new(env!("CARGO_BIN_EXE_truename"));
    let output = truename.arg("run").args(options).arg("main.py").output();
    let shown = show(output.as_ref().unwrap());
    assert_eq!(output.unwrap().status.code(), Some(2), "{shown}");
    assert!(shown.contains(part), "{shown}");
}
