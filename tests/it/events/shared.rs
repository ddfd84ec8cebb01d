//! Code that two modules share, of which a filter keeps `red` out and records `blue`.

use crate::context::pythons;
use crate::events::snippet::{Snippet, calls_of};

const FILTER: &str = "
[meta]
name = 'shades'
version = 1
[scope]
default_exec = 'skip'
default_value_action = 'allow'
[[scope.rules]]
selector = 'pkg:{blue*,green}'
exec = 'trace'
[[scope.rules]]
selector = 'pkg:green'
value_default = 'redact'
";

/// Makes a module of `shade.py`, which is compiled once.
const MAKER: &str = "
import os, sys, types
with open('shade.py') as file: CODE = compile(file.read(), 'shade.py', 'exec')
def make(name):
    module = types.ModuleType(name)
    module.__file__ = 'shade.py'
    exec(CODE, vars(module))
    return module
";

fn snippet(shade: &str, main: &str) -> Snippet {
    let snippet = Snippet::new(&format!("{MAKER}{main}"));
    for (name, text) in [("shade.py", shade), ("shades.toml", FILTER)] {
        std::fs::write(snippet.folder().join(name), text).unwrap();
    }
    snippet
}

/// Records `main` on every interpreter, and compares what the functions of the modules that it makes
/// of `shade` do with `expected`, in each of these traces in the run's folder.
#[track_caller]
fn expect(shade: &str, main: &str, traces: &[&str], expected: &[&str]) {
    let snippet = snippet(shade, main);
    for python in pythons() {
        let run = snippet.run(python, &["--filter", "shades.toml"]);
        assert!(run.output.status.success(), "{:?}", run.output);
        for name in traces {
            let mut seen = calls_of(&run.trace.join(name), "shade.py");
            seen.retain(|line| !line.contains('<'));
            assert_eq!(seen, expected, "on {}, {name}", python.path.display());
        }
    }
}

#[test]
fn a_fork_knows_what_is_shared() {
    expect(
        "def mix(): pass",
        "
shades = [make('red'), make('blue')]
for shade in shades: shade.mix()
for order in [shades, shades[::-1]]:
    pid = os.fork()
    if not pid:
        for shade in order: shade.mix()
        os._exit(0)
    os.waitpid(pid, 0)
",
        &[".", "children/1", "children/2"],
        &["enter mix", "leave mix"],
    );
}

/// A call that is suspended when the other module comes stays what it was.
#[test]
fn generators_are_kept_apart() {
    let tints = "
def tints():
    try: yield 1
    except KeyError: yield 2
";
    let expected = [
        "enter tints",
        "leave tints",
        "enter tints",
        "leave tints",
        "enter tints",
        "raise tints ValueError",
    ];
    let go_on = "
for shade in [red, blue]: shade.throw(KeyError)
for shade in [red, blue]:
    try: shade.throw(ValueError)
    except ValueError: pass
";
    let begin = |first: &str, second: &str| {
        let begin = |name| format!("{name} = make('{name}').tints()\nnext({name})\n");
        [&begin(first), &begin(second), go_on].concat()
    };
    expect(tints, &begin("red", "blue"), &["."], &expected);
    expect(tints, &begin("blue", "red"), &["."], &expected);
}

#[test]
fn calls_on_several_threads_are_kept_apart() {
    let main = "
import threading
shades = [make('red'), make('blue')]
threads = [threading.Thread(target=shade.mix, args=[500]) for shade in shades]
for thread in threads: thread.start()
for thread in threads: thread.join()
shades[0].mix(3)
shades[1].mix(0)
";
    let shade = "
def mix(n):
    if n: mix(n - 1)
";
    let snippet = snippet(shade, main);
    for python in pythons() {
        let run = snippet.run(python, &["--filter", "shades.toml"]);
        let seen = calls_of(&run.trace, "shade.py");
        let count = |what: &str| seen.iter().filter(|line| line.ends_with(what)).count();
        let counted = (count("enter mix"), count("leave mix"));
        assert_eq!(counted, (502, 502), "on {}", python.path.display());
    }
}

