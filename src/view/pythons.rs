//! The Pythons of a machine.

use std::io::{self, Write};

use interpreters::{Interpreter, PythonInstallation};
use serde::Serialize;

/// Writes a table for people, a line per installation; a `*` marks the one that `truename run` would
/// start, `chosen`.
///
/// # Errors
///
/// When `out` cannot be written to.
pub fn write_list(
    out: &mut dyn Write,
    installations: &[PythonInstallation],
    chosen: Option<&Interpreter>,
) -> io::Result<()> {
    let listed = listed(installations, chosen);
    let width = |text: fn(&ListedPython) -> &str| {
        let widths = listed.iter().map(|it| text(it).chars().count());
        widths.max().unwrap_or(0)
    };
    let version_width = width(ListedPython::version);
    let path_width = width(|it| &it.path);
    let found_width = width(|it| &it.found);
    for python in &listed {
        writeln!(
            out,
            "{} {:version_width$}  {:path_width$}  {:found_width$}  {}",
            if python.chosen { '*' } else { ' ' },
            python.version(),
            python.path,
            python.found,
            python.reason.as_deref().unwrap_or("usable"),
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
    installations: &[PythonInstallation],
    chosen: Option<&Interpreter>,
) -> io::Result<()> {
    serde_json::to_writer_pretty(&mut *out, &listed(installations, chosen))?;
    writeln!(out)
}

/// A Python as it is listed.
#[derive(Serialize)]
struct ListedPython {
    /// `null` when it gave none.
    version: Option<String>,
    path: String,
    /// The kind of place where it was found.
    found: String,
    usable: bool,
    /// The reason why it is not usable: it follows the path in a sentence.
    reason: Option<String>,
    chosen: bool,
}

fn listed(installations: &[PythonInstallation], chosen: Option<&Interpreter>) -> Vec<ListedPython> {
    let installations = installations.iter();
    installations
        .map(|installation| ListedPython {
            version: installation.shown_version(),
            path: installation.path.display().to_string(),
            found: installation.source.to_string(),
            usable: installation.verdict.is_ok(),
            reason: installation.verdict.as_ref().err().map(ToString::to_string),
            chosen: chosen.is_some_and(|chosen| installation.is(chosen)),
        })
        .collect()
}

impl ListedPython {
    fn version(&self) -> &str {
        self.version.as_deref().unwrap_or("-")
    }
}

#[cfg(test)]
mod tests {
    use interpreters::{PythonSource, PythonVersion, Stage, UnusablePython};

    use super::*;

    fn installation(
        path: &str,
        source: PythonSource,
        verdict: Result<PythonVersion, UnusablePython>,
    ) -> PythonInstallation {
        PythonInstallation {
            path: path.into(),
            source,
            executable: None,
            verdict: verdict.map(|version| Interpreter {
                path: path.into(),
                version,
                stage: Stage::Final(0),
                executable: path.into(),
            }),
        }
    }

    fn installations() -> [PythonInstallation; 4] {
        let silent = UnusablePython::NoAnswer {
            status: "exit status: 127".into(),
            said: None,
        };
        [
            installation(
                "/none/bin/python3.13",
                PythonSource::System,
                Ok((3, 13, 11)),
            ),
            installation(
                "/none/.pyenv/versions/3.12.1/bin/python",
                PythonSource::Pyenv,
                Ok((3, 12, 1)),
            ),
            installation(
                "/none/bin/python3.9",
                PythonSource::System,
                Err(UnusablePython::TooOld((3, 9, 2))),
            ),
            installation("/none/python", PythonSource::Path, Err(silent)),
        ]
    }

    #[test]
    fn a_table_marks_the_one_that_would_run_even_behind_a_script() {
        let installations = installations();
        let real = installations[1].verdict.clone().unwrap();
        let chosen = Interpreter {
            path: "/none/shims/python3".into(),
            ..real
        };
        let mut table = Vec::new();
        write_list(&mut table, &installations, Some(&chosen)).unwrap();
        let table = String::from_utf8(table).unwrap();
        assert_eq!(
            table.lines().collect::<Vec<_>>(),
            [
                "  3.13.11  /none/bin/python3.13                     system  usable",
                "* 3.12.1   /none/.pyenv/versions/3.12.1/bin/python  pyenv   usable",
                "  3.9.2    /none/bin/python3.9                      system  is CPython 3.9.2, and truename needs 3.12 or newer",
                "  -        /none/python                             PATH    did not answer as a Python does (exit status: 127, saying nothing)",
            ]
        );
    }

    #[test]
    fn json_says_the_same() {
        let mut json = Vec::new();
        write_json(&mut json, &installations()[1..3], None).unwrap();
        let listed: serde_json::Value = serde_json::from_slice(&json).unwrap();
        assert_eq!(
            listed,
            serde_json::json!([
                {
                    "version": "3.12.1",
                    "path": "/none/.pyenv/versions/3.12.1/bin/python",
                    "found": "pyenv",
                    "usable": true,
                    "reason": null,
                    "chosen": false,
                },
                {
                    "version": "3.9.2",
                    "path": "/none/bin/python3.9",
                    "found": "system",
                    "usable": false,
                    "reason": "is CPython 3.9.2, and truename needs 3.12 or newer",
                    "chosen": false,
                },
            ])
        );
    }
}
