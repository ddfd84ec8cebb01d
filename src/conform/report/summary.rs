//! Counts by verdict.

use std::collections::BTreeMap;
use std::fmt::Write;

use serde::Serialize;
use unicode_width::UnicodeWidthStr;

use crate::conform::outcome::Outcome;
use crate::conform::verdict::Verdict;

/// Numbers of scenarios or of bodies by verdict.
pub type Count = BTreeMap<Verdict, usize>;

/// Counts of what a recorder got.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Summary {
    /// Scenarios, each on each Python, by their worst verdict.
    pub scenarios: Count,
    /// Bodies by verdict.
    pub bodies: Count,
}

impl Summary {
    /// Counts outcomes by what `by` returns of each, in the order in which that comes first.
    pub fn by<'a>(
        outcomes: &'a [Outcome],
        by: impl Fn(&'a Outcome) -> &'a str,
    ) -> Vec<(&'a str, Self)> {
        let mut summaries: Vec<(&str, Self)> = Vec::new();
        for outcome in outcomes {
            let name = by(outcome);
            let at = match summaries.iter().position(|it| it.0 == name) {
                Some(at) => at,
                None => {
                    summaries.push((name, Self::default()));
                    summaries.len() - 1
                }
            };
            summaries[at].1.add(outcome);
        }
        summaries
    }

    fn add(&mut self, outcome: &Outcome) {
        *self.scenarios.entry(outcome.judgement.verdict).or_default() += 1;
        for (verdict, count) in &outcome.judgement.bodies {
            *self.bodies.entry(*verdict).or_default() += count;
        }
    }
}

/// Writes one table of scenarios and one of bodies: a line for each recorder, a column for each verdict that
/// somebody got.
pub fn table(outcomes: &[Outcome]) -> String {
    let summaries = Summary::by(outcomes, |it| &it.recorder);
    let counts = |count: fn(&Summary) -> &Count| {
        let lines = summaries.iter();
        lines
            .map(|(name, it)| (*name, count(it)))
            .collect::<Vec<_>>()
    };
    format!(
        "{}\n{}",
        columns("scenarios", &counts(|it| &it.scenarios)),
        columns("bodies", &counts(|it| &it.bodies))
    )
}

fn columns(title: &str, lines: &[(&str, &Count)]) -> String {
    let verdicts = Verdict::all().into_iter();
    let verdicts: Vec<_> = verdicts
        .filter(|verdict| lines.iter().any(|(_, count)| count.contains_key(verdict)))
        .collect();
    let names = lines.iter().map(|(name, _)| name.width());
    let width = names.chain([title.width()]).max().unwrap_or_default();
    let mut text = pad(title, width);
    for verdict in &verdicts {
        let _ = write!(text, "  {verdict}");
    }
    text.push('\n');
    for (name, count) in lines {
        text.push_str(&pad(name, width));
        for verdict in &verdicts {
            let number = count
                .get(verdict)
                .map_or("-".to_owned(), ToString::to_string);
            let _ = write!(text, "  {number:>0$}", verdict.to_string().width());
        }
        text.push('\n');
    }
    text
}

fn pad(text: &str, width: usize) -> String {
    format!("{text}{}", " ".repeat(width.saturating_sub(text.width())))
}