/// The number of calls is counted for each module by itself.
#[test]
fn another_tool_raises_at_the_start_of_an_inner_call() {
    expect(
        "
def mix(n):
    if n: return turn[n % 2].mix(n - 1)
    refused()
",
        "
from sys import monitoring
START = monitoring.events.PY_START
def refuse(*_): raise OSError
monitoring.use_tool_id(0, 'other')
monitoring.register_callback(0, START, refuse)
def refused():
    code = shades[0].mix.__code__
    monitoring.set_local_events(0, code, START)
    try: shades[1].mix(0)
    except OSError: pass
    monitoring.set_local_events(0, code, 0)
shades = [make('red'), make('blue')]
for shade in shades: vars(shade).update(turn=shades, refused=refused)
shades[1].mix(4)
",
        &["."],
        &[
            "enter mix",
            "enter mix",
            "enter mix",
            "enter mix",
            "raise mix OSError",
            "leave mix",
            "leave mix",
            "leave mix",
        ],
    );
}

/// A body may give its namespace another name on its way.
#[test]
fn the_end_of_a_body_is_reported_whatever_its_name_is_by_then() {
    let shade = "part = 1\n__name__ = 'other'\npart = 2";
    let snippet = snippet(shade, "for name in ['blue', 'green']: make(name)");
    for python in pythons() {
        let options = ["--events", "lines", "--values", "full"];
        let run = snippet.run(
            python,
            &[&options[..], &["--filter", "shades.toml"]].concat(),
        );
        let mut seen = calls_of(&run.trace, "shade.py");
        seen.retain(|line| !line.starts_with("line"));
        let expected = [
            "enter <blue>",
            "leave <blue>",
            "enter <green>",
            "leave <green>",
        ];
        assert_eq!(seen, expected, "on {}", python.path.display());
    }
}

/// The call that returned last is of another function than the one that the exception leaves.
#[test]
fn an_exception_leaves_after_another_function_returned() {
    expect(
        "
def act(x): return x
def fail(x):
    act(x)
    raise KeyError
def mix(): pass",
        "
red, blue = make('red'), make('blue')
try: blue.fail(1)
except KeyError: pass
blue.mix()
",
        &["."],
        &[
            "enter fail",
            "enter act",
            "leave act",
            "raise fail KeyError",
            "enter mix",
            "leave mix",
        ],
    );
}

/// A call that runs when its code is shared for the first time ends as what it began as.
#[test]
fn a_call_that_runs_when_the_other_module_comes_ends() {
    expect(
        "
def turn(then):
    then()
    return 1
def mix(): pass",
        "
blue, green = make('blue'), make('green')
def come():
    global red
    red = make('red')
    red.turn(red.mix)
green.turn(come)
for shade in [green, blue, red]: shade.mix()
red.turn(lambda: blue.turn(red.mix))
",
        &["."],
        &[
            "enter turn",
            "leave turn",
            "enter mix",
            "leave mix",
            "enter mix",
            "leave mix",
            "enter turn",
            "leave turn",
        ],
    );
}

#[test]
fn calls_in_any_number_of_modules_end() {
    expect(
        "
def turn(then):
    if then: then()
def tints():
    yield 1
def mix(): pass",
        "
red = make('red')
shades = [make(f'blue{number}') for number in range(70)]
def others():
    next(tints)
    for shade in shades: shade.turn(None)
tints = shades[0].tints()
shades[0].turn(others)
next(tints, None)
shades[0].mix()
",
        &["."],
        &[
            &["enter turn", "enter tints", "leave tints"][..],
            &["enter turn", "leave turn"].repeat(70),
            &["leave turn", "enter tints", "leave tints"],
            &["enter mix", "leave mix"],
        ]
        .concat(),
    );
}

