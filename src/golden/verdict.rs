//! A person's claims held against what ran.

use super::process::{Body, Process};
use crate::fixture::{Claim, Exit, Expectation, Fixture, Pattern};
use module_identity::BARE_LABEL;

/// Returns what contradicts the claims, each with its line in the fixture; empty when all hold.
///
/// `version` is the interpreter's, major and minor.
pub(super) fn contradictions(
    fixture: &Fixture,
    process: &Process,
    exit: &Exit,
    version: (u32, u32),
) -> Vec<String> {
    let bodies = process.all_bodies();
    let claims = fixture.claims.iter();
    let claims: Vec<_> = claims.filter(|it| it.is_about(version)).collect();
    let contradicted = claims.iter().filter_map(|expected| {
        let wrong = wrong(&expected.claim, process, &bodies, exit)?;
        Some(format!("{}: {wrong}", fixture.place(expected.line)))
    });
    let mut found: Vec<_> = contradicted.collect();
    if !claims.iter().any(|it| matches!(it.claim, Claim::Exit(_))) && *exit != Exit::Status(0) {
        found.push(format!(
            "the program ends with `exit {exit}`, and nobody claims that. If it should, write: \
             exit {exit}"
        ));
    }
    found.extend(unjustified(&claims, &bodies));
    found
}

fn wrong(claim: &Claim, process: &Process, bodies: &[&Body], exit: &Exit) -> Option<String> {
    match claim {
        Claim::Required(wanted) => {
            let label_ran = || bodies.iter().filter(|it| wanted.label.matches(&it.label));
            match count(bodies, wanted) {
                0 if label_ran().next().is_none() => Some(never_ran(&wanted.label, bodies)),
                0 => {
                    let files: Vec<_> = label_ran().map(|it| it.file.as_str()).collect();
                    Some(format!(
                        "{wanted} did not run; the file was {}",
                        files.join(", ")
                    ))
                }
                _ => None,
            }
        }
        Claim::Forbidden(unwanted) => match count(bodies, unwanted) {
            0 => None,
            times => Some(format!(
                "{unwanted} is forbidden and ran {}",
                counted(times)
            )),
        },
        Claim::Counted(wanted, body) => match count(bodies, body) {
            times if times == *wanted => None,
            times => Some(format!(
                "{body} should run {} and ran {}",
                counted(*wanted),
                counted(times)
            )),
        },
        Claim::Ordered(labels) => out_of_order(labels, process),
        Claim::Bare { file, .. } => {
            let is_needed = bodies
                .iter()
                .any(|it| !it.is_named && it.depth.is_some() && file.matches(&it.file));
            (!is_needed).then(|| {
                format!(
                    "no bare {BARE_LABEL} that the golden shows ran in {file}, so this line justifies nothing; \
                         remove it"
                )
            })
        }
        Claim::Raised(label, exception) => {
            let of_label = || bodies.iter().filter(|it| label.matches(&it.label));
            let raised = of_label().any(|it| it.exception.as_ref() == Some(exception));
            (!raised).then(|| {
                let left: Vec<_> = of_label()
                    .map(|it| it.left.as_deref().unwrap_or("returned"))
                    .collect();
                match left.is_empty() {
                    true => format!(
                        "{}, so {exception} did not leave one",
                        never_ran(label, bodies)
                    ),
                    false => format!("{exception} did not leave {label}: it {}", left.join(", ")),
                }
            })
        }
        Claim::Exit(wanted) => (wanted != exit).then(|| {
            format!(
                "the program should end with `exit {wanted}` and \
                                              ended with `exit {exit}`"
            )
        }),
    }
}

fn count(bodies: &[&Body], wanted: &crate::fixture::ClaimedBody) -> usize {
    let is_wanted = |body: &&&Body| {
        wanted.label.matches(&body.label)
            && wanted
                .file
                .as_ref()
                .is_none_or(|file| file.matches(&body.file))
    };
    bodies.iter().filter(is_wanted).count()
}

/// Says that a label is missing, and which one may have been meant.
fn never_ran(label: &Pattern, bodies: &[&Body]) -> String {
    /// The likeness, from 0 to 1, of two labels that a person may have confused.
    const LIKELY: f64 = 0.75;
    let claimed = label.to_string();
    let seen = bodies.iter().map(|it| it.label.as_str());
    let likeness = |seen: &str| strsim::normalized_damerau_levenshtein(&claimed, seen);
    let nearest = seen
        .map(|seen| (likeness(seen), seen))
        .filter(|(likeness, _)| *likeness >= LIKELY)
        .max_by(|one, other| one.0.total_cmp(&other.0));
    match nearest {
        Some((_, seen)) => format!("no body of {label} ran ({seen} did: is that the one?)"),
        None => format!("no body of {label} ran"),
    }
}

/// The order holds when one process has all of it: which of two processes comes first is the system's
/// choice.
fn out_of_order(labels: &[Pattern], process: &Process) -> Option<String> {
    let all = process.all();
    let missing = |label: &&Pattern| {
        !all.iter()
            .any(|it| it.bodies.iter().any(|body| label.matches(&body.label)))
    };
    if let Some(label) = labels.iter().find(missing) {
        return Some(never_ran(label, &process.all_bodies()));
    }
    let orders = all.iter().filter_map(|it| order(labels, &it.bodies));
    let mut wrong = None;
    for order in orders {
        match order {
            Ok(()) => return None,
            Err((label, earlier)) => wrong = wrong.or(Some((label, earlier))),
        }
    }
    Some(match wrong {
        Some((label, earlier)) => {
            format!("{label} should begin after {earlier} and began before it")
        }
        None => "no process runs all of these, and between processes there is no order. Claim the \
                 order within each."
            .to_owned(),
    })
}

/// Returns whether the first bodies of these labels began in this order; else two that did not. `None` when
/// not all of them ran.
fn order<'a>(
    labels: &'a [Pattern],
    bodies: &[Body],
) -> Option<Result<(), (&'a Pattern, &'a Pattern)>> {
    let first = |label: &Pattern| bodies.iter().position(|it| label.matches(&it.label));
    let begun: Option<Vec<_>> = labels.iter().map(first).collect();
    let begun = begun?;
    let wrong = (1..begun.len()).find(|at| begun[*at] <= begun[at - 1]);
    Some(wrong.map_or(Ok(()), |at| Err((&labels[at], &labels[at - 1]))))
}

/// The shown bodies without a name that nobody accounts for.
fn unjustified(claims: &[&Expectation], bodies: &[&Body]) -> Vec<String> {
    let is_justified = |body: &Body| {
        claims
            .iter()
            .any(|it| matches!(&it.claim, Claim::Bare { file, .. } if file.matches(&body.file)))
    };
    let bare = bodies
        .iter()
        .filter(|it| !it.is_named && it.depth.is_some() && !is_justified(it));
    let mut files: Vec<_> = bare.map(|it| it.file.as_str()).collect();
    files.sort_unstable();
    files.dedup();
    files
        .into_iter()
        .map(|file| {
            format!(
                "code of {file} is labelled {BARE_LABEL}, and nobody says why it should be. If it is \
                 right, write: bare {file}: the reason"
            )
        })
        .collect()
}

fn counted(times: usize) -> String {
    match times {
        0 => "never".to_owned(),
        1 => "once".to_owned(),
        times => format!("{times} times"),
    }
}
