//! The command at a terminal.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use unicode_width::UnicodeWidthStr;

use super::sample::{shop, write};
use crate::context::{Context, out, pythons, show};

/// Runs a command at a terminal of 60 columns and prints what it wrote.
const AT_A_TERMINAL: &str = "import fcntl, os, pty, struct, sys, termios
pid, terminal = pty.fork()
if pid == 0:
    fcntl.ioctl(1, termios.TIOCSWINSZ, struct.pack('HHHH', 24, 60, 0, 0))
    os.execv(sys.argv[1], sys.argv[1:])
text = b''
while True:
    try:
        piece = os.read(terminal, 65536)
    except OSError:
        break
    if not piece:
        break
    text += piece
sys.stdout.buffer.write(text.replace(b'\\r\\n', b'\\n'))
sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
";

#[test]
fn lines_fit_and_have_colours() {
    let context = Context::new();
    write(&shop(), &context.at("truename-trace"));
    let truename = env!("CARGO_BIN_EXE_truename");
    let words = ["-c", AT_A_TERMINAL, truename, "tree", "--all"];
    let mut command = context.plain(&pythons()[0].path, &words);
    let output = command.env("TERM", "xterm").output().unwrap();
    assert!(output.status.success(), "{}", show(&output));
    let text = out(&output);
    assert!(text.contains('\x1b') && text.contains("<pandas>"), "{text}");
    let plain = anstream::adapter::strip_str(&text).to_string();
    for line in plain.lines() {
        assert!(line.width() <= 60, "{line}");
    }
}

/// Runs `truename run` at a terminal, with an old `python3` first on PATH.
fn run_with_an_old_python3(variable: Option<(&str, &str)>, options: &[&str]) -> String {
    let context = Context::new();
    let answer = "{\"implementation\": \"cpython\"}";
    let old = context.write("bin/python3", &format!("#!/bin/sh\necho '{answer}'\n"));
    fs::set_permissions(&old, fs::Permissions::from_mode(0o755)).unwrap();
    let truename = env!("CARGO_BIN_EXE_truename");
    let words = ["-c", AT_A_TERMINAL, truename, "run"];
    let words: Vec<_> = words.iter().chain(options).copied().collect();
    let mut command = context.plain(&pythons()[0].path, &words);
    command
        .args(["-c", "print('ran')"])
        .env("PATH", context.at("bin"));
    let output = command.envs(variable).output().unwrap();
    let text = out(&output);
    assert!(
        output.status.success() && text.contains("ran\n"),
        "{}",
        show(&output)
    );
    text.replace(context.root().to_str().unwrap(), "…")
}

#[test]
fn an_interpreter_that_python3_does_not_start_is_named_with_the_reason() {
    let text = run_with_an_old_python3(None, &[]);
    let (first, rest) = text.split_once('\n').unwrap();
    assert!(first.starts_with("truename: recording with /"), "{text}");
    assert!(
        first.contains(
            "), since python3 on PATH is …/bin/python3, which did not answer as a Python does"
        ),
        "{text}"
    );
    assert!(
        rest.starts_with("ran\n"),
        "before the program writes: {text}"
    );
    let newest = pythons()[0].path.to_str().unwrap();
    let text = run_with_an_old_python3(Some(("TRUENAME_PYTHON", newest)), &[]);
    assert!(
        text.contains(&format!(", since $TRUENAME_PYTHON asks for {newest}\n")),
        "{text}"
    );
    // A person who names it knows it.
    for options in [&["--quiet"][..], &["--python", newest]] {
        let text = run_with_an_old_python3(None, options);
        assert!(!text.contains("recording with"), "{text}");
    }
}
