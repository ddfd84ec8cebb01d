//! Every view of imports, on a trace with fixed times: as text at two widths, and through the built command.

mod budget;
mod command;
mod diff;
mod lazy;
mod repeat;
mod sample;
mod terminal;
mod top;
mod tree;
mod why;

use std::io::{self, Write};

use anstream::StripStream;
use unicode_width::UnicodeWidthStr;

/// Returns what a view writes, in plain text.
fn plain(write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> String {
    let mut out = StripStream::new(Vec::new());
    write(&mut out).unwrap();
    String::from_utf8(out.into_inner()).unwrap()
}

/// Returns what a view writes for a terminal of this width; no line may be wider.
#[track_caller]
fn at(width: usize, write: impl FnOnce(&mut dyn Write, Option<usize>) -> io::Result<()>) -> String {
    let text = plain(|out| write(out, Some(width)));
    for line in text.lines() {
        assert!(line.width() <= width, "wider than {width}: {line}");
    }
    text
}
