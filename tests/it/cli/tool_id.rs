//! Programs that take the recorder's tool id of `sys.monitoring` away.

use trace::document::Ending;

use crate::context::{Context, err, labels, out, pythons};

const REASON: &str = "the program freed or took over the tool id";

#[track_caller]
fn expect_lost(code: &str, events: &str) {
    for python in pythons() {
        let context = Context::new();
        let output = context
            .record(python, &["--events", events, "-c", code])
            .output()
            .unwrap();
        assert_eq!(output.status.code(), Some(5), "{}", err(&output));
        assert!(err(&output).contains("is not whole"), "{}", err(&output));
        let trace = context.trace();
        assert_eq!(trace.document.run.ended, Ending::Lost);
        assert!(labels(&trace).contains(&"<wave>"));
        let check = context.truename(&["check"]).output().unwrap();
        assert_eq!(check.status.code(), Some(1));
        assert!(out(&check).contains(REASON), "{}", out(&check));
        assert!(out(&check).contains("(the last body that started: <"));
    }
}

#[test]
fn freed() {
    expect_lost(
        "import sys, wave\n\
        monitoring = sys.monitoring\n\
        for tool in range(6):\n    monitoring.free_tool_id(tool)\n\
        import colorsys\n\
        sys.exit(5)\n",
        "modules",
    );
}

#[test]
fn taken_over() {
    expect_lost(
        "import sys, wave\n\
        monitoring = sys.monitoring\n\
        start = monitoring.events.PY_START\n\
        for tool in range(6):\n    \
            monitoring.free_tool_id(tool)\n    \
            monitoring.use_tool_id(tool, 'mine')\n    \
            monitoring.set_events(tool, start)\n    \
            monitoring.register_callback(tool, start, lambda code, offset: None)\n\
        import colorsys\n\
        sys.exit(5)\n",
        "modules",
    );
}

/// As a tool does that cleans up, before or instead of freeing its id. No other gets word.
#[test]
fn asked_for_no_events() {
    let free = "sys.monitoring.free_tool_id(tool)";
    for (events, ways) in [
        ("modules", &[free][..]),
        ("calls", &["pass", free]),
        ("lines", &["pass", free]),
    ] {
        for and_then in ways {
            let code = format!(
                "import sys, wave\n\
                for tool in range(6):\n    \
                    if sys.monitoring.get_tool(tool):\n        \
                        sys.monitoring.set_events(tool, 0)\n        \
                        {and_then}\n\
                def end(): sys.exit(5)\n\
                end()\n"
            );
            expect_lost(&code, events);
        }
    }
}

/// Bodies go on to report themselves, since CPython 3.15 also of exceptions that leave them.
#[test]
fn asked_for_no_events_of_all_code() {
    let code = "import sys\n\
        for tool in range(6):\n    \
            if sys.monitoring.get_tool(tool): sys.monitoring.set_events(tool, 0)\n\
        import colorsys\n";
    for python in pythons() {
        let context = Context::new();
        let output = context.record(python, &["-c", code]).output().unwrap();
        let trace = context.trace();
        assert!(labels(&trace).contains(&"<colorsys>"));
        let is_whole = trace.document.run.ended == Ending::ProcessEnded;
        assert_eq!(is_whole, python.version >= (3, 15, 0));
        assert_eq!(err(&output).is_empty(), is_whole, "{}", err(&output));
    }
}

/// CPython 3.12 and 3.13 go on calling back: nothing is missing then.
#[test]
fn freed_and_nothing_else() {
    let code = "import sys, wave\n\
        for tool in range(6): sys.monitoring.free_tool_id(tool)\n\
        import colorsys\n";
    for python in pythons() {
        let context = Context::new();
        let words = ["--events", "calls", "-c", code];
        let output = context.record(python, &words).output().unwrap();
        let trace = context.trace();
        let is_whole = trace.document.run.ended == Ending::ProcessEnded;
        assert_eq!(labels(&trace).contains(&"<colorsys>"), is_whole);
        assert_eq!(err(&output).is_empty(), is_whole, "{}", err(&output));
    }
}

/// An interpreter that ends lets go of the recorder's callbacks, too.
#[test]
fn kept() {
    for python in pythons() {
        for events in ["modules", "calls", "lines"] {
            let context = Context::new();
            let code = "import wave, sys; sys.exit(5)";
            let mut command = context.truename(&["run", "--events", events, "--python"]);
            let output = command
                .arg(&python.path)
                .args(["-c", code])
                .output()
                .unwrap();
            assert_eq!(err(&output), "");
            assert_eq!(context.trace().document.run.ended, Ending::ProcessEnded);
        }
    }
}
