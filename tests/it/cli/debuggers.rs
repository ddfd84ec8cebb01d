//! Programs that trace themselves as a debugger does: they see what they see when nobody records them.

use std::process::Output;

use crate::context::{Context, out, pythons, show, with_input};

const MODES: [&str; 3] = ["modules", "calls", "lines"];

/// Expects a program to say the same plain and recorded, in each mode; its input is read by the debugger.
#[track_caller]
fn expect_same(files: &[(&str, &str)], words: &[&str]) {
    for python in pythons() {
        for mode in MODES {
            let context = Context::of(files.iter().copied());
            let plain = with_input(context.plain(&python.path, words), "c\nc\nc\n");
            assert!(!plain.stdout.is_empty(), "{}", show(&plain));
            let mut command = context.record(python, &["--events", mode, "--"]);
            command.args(words);
            let recorded = with_input(command, "c\nc\nc\n");
            let parts = |it: &Output| (it.status.code(), out(it));
            let version = python.version;
            assert_eq!(
                parts(&recorded),
                parts(&plain),
                "{version:?}, {mode}: {}",
                show(&recorded)
            );
        }
    }
}

#[track_caller]
fn expect_same_script(text: &str) {
    expect_same(&[("script.py", text)], &["script.py"]);
}

#[test]
fn a_breakpoint_in_a_module() {
    expect_same_script("first = 1\nbreakpoint()\nsecond = 2\nthird = 3\n");
}

#[test]
fn a_debugger_of_the_programs_own_in_a_module() {
    expect_same_script("first = 1\nimport pdb\npdb.Pdb().set_trace()\nsecond = 2\nthird = 3\n");
}

#[test]
fn a_debugger_in_a_function() {
    expect_same_script(
        "import pdb\n\
        def outer():\n    value = inner()\n    return value\n\
        def inner():\n    value = 1\n    pdb.Pdb().set_trace()\n    return value\n\
        outer()\n",
    );
}

/// Code that is imported late, and code that ran before the debugger was there.
#[test]
fn a_debugger_that_comes_late() {
    expect_same(
        &[
            (
                "script.py",
                "def early(stop):\n    \
                    value = 1\n    \
                    if stop:\n        import pdb\n        pdb.Pdb().set_trace()\n    \
                    return value\n\
                early(False)\n\
                early(True)\n\
                import late\n\
                early(True)\n",
            ),
            ("late.py", "first = 1\nbreakpoint()\nsecond = 2\n"),
        ],
        &["script.py"],
    );
}

/// The main thread's code ran before the debugger was there, and stops only later.
#[test]
fn a_debugger_that_another_thread_begins() {
    expect_same_script(
        "import threading\n\
        def work():\n    import pdb\n    pdb.Pdb(stdin=open('/dev/null')).reset()\n\
        thread = threading.Thread(target=work)\n\
        thread.start()\n\
        thread.join()\n\
        first = 1\n\
        breakpoint()\n\
        second = 2\n",
    );
}

const COUNTER: &str = "import sys\n\
    count = 0\n\
    def trace(frame, event, argument):\n    \
        global count\n    \
        count += event == 'opcode'\n    \
        return trace\n\
    def begin():\n    \
        frame = sys._getframe(1)\n    \
        frame.f_trace = trace\n    \
        frame.f_trace_opcodes = True\n    \
        sys.settrace(trace)\n";

#[test]
fn opcodes_of_a_module() {
    let text = format!("{COUNTER}begin(); a = 1; b = 2\nsys.settrace(None)\nprint(count)\n");
    expect_same_script(&text);
    // In the very code that asks.
    let text = COUNTER.replace("sys._getframe(1)", "sys._getframe()");
    let text = text.split_once("def begin").unwrap();
    let body = "frame = sys._getframe()\nframe.f_trace = trace\nframe.f_trace_opcodes = True\n\
        sys.settrace(trace)\na = 1\nsys.settrace(None)\nprint(count)\n";
    expect_same_script(&format!("{}{body}", text.0));
}

#[test]
fn opcodes_of_a_function() {
    let text = format!(
        "{COUNTER}\
        def work():\n    begin(); a = 1; b = 2\n    sys.settrace(None)\n\
        work()\nprint(count)\n"
    );
    expect_same_script(&text);
}

/// No id is left for the recorder to help with: the program is not disturbed otherwise.
#[test]
fn all_tool_ids_are_taken() {
    for python in pythons() {
        let context = Context::new();
        let code = "import sys\n\
            for tool in range(6):\n    \
                try: sys.monitoring.use_tool_id(tool, 'mine')\n    \
                except ValueError: pass\n\
            import pdb\n\
            print([sys.monitoring.get_tool(tool) for tool in range(6)].count('mine'))\n";
        let run = context.run(python, &["-c", code]);
        assert_eq!(out(&run.output), "5\n", "{}", show(&run.output));
    }
}

/// A program that never traces instructions finds the ids that it would find.
#[test]
fn no_tool_id_is_taken_without_need() {
    for python in pythons() {
        for mode in MODES {
            let context = Context::new();
            let code = "import json, sys\n\
                print([sys.monitoring.get_tool(tool) for tool in range(6)].count(None))\n";
            let run = context.run(python, &["--events", mode, "-c", code]);
            assert_eq!(out(&run.output), "5\n", "{}", show(&run.output));
        }
    }
}
