//! Showing the Pythons that were found.

use std::io::{self, Write};

use serde::Serialize;

use super::{Candidate, Interpreter};

/// Writes a table for people, a line per candidate; a `*` marks the one that `truename run` would
/// start, `chosen`.
///
/// # Errors
///
/// When `out` cannot be written to.
pub fn write_list(
    out: &mut dyn Write,
    candidates: &[Candidate],
    chosen: Option<&Interpreter>,
) -> io::Result<()> {
    let rows: Vec<_> = candidates
        .iter()
        .map(|candidate| Row::of(candidate, chosen))
        .collect();
    let width = |text: fn(&Row) -> &str| {
        rows.iter()
            .map(|row| text(row).chars().count())
            .max()
            .unwrap_or(0)
    };
    let version_width = width(Row::version);
    let path_width = width(|row| &row.path);
    let origin_width = width(|row| &row.found);
    for row in &rows {
        writeln!(
            out,
            "{} {:version_width$}  {:path_width$}  {:origin_width$}  {}",
            if row.chosen { '*' } else { ' ' },
            row.version(),
            row.path,
            row.found,
            row.reason.as_deref().unwrap_or("usable"),
        )?;
    }
    Ok(())
}

/// Writes the same for machines, as one JSON array.
///
/// # Errors
///
/// When `out` cannot be written to.
pub fn write_json(
    out: &mut dyn Write,
    candidates: &[Candidate],
    chosen: Option<&Interpreter>,
) -> io::Result<()> {
    let rows: Vec<_> = candidates
        .iter()
        .map(|candidate| Row::of(candidate, chosen))
        .collect();
    serde_json::to_writer_pretty(&mut *out, &rows)?;
    writeln!(out)
}

#[derive(Serialize)]
struct Row {
    /// `null` if it gave none.
    version: Option<String>,
    path: String,
    /// The way in which it was found.
    found: String,
    usable: bool,
    /// Why it is not usable: what follows its path in a sentence.
    reason: Option<String>,
    chosen: bool,
}

impl Row {
    fn of(candidate: &Candidate, chosen: Option<&Interpreter>) -> Self {
        Self {
            version: candidate.shown_version(),
            path: candidate.path.display().to_string(),
            found: candidate.origin.to_string(),
            usable: candidate.verdict.is_ok(),
            reason: candidate.verdict.as_ref().err().map(ToString::to_string),
            chosen: chosen.is_some_and(|chosen| candidate.is(chosen)),
        }
    }

    fn version(&self) -> &str {
        self.version.as_deref().unwrap_or("-")
    }
}

#[cfg(test)]
mod tests {
    use super::super::candidate::find_all;
    use super::super::choice::choose;
    use super::super::testing::Machine;
    use super::*;

    fn machine() -> Machine {
        let machine = Machine::new();
        let real = machine.remembered("home/.pyenv/versions/3.12.1/bin/python", (3, 12, 1));
        machine.shim("path/python3", (3, 12, 1), &real);
        machine.remembered("usr/bin/python3.13", (3, 13, 11));
        machine.remembered("usr/bin/python3.9", (3, 9, 2));
        machine.script("path/python", "exit 127");
        machine
    }

    #[test]
    fn a_table_marks_the_one_that_would_run_even_behind_a_script() {
        let machine = machine();
        let mut candidates = find_all(&machine.environment());
        let chosen = choose(&machine.environment(), None).unwrap();
        let mut table = Vec::new();
        for candidate in &mut candidates {
            candidate.path = machine.redact(candidate.path.display()).into();
        }
        write_list(&mut table, &candidates, Some(&chosen)).unwrap();
        let table = String::from_utf8(table).unwrap();
        assert_eq!(
            table.lines().collect::<Vec<_>>(),
            [
                "  3.13.11  /usr/bin/python3.13                      system  usable",
                "* 3.12.1   /home/.pyenv/versions/3.12.1/bin/python  pyenv   usable",
                "  3.9.2    /usr/bin/python3.9                       system  is CPython 3.9.2, and truename needs 3.12 or newer",
                "  -        /path/python                             PATH    did not answer as a Python does (exit status: 127, saying nothing)",
            ]
        );
    }

    #[test]
    fn json_says_the_same() {
        let machine = machine();
        let candidates = find_all(&machine.environment());
        let mut json = Vec::new();
        write_json(&mut json, &candidates[1..3], None).unwrap();
        let rows: serde_json::Value = serde_json::from_slice(&json).unwrap();
        assert_eq!(
            rows,
            serde_json::json!([
                {
                    "version": "3.12.1",
                    "path": machine.at("home/.pyenv/versions/3.12.1/bin/python"),
                    "found": "pyenv",
                    "usable": true,
                    "reason": null,
                    "chosen": false,
                },
                {
                    "version": "3.9.2",
                    "path": machine.at("usr/bin/python3.9"),
                    "found": "system",
                    "usable": false,
                    "reason": "is CPython 3.9.2, and truename needs 3.12 or newer",
                    "chosen": false,
                },
            ])
        );
    }
}
