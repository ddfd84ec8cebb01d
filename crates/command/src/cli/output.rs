//! Output to the person who typed the command.

use std::io::{self, BufWriter, Write};

use serde::Serialize;

use super::failure::{Failure, Result};

/// Reports a failure on standard error.
pub fn report(failure: &Failure) {
    // Nobody can hear of an error here.
    let _ = writeln!(io::stderr(), "truename: error: {failure}");
}

/// Reports on standard error what does not stop a command.
pub fn warn(message: &str) {
    let _ = writeln!(io::stderr(), "truename: warning: {message}");
}

/// Returns the width of the terminal that is standard output; `None` where that is something else, so that nothing
/// is cut from what a program reads.
pub fn width() -> Option<usize> {
    let (width, _) = terminal_size::terminal_size_of(io::stdout())?;
    Some(usize::from(width.0)).filter(|width| *width > 0)
}

/// Writes JSON to standard output.
pub fn print_json(value: &impl Serialize) -> Result<u8> {
    print(|out| {
        serde_json::to_writer_pretty(&mut *out, value)?;
        writeln!(out)
    })
}

/// Writes bytes to standard output as they are, be they text or not.
pub fn write_bytes(bytes: &[u8]) -> Result<()> {
    let mut out = io::stdout().lock();
    kept(out.write_all(bytes).and_then(|()| out.flush()))
}

/// Writes to standard output. A reader that has seen enough, as `head` has, is no error.
pub fn print(write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> Result<u8> {
    let mut out = BufWriter::new(anstream::stdout().lock());
    kept(write(&mut out).and_then(|()| out.flush())).map(|()| 0)
}

fn kept(written: io::Result<()>) -> Result<()> {
    match written {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(Failure::new(format!(
            "standard output cannot be written to: {error}."
        ))),
        _ => Ok(()),
    }
}
