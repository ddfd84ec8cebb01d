//! The views at a terminal.

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
