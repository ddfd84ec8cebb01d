//! Outcomes as one page for a browser: a row for each scenario, a column for each recorder.

use std::fmt::Write as _;
use std::io::{self, Write};

use super::summary::Summary;
use crate::conform::outcome::Outcome;
use crate::conform::verdict::Verdict;
use crate::markup::escaped;

const PAGE: &str = include_str!("page.html");
// The places in the page that are filled.
const HEAD: &str = "@HEAD@";
const TOTALS: &str = "@TOTALS@";
const ROWS: &str = "@ROWS@";
const LEGEND: &str = "@LEGEND@";
const ABOUT: &str = "@ABOUT@";

/// Writes the page; `about` says in a sentence what was run, and when.
///
/// # Errors
///
/// When `out` cannot be written to.
pub fn write(out: &mut dyn Write, outcomes: &[Outcome], about: &str) -> io::Result<()> {
    let recorders: Vec<&str> = Summary::by(outcomes, |it| &it.recorder)
        .into_iter()
        .map(|it| it.0)
        .collect();
    let head: String = recorders
        .iter()
        .map(|it| format!("<th>{}", escaped(it)))
        .collect();
    let legend: String = Verdict::all()
        .into_iter()
        .map(|it| format!("<span class={}>{it}</span> ", class(it)))
        .collect();
    let page = PAGE
        .replace(HEAD, &head)
        .replace(LEGEND, &legend)
        .replace(ABOUT, &escaped(about))
        .replace(TOTALS, &totals(outcomes))
        .replace(ROWS, &rows(outcomes, &recorders));
    out.write_all(page.as_bytes())
}

fn totals(outcomes: &[Outcome]) -> String {
    let mut text = String::from("<tr><th>scenarios right");
    let summaries = Summary::by(outcomes, |it| &it.recorder);
    for (_, summary) in &summaries {
        let of = |verdict| summary.scenarios.get(&verdict).copied().unwrap_or_default();
        let all: usize = summary.scenarios.values().sum();
        let asked = all - of(Verdict::Unsupported);
        let _ = write!(text, "<td>{} of {asked}", of(Verdict::Right));
    }
    text.push_str("\n<tr><th>bodies right");
    for (_, summary) in &summaries {
        let of = |verdict| summary.bodies.get(&verdict).copied().unwrap_or_default();
        let all: usize = summary.bodies.values().sum();
        let asked = all - of(Verdict::Unsupported);
        let _ = write!(text, "<td>{} of {asked}", of(Verdict::Right));
    }
    text
}

fn rows(outcomes: &[Outcome], recorders: &[&str]) -> String {
    let mut scenarios: Vec<&str> = outcomes.iter().map(|it| it.scenario.as_str()).collect();
    scenarios.sort_unstable();
    scenarios.dedup();
    let mut text = String::new();
    for scenario in scenarios {
        let _ = write!(text, "<tr><th>{}", escaped(scenario));
        for recorder in recorders {
            let cell = outcomes
                .iter()
                .filter(|it| it.scenario == scenario && it.recorder == *recorder);
            text.push_str(&cell_of(&cell.collect::<Vec<_>>()));
        }
        text.push('\n');
    }
    text
}

/// Returns the cell of one scenario under one recorder: the worst verdict, and what was said on each Python. Pythons with the
/// same are one.
fn cell_of(outcomes: &[&Outcome]) -> String {
    let verdicts = outcomes.iter().map(|it| it.judgement.verdict);
    // On some Pythons a recorder may not be there at all.
    let worst = verdicts.max_by_key(|it| (it.is_contradiction(), *it == Verdict::Right, *it));
    let Some(worst) = worst else {
        return "<td>".to_owned();
    };
    let mut said: Vec<(String, Vec<String>)> = Vec::new();
    for outcome in outcomes {
        let findings = outcome.judgement.findings.iter();
        let lines: Vec<_> = findings
            .map(|it| format!("{}: {}", it.verdict, it.text))
            .collect();
        let text = match lines.is_empty() {
            true => "all right".to_owned(),
            false => lines.join("\n"),
        };
        let version = outcome.python.rsplit_once('.').map_or("", |it| it.0);
        match said.iter_mut().find(|it| it.0 == text) {
            Some(same) => same.1.push(version.to_owned()),
            None => said.push((text, vec![version.to_owned()])),
        }
    }
    let name = format!("<td class={}>", class(worst));
    if worst == Verdict::Right && said.len() == 1 && said[0].0 == "all right" {
        return name + "right";
    }
    let texts: Vec<_> = said
        .iter()
        .map(|(text, versions)| format!("<b>{}</b>\n{}", versions.join(", "), escaped(text)))
        .collect();
    format!(
        "{name}<details><summary>{worst}</summary><pre>{}</pre></details>",
        texts.join("\n")
    )
}

fn class(verdict: Verdict) -> String {
    verdict.to_string().replace(' ', "-")
}
