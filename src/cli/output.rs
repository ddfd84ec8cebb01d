//! Output to the person who typed the command.

use std::io::{self, BufWriter, Write};

use super::failure::{Failure, Result};

/// Reports a failure on standard error.
pub fn report(failure: &Failure) {
    // Nobody can hear of an error here.
    let _ = writeln!(io::stderr(), "truename: error: {failure}");
}

/// Writes to standard output. A reader that has seen enough, as `head` has, is no error.
pub fn print(write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> Result<u8> {
    let mut out = BufWriter::new(anstream::stdout().lock());
    match write(&mut out).and_then(|()| out.flush()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(Failure::new(format!(
            "standard output cannot be written to: {error}."
        ))),
        _ => Ok(0),
    }
}
