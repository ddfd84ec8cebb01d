//! Calls that an exception interrupts just as they begin, go on or end.

use crate::context::{pythons, show};
use crate::events::snippet::{Snippet, calls_of, expect, expect_as};

/// Has another tool, which gets events after the recorder, raise at an event of a code object.
const TOOL: &str = "
import sys
monitoring, events = sys.monitoring, sys.monitoring.events
monitoring.use_tool_id(0, 'other')
def refuse(*_): raise OSError
def attempt(function, event, call):
    code = function.__code__
    monitoring.register_callback(0, event, refuse)
    monitoring.set_local_events(0, code, event)
    try: call()
    except OSError: after()
    monitoring.set_local_events(0, code, 0)
def after(): pass
def f(): pass
def down(n):
    if n: down(n - 1)
def g():
    yield 1
    yield 2
";

/// Lists what happens in `attempt` and in no lambda.
#[track_caller]
fn expect_attempt(code: &str, expected: &[&str]) {
    let code = format!("{TOOL}{code}");
    let snippet = Snippet::new(&code);
    for python in pythons() {
        let run = snippet.run(python, &[]);
        let mut seen = calls_of(&run.trace, "main.py");
        seen.retain(|line| !line.contains("attempt") && !line.contains("<lambda>"));
        let (after, rest) = (&seen[seen.len() - 2..], &seen[..seen.len() - 2]);
        assert_eq!(after, ["enter after", "leave after"]);
        assert_eq!(rest, expected, "on {}", python.path.display());
    }
}

#[test]
fn another_tool_raises_at_a_start() {
    let expected = ["enter f", "raise f OSError"];
    expect_attempt("attempt(f, events.PY_START, f)", &expected);
}

#[test]
fn another_tool_raises_at_the_start_of_an_inner_call() {
    let code = "
def outer(n):
    if n: return outer(n - 1)
    attempt(outer, events.PY_START, lambda: outer(0))
outer(1)
";
    let code = format!("{TOOL}{code}");
    let snippet = Snippet::new(&code);
    for python in pythons() {
        let run = snippet.run(python, &[]);
        let mut seen = calls_of(&run.trace, "main.py");
        seen.retain(|line| line.contains("outer") && !line.contains("<lambda>"));
        let expected = [
            "enter outer",
            "enter outer",
            "enter outer",
            "raise outer OSError",
            "leave outer",
            "leave outer",
        ];
        assert_eq!(seen, expected, "on {}", python.path.display());
    }
}

#[test]
fn another_tool_raises_at_a_return() {
    let expected = ["enter f", "raise f OSError"];
    expect_attempt("attempt(f, events.PY_RETURN, f)", &expected);
}

#[test]
fn another_tool_raises_at_the_return_of_an_inner_call() {
    let expected = [
        "enter down",
        "enter down",
        "enter down",
        "raise down OSError",
        "raise down OSError",
        "raise down OSError",
    ];
    expect_attempt(
        "attempt(down, events.PY_RETURN, lambda: down(2))",
        &expected,
    );
}

#[test]
fn another_tool_raises_when_a_generator_is_suspended() {
    // As if it had gone on without a word.
    let expected = ["enter g", "leave g"];
    expect_attempt("attempt(g, events.PY_YIELD, lambda: next(g()))", &expected);
}

#[test]
fn another_tool_raises_when_a_generator_goes_on() {
    let code = "it = g(); next(it)\nattempt(g, events.PY_RESUME, lambda: next(it))";
    let expected = ["enter g", "leave g", "enter g", "raise g OSError"];
    expect_attempt(code, &expected);
}

/// A second call, which never starts, leaves the first one as it was.
#[test]
fn a_signal_handler_raises_at_the_entry_of_a_function_that_has_just_returned() {
    let code = format!(
        "{SIGNAL}def f(): pass
try: f(), -signal, f()
except KeyboardInterrupt: after()
"
    );
    let snippet = Snippet::new(&code);
    for python in pythons() {
        let run = snippet.run(python, &[]);
        let mut expected = vec!["enter Signal", "leave Signal", "enter f", "leave f"];
        if python.version < (3, 13, 0) {
            expected.extend(["enter f", "raise f KeyboardInterrupt"]);
        }
        expected.extend(["enter after", "leave after"]);
        let seen = calls_of(&run.trace, "main.py");
        assert_eq!(seen, expected, "on {}", python.path.display());
    }
}

