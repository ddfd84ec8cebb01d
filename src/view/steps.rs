//! Chains of import statements, as text.

use std::io::{self, Write};

use super::text::{FAINT, Line, ODD, Piece, STRONG};
use crate::imports::chain::{Place, Step};
use crate::imports::source_file;

/// A chain that is deeper than this goes on at the same indentation: a program decides how deep its imports are.
const DEEPEST: usize = 40;

/// Writes a chain: each module below the one that asked for it, with the statement's file and line.
pub(super) fn write_chain(
    out: &mut dyn Write,
    chain: &[Step],
    directory: &str,
    width: Option<usize>,
) -> io::Result<()> {
    for (depth, step) in chain.iter().enumerate() {
        let branches = match depth {
            0 => "  ".to_owned(),
            1..=DEEPEST => format!("  {}└ ", "  ".repeat(depth - 1)),
            _ => format!("  {}⋯ └ ", "  ".repeat(DEEPEST - 2)),
        };
        let during = step.during.as_ref();
        let line = Line {
            head: vec![Piece::new(FAINT, branches)],
            name: Piece::new(STRONG, &step.module),
            file: step
                .asked
                .as_ref()
                .map(|place| Piece::new(FAINT, shown(place, directory))),
            notes: during
                .map(|it| Piece::new(ODD, format!("while {it} was imported")))
                .into_iter()
                .collect(),
        };
        line.write(out, width)?;
    }
    Ok(())
}

/// Returns a place for people: `app/views.py:3`.
pub(super) fn shown(place: &Place, directory: &str) -> String {
    let file = source_file::shortened(&place.file, directory);
    format!("{file}:{}", place.line)
}
