//! Goldens of a scenario: what several interpreters show, joined where they agree.

use std::path::Path;

use interpreters::Interpreter;

use super::error::HarnessError;
use crate::fixture::Fixture;
use crate::sandbox::version::{dotted, short};

/// A text that a person accepts once, and that is compared with what the scenario shows ever after.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Golden {
    /// The text behind the scenario's name in the snapshot's: nothing, `@1` for the first declared
    /// difference between Pythons, `.events` for raw events.
    pub suffix: String,
    /// The text.
    pub text: String,
}

/// The texts that one run of a scenario shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Recorded {
    pub(super) text: String,
    pub(super) events: Option<String>,
    /// For each label of `show`, whether there was such a body.
    pub(super) shown: Vec<bool>,
}

/// The first of the runs that must show the same.
struct Variant<'a> {
    /// The number of its `differs` table, from 1; 0 for the other Pythons.
    number: usize,
    interpreter: &'a Interpreter,
    recorded: &'a Recorded,
}

/// Joins what the interpreters show. In a selection of them, not each label of `show` has to be there.
///
/// # Errors
///
/// When they differ where that is not declared, and when they do not where it is; when no interpreter
/// runs what the golden is to show.
pub(super) fn agreed(
    path: &Path,
    fixture: &Fixture,
    runs: &[(&Interpreter, Recorded)],
    is_selection: bool,
) -> Result<Vec<Golden>, HarnessError> {
    let mut variants: Vec<Variant<'_>> = Vec::new();
    for (interpreter, recorded) in runs {
        let number = fixture.variant(short(interpreter));
        match variants.iter().find(|it| it.number == number) {
            None => variants.push(Variant {
                number,
                interpreter,
                recorded,
            }),
            Some(first) => same(path, first, interpreter, recorded)?,
        }
    }
    variants.sort_by_key(|it| it.number);
    different(fixture, &variants)?;
    if !is_selection {
        all_shown(fixture, runs)?;
    }
    Ok(variants.iter().flat_map(goldens).collect())
}

fn same(
    path: &Path,
    first: &Variant<'_>,
    interpreter: &Interpreter,
    recorded: &Recorded,
) -> Result<(), HarnessError> {
    let differ = |expected: &str, found: &str| HarnessError::Undeclared {
        path: path.to_owned(),
        earlier: dotted(first.interpreter),
        later: dotted(interpreter),
        expected: expected.to_owned(),
        found: found.to_owned(),
    };
    if first.recorded.text != recorded.text {
        return Err(differ(&first.recorded.text, &recorded.text));
    }
    match (&first.recorded.events, &recorded.events) {
        (Some(expected), Some(found)) if expected != found => Err(differ(expected, found)),
        _ => Ok(()),
    }
}

/// Each two variants that are at hand differ.
fn different(fixture: &Fixture, variants: &[Variant<'_>]) -> Result<(), HarnessError> {
    for (at, later) in variants.iter().enumerate() {
        for earlier in &variants[..at] {
            let (one, other) = (earlier.recorded, later.recorded);
            if one.text != other.text || one.events != other.events {
                continue;
            }
            let table = &fixture.settings.differs[later.number - 1];
            let line = fixture.settings.places.differs[later.number - 1];
            return Err(HarnessError::NoDifference {
                place: fixture.place(line),
                range: table.python.clone(),
                earlier: dotted(earlier.interpreter),
                because: table.because.clone(),
            });
        }
    }
    Ok(())
}

/// Each label that the golden shows too is that of a body, on some interpreter. Where a filter decides
/// what is recorded, it may be there to show that such a body is not.
fn all_shown(fixture: &Fixture, runs: &[(&Interpreter, Recorded)]) -> Result<(), HarnessError> {
    if fixture.is_filtered() {
        return Ok(());
    }
    let settings = &fixture.settings;
    for (at, label) in settings.golden.show.iter().enumerate() {
        if !runs.iter().any(|(_, recorded)| recorded.shown[at]) {
            return Err(HarnessError::NotShown {
                place: fixture.place(settings.places.show[at]),
                label: label.clone(),
            });
        }
    }
    Ok(())
}

fn goldens(variant: &Variant<'_>) -> Vec<Golden> {
    let suffix = match variant.number {
        0 => String::new(),
        number => format!("@{number}"),
    };
    let events = variant.recorded.events.iter().map(|text| Golden {
        suffix: format!("{suffix}.events"),
        text: text.clone(),
    });
    let text = Golden {
        suffix: suffix.clone(),
        text: variant.recorded.text.clone(),
    };
    std::iter::once(text).chain(events).collect()
}