/// With values the return is recorded otherwise.
#[test]
fn another_tool_raises_at_a_return_of_a_value() {
    let code = format!("{TOOL}\ndef h(): return 'seven'\nattempt(h, events.PY_RETURN, h)");
    let snippet = Snippet::new(&code);
    for python in pythons() {
        let run = snippet.run(python, &["--values", "args"]);
        let seen = calls_of(&run.trace, "main.py");
        let at = seen.iter().position(|line| line == "enter h").unwrap();
        assert_eq!(seen[at + 1], "raise h OSError");
    }
}

/// Each time there is another exception to be defined, and the events are handed on in pieces.
#[test]
fn another_tool_raises_at_many_returns() {
    let code = "import sys
monitoring, event = sys.monitoring, sys.monitoring.events.PY_RETURN
monitoring.use_tool_id(0, 'other')
raised = 0
def refuse(*_):
    global raised
    raised += 1
    raise type(f'Error{raised}', (Exception,), {})
def f(x): return x
monitoring.register_callback(0, event, refuse)
monitoring.set_local_events(0, f.__code__, event)
for n in range(3000):
    try: f(f'value {n}')
    except Exception: pass
";
    let snippet = Snippet::new(code);
    let python = &pythons()[0];
    for format in ["binary", "json"] {
        for values in ["none", "args"] {
            let run = snippet.run(python, &["--format", format, "--values", values]);
            let seen = calls_of(&run.trace, "main.py");
            let left = seen
                .iter()
                .filter(|line| line.starts_with("raise f "))
                .count();
            assert_eq!(left, 3000, "{format} with {values}");
        }
    }
}

/// The bodies of modules return, too, and values that are so long that they are compressed in pieces.
#[test]
fn another_tool_raises_at_returns_of_any_length() {
    let code = "import sys
monitoring, event = sys.monitoring, sys.monitoring.events.PY_RETURN
monitoring.use_tool_id(0, 'other')
def refuse(code, *_):
    if code.co_name in ('big', '<module>'): raise OSError
monitoring.register_callback(0, event, refuse)
monitoring.set_events(0, event)
def big(n): return [[['x' * 4000] * 100] * 100] * n
def attempt(task, *arguments):
    try: task(*arguments)
    except OSError: pass
for n in range(12):
    attempt(big, n)
    attempt(__import__, 'part')
monitoring.set_events(0, 0)
";
    let snippet = Snippet::new(code);
    std::fs::write(snippet.folder().join("part.py"), "part = 1\n").unwrap();
    for python in pythons() {
        for format in ["binary", "json"] {
            for events in ["calls", "lines"] {
                let options = ["--format", format, "--values", "args", "--events", events];
                let run = snippet.run(python, &options);
                let on = format!("{} {options:?}", python.path.display());
                for (file, name) in [("main.py", "big"), ("part.py", "<part>")] {
                    let mut seen = calls_of(&run.trace, file);
                    seen.retain(|line| line.contains(&format!(" {name}")));
                    let expected =
                        vec![[format!("enter {name}"), format!("raise {name} OSError")]; 12];
                    assert_eq!(seen, expected.concat(), "on {on}");
                }
            }
        }
    }
}

/// The return stands before all that the other thread does, and is not taken back: the call goes on.
#[test]
fn another_tool_raises_at_a_return_after_another_thread_went_on() {
    let code = "import sys, threading
monitoring, event = sys.monitoring, sys.monitoring.events.PY_RETURN
monitoring.use_tool_id(0, 'other')
begin, end = threading.Lock(), threading.Lock()
begin.acquire(), end.acquire()
def refuse(*_):
    begin.release()
    end.acquire()
    raise OSError
def small(): pass
def work():
    begin.acquire()
    small()
    end.release()
def f(n):
    if n: f(n - 1)
thread = threading.Thread(target=work)
thread.start()
monitoring.register_callback(0, event, refuse)
monitoring.set_local_events(0, f.__code__, event)
try: f(0)
except OSError: monitoring.set_local_events(0, f.__code__, 0)
thread.join()
";
    let snippet = Snippet::new(code);
    for python in pythons() {
        for values in ["none", "args"] {
            let run = snippet.run(python, &["--values", values]);
            let mut seen = calls_of(&run.trace, "main.py");
            seen.retain(|line| line.ends_with("small") || line.contains(" f"));
            let expected = [
                "enter f",
                "leave f",
                "1: enter small",
                "1: leave small",
                "enter f",
                "raise f OSError",
            ];
            assert_eq!(seen, expected, "on {}", python.path.display());
        }
    }
}

