//! Programs that take the recorder's tool id of `sys.monitoring` away.

use truename::trace::modules::Ended;

use crate::support::{Place, err, labels, out, pythons};

const REASON: &str = "the program freed or took over the tool id";

#[track_caller]
fn expect_lost(code: &str) {
    for python in pythons() {
        let place = Place::new();
        let output = place.record(&python, &["-c", code]).output().unwrap();
        assert_eq!(output.status.code(), Some(5), "{}", err(&output));
        assert!(err(&output).contains("is not whole"), "{}", err(&output));
        let trace = place.trace();
        assert_eq!(trace.document.process.ended, Ended::Lost);
        assert!(labels(&trace).contains(&"<wave>"));
        let check = place.truename(&["check"]).output().unwrap();
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
    );
}

/// An interpreter that ends lets go of the recorder's callbacks, too.
#[test]
fn kept() {
    for python in pythons() {
        for events in ["modules", "calls", "lines"] {
            let place = Place::new();
            let code = "import wave, sys; sys.exit(5)";
            let mut command = place.truename(&["run", "--events", events, "--python"]);
            let output = command
                .arg(&python.path)
                .args(["-c", code])
                .output()
                .unwrap();
            assert_eq!(err(&output), "");
            assert_eq!(place.trace().document.process.ended, Ended::ProcessEnded);
        }
    }
}