/// The name of its namespace when a call ends says nothing of what it began as.
#[test]
fn calls_end_whatever_the_name_of_their_module_is_by_then() {
    expect(
        "
def turn(name, then=None):
    global __name__
    __name__ = name
    if then: then()
    return 5
def tints(name):
    yield turn(name)
def fail(name):
    turn(name)
    raise KeyError
def mix(): pass",
        "
red, blue, green = make('red'), make('blue'), make('green')
for shade in [red, blue]: del shade.__spec__
blue.turn('red', green.mix)
blue.__name__ = 'blue'
list(blue.tints('red'))
blue.__name__ = 'blue'
try: blue.fail('red')
except KeyError: pass
green.mix()
red.turn('blue', green.mix)
red.__name__ = 'red'
try: red.fail('blue')
except KeyError: pass
green.mix()
",
        &["."],
        &[
            "enter turn",
            "enter mix",
            "leave mix",
            "leave turn",
            "enter tints",
            "enter turn",
            "leave turn",
            "leave tints",
            "enter fail",
            "enter turn",
            "leave turn",
            "raise fail KeyError",
            "enter mix",
            "leave mix",
            "enter mix",
            "leave mix",
            "enter mix",
            "leave mix",
        ],
    );
}

/// A tool that is asked after the recorder raises when a call returns, of which the end was recorded.
#[test]
fn another_tool_raises_where_a_call_returned() {
    expect(
        "
def mix(): pass
def turn(then): then()",
        "
from sys import monitoring
END = monitoring.events.PY_RETURN
def refuse(*_): raise OSError
red, blue = make('red'), make('blue')
monitoring.use_tool_id(0, 'other')
monitoring.register_callback(0, END, refuse)
monitoring.set_local_events(0, red.mix.__code__, END)
for shade in [red, blue]:
    try: shade.turn(shade.mix)
    except OSError: pass
blue.turn(int)
",
        &["."],
        &[
            "enter turn",
            "enter mix",
            "raise mix OSError",
            "raise turn OSError",
            "enter turn",
            "leave turn",
        ],
    );
}

/// A body that is kept out goes on where a recorded one of the same code is over.
#[test]
fn lines_of_a_body_that_is_kept_out_are_not_recorded() {
    let shade = "
import sys
for inner in sys.shades.pop(__name__): __import__(inner)
part = 1
";
    let main = "
from importlib.util import spec_from_loader
class Finder:
    def find_spec(self, name, *_):
        return spec_from_loader(name, self, origin='shade.py') if name in sys.shades else None
    def create_module(self, spec): return None
    def exec_module(self, module): exec(CODE, vars(module))
sys.meta_path.insert(0, Finder())
sys.shades = {'blue': ['red'], 'red': ['green'], 'green': []}
import blue
";
    let snippet = snippet(shade, main);
    for python in pythons() {
        let options = ["--events", "lines", "--filter", "shades.toml"];
        let run = snippet.run(python, &options);
        let expected = [
            "enter <blue>",
            "line 2",
            "line 3",
            "enter <green>",
            "line 2",
            "line 3",
            "line 4",
            "leave <green>",
            "line 4",
            "leave <blue>",
        ];
        let seen = calls_of(&run.trace, "shade.py");
        assert_eq!(seen, expected, "on {}", python.path.display());
    }
}

/// A module's code that was made of another's still has the same code of functions in it.
#[test]
fn code_in_code_is_shared_by_itself() {
    expect(
        "
class Tint:
    def fade(self): pass",
        "
def mixed(name, file):
    global CODE
    code, CODE = CODE, CODE.replace(co_filename=file)
    shade = make(name)
    CODE = code
    shade.Tint().fade()
make('red').Tint().fade()
mixed('blue', 'other.py')
mixed('red', 'third.py')
make('green').Tint().fade()
",
        &["."],
        &[
            "enter Tint",
            "leave Tint",
            "enter Tint.fade",
            "leave Tint.fade",
        ]
        .repeat(2),
    );
}

/// A secret does not show since it was none in the first module.
#[test]
fn values_are_kept_apart_in_code_of_made_up_code() {
    let main = "
blue = make('blue')
blue.mix('plain')
CODE = CODE.replace(co_filename='other.py')
make('green').mix('secret')
make('blue').mix('plain')
";
    let snippet = snippet("def mix(tint): return tint", main);
    for python in pythons() {
        let values = ["--events", "lines", "--values", "full"];
        let options = ["--filter", "shades.toml", "--format", "json"];
        let run = snippet.run(python, &[values, options].concat());
        let trace = std::fs::read_to_string(run.trace.join("trace.json")).unwrap();
        let count = |text: &str| trace.matches(text).count();
        let counted = (count("secret"), count("plain") > 0);
        assert_eq!(counted, (0, true), "on {}", python.path.display());
    }
}