/// As when somebody lets a debugger quit at the last line of a script.
#[test]
fn another_tool_raises_at_the_return_of_the_script() {
    let code = "import sys
monitoring, event = sys.monitoring, sys.monitoring.events.PY_RETURN
monitoring.use_tool_id(0, 'other')
def refuse(*_): raise OSError
monitoring.register_callback(0, event, refuse)
monitoring.set_local_events(0, sys._getframe().f_code, event)
";
    let snippet = Snippet::new(code);
    for python in pythons() {
        for detail in ["modules", "calls"] {
            let run = snippet.run(python, &["--events", detail]);
            assert_eq!(run.output.status.code(), Some(1), "{}", show(&run.output));
            let modules = std::fs::read_to_string(run.trace.join("trace_modules.json")).unwrap();
            assert!(modules.contains(r#""exception":"OSError""#), "{modules}");
        }
    }
}

/// A tool that is asked first keeps the start from the recorder, which must not take the call of the
/// same function around it for the one that ends.
#[test]
fn a_trace_function_raises_at_an_inner_start() {
    expect(
        "import sys
def f(n):
    if n:
        sys.settrace(refuse)
        try: f(0)
        except OSError: sys.settrace(None)
        after()
def refuse(frame, event, argument):
    if frame.f_code is f.__code__: raise OSError
def after(): pass
f(1)
",
        &["enter f", "enter after", "leave after", "leave f"],
    );
}

/// A signal for programs that may be started with the default one ignored.
const SIGNAL: &str = "import _thread, signal as signals
signals.signal(signals.SIGINT, signals.default_int_handler)
class Signal: __neg__ = staticmethod(_thread.interrupt_main)
signal = Signal()
def after(): pass
";

/// Since 3.13 CPython reports that an exception leaves the generator, and nothing of its going on.
#[test]
fn a_signal_handler_raises_as_a_generator_goes_on() {
    let code = format!(
        "{SIGNAL}def g(n):
    if n:
        it = g(0); next(it); go_on = it.send
        try: -signal, go_on(None)
        except KeyboardInterrupt: after()
    yield n
    yield n
list(g(1))
"
    );
    let snippet = Snippet::new(&code);
    for python in pythons() {
        let run = snippet.run(python, &[]);
        let mut expected = vec!["enter Signal", "leave Signal"];
        expected.extend(["enter g", "enter g", "leave g"]);
        if python.version < (3, 13, 0) {
            expected.extend(["enter g", "raise g KeyboardInterrupt"]);
        }
        expected.extend(["enter after", "leave after"]);
        expected.extend(["leave g", "enter g", "leave g", "enter g", "leave g"]);
        let seen = calls_of(&run.trace, "main.py");
        assert_eq!(seen, expected, "on {}", python.path.display());
    }
}

/// Since 3.13 CPython reports that an exception leaves the inner `f`, and no start before.
#[test]
fn a_signal_handler_raises_at_the_entry_of_a_function() {
    let code = format!(
        "{SIGNAL}def f(n):
    if n:
        try: -signal, f(0)
        except KeyboardInterrupt: after()
f(1)
"
    );
    let snippet = Snippet::new(&code);
    for python in pythons() {
        let mut expected = vec!["enter Signal", "leave Signal", "enter f"];
        if python.version < (3, 13, 0) {
            expected.extend(["enter f", "raise f KeyboardInterrupt"]);
        }
        expected.extend(["enter after", "leave after", "leave f"]);
        let run = snippet.run(python, &[]);
        assert_eq!(
            calls_of(&run.trace, "main.py"),
            expected,
            "{:?}",
            python.version
        );
    }
}

/// CPython 3.15 crashes here when all code is asked for its unwindings.
#[test]
fn an_exception_leaves_code_that_does_not_say_where_it_starts() {
    let code = "
import dis, sys
def f(x): raise x
def g(x): raise x
code, size = f.__code__.co_code, 4 if sys.version_info >= (3, 15) else 2
at = next(it.offset for it in dis.get_instructions(f) if it.opname == 'RESUME')
nothing = bytes([dis.opmap['NOP'], 0]) * (size // 2)
f.__code__ = f.__code__.replace(co_code=code[:at] + nothing + code[at + size:])
for function in f, g:
    try: function(ValueError())
    except ValueError: pass
";
    for options in [&["--events", "calls"], &["--events", "lines"]] {
        let expected = ["enter g", "raise g ValueError"];
        let read = |trace: &std::path::Path, file: &str| {
            let mut calls = calls_of(trace, file);
            calls.retain(|it| it.ends_with(" g") || it.contains(" g "));
            calls
        };
        expect_as(read, code, options, &expected);
    }
}
