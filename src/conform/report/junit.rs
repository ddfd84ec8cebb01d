//! Outcomes as JUnit XML.

use std::io::{self, Write};

use crate::conform::outcome::Outcome;
use crate::conform::verdict::Verdict;
use crate::markup::escaped;

/// Writes a suite for each recorder and a case for each scenario on each Python.
///
/// # Errors
///
/// When `out` cannot be written to.
pub fn write(out: &mut dyn Write, outcomes: &[Outcome]) -> io::Result<()> {
    writeln!(out, r#"<?xml version="1.0" encoding="UTF-8"?>"#)?;
    writeln!(out, "<testsuites>")?;
    let mut recorders: Vec<&str> = Vec::new();
    for outcome in outcomes {
        if !recorders.contains(&outcome.recorder.as_str()) {
            recorders.push(&outcome.recorder);
        }
    }
    for recorder in recorders {
        let all = outcomes.iter().filter(|it| it.recorder == recorder);
        let all: Vec<_> = all.collect();
        let count =
            |is: fn(Verdict) -> bool| all.iter().filter(|it| is(it.judgement.verdict)).count();
        writeln!(
            out,
            r#"  <testsuite name="{}" tests="{}" failures="{}" skipped="{}">"#,
            escaped(recorder),
            all.len(),
            count(Verdict::is_contradiction),
            count(|it| it == Verdict::Unsupported),
        )?;
        for outcome in all {
            case(out, outcome)?;
        }
        writeln!(out, "  </testsuite>")?;
    }
    writeln!(out, "</testsuites>")
}

fn case(out: &mut dyn Write, outcome: &Outcome) -> io::Result<()> {
    let (family, scenario) = outcome.scenario.split_once('/').unwrap_or_default();
    let verdict = outcome.judgement.verdict;
    write!(
        out,
        r#"    <testcase classname="{}" name="{} on {}""#,
        escaped(family),
        escaped(scenario),
        escaped(&outcome.python),
    )?;
    let findings = outcome.judgement.findings.iter();
    let texts: Vec<_> = findings
        .map(|it| format!("{}: {}", it.verdict, it.text))
        .collect();
    let texts = escaped(&texts.join("\n"));
    match verdict {
        Verdict::Right => writeln!(out, "/>"),
        Verdict::Unsupported => writeln!(out, "><skipped message=\"{texts}\"/></testcase>"),
        _ => writeln!(
            out,
            "><failure message=\"{verdict}\">{texts}</failure></testcase>"
        ),
    }
}
