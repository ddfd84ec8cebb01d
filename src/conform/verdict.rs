//! Verdicts on a recorder.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

/// A verdict on a recorder: on its label of one body, or on a whole scenario. Later ones are worse.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// The label is true.
    Right,
    /// The recorder does not claim to do this.
    Unsupported,
    /// A bare `<module>` stands where a name was due.
    Bare,
    /// A body ran, and the recorder has none.
    Missing,
    /// The recorder has a body, and none ran.
    Extra,
    /// A name stands on code that is no module's body.
    NoBody,
    /// The name is another module's, or nobody's.
    WrongName,
    /// Recorded, the program ends otherwise or prints something else.
    ProgramChanged,
    /// The recorder broke down, or left nothing that can be read.
    Crashed,
    /// The time limit was reached.
    Hung,
}

impl Verdict {
    /// Returns all of them, the best first.
    pub fn all() -> [Self; 10] {
        [
            Self::Right,
            Self::Unsupported,
            Self::Bare,
            Self::Missing,
            Self::Extra,
            Self::NoBody,
            Self::WrongName,
            Self::ProgramChanged,
            Self::Crashed,
            Self::Hung,
        ]
    }

    /// Returns whether it speaks against the recorder.
    pub fn is_contradiction(self) -> bool {
        !matches!(self, Self::Right | Self::Unsupported)
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Right => "right",
            Self::Unsupported => "unsupported",
            Self::Bare => "bare",
            Self::Missing => "missing",
            Self::Extra => "extra",
            Self::NoBody => "no body",
            Self::WrongName => "wrong name",
            Self::ProgramChanged => "program changed",
            Self::Crashed => "crashed",
            Self::Hung => "hung",
        })
    }
}

/// A reason for a verdict other than [`Verdict::Right`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// The verdict.
    pub verdict: Verdict,
    /// The reason, for people.
    pub text: String,
}

/// The verdict on a recorder in a scenario, and what led to it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Judgement {
    /// The worst verdict.
    pub verdict: Verdict,
    /// The number of bodies by verdict.
    pub bodies: BTreeMap<Verdict, usize>,
    /// The reasons why not all is right.
    pub findings: Vec<Finding>,
}

impl Judgement {
    /// A judgement on a whole scenario, in which no body was looked at.
    pub fn of_scenario(verdict: Verdict, text: impl Into<String>) -> Self {
        Self {
            verdict,
            bodies: BTreeMap::new(),
            findings: vec![Finding {
                verdict,
                text: text.into(),
            }],
        }
    }

    /// A judgement on bodies: a verdict on each, with the reason for those that are not right.
    pub(super) fn of_bodies(bodies: Vec<(Verdict, String)>) -> Self {
        let mut counts = BTreeMap::new();
        for (verdict, _) in &bodies {
            *counts.entry(*verdict).or_default() += 1;
        }
        let contradictions = bodies.iter().map(|it| it.0);
        let worst = contradictions.filter(|it| it.is_contradiction()).max();
        let has_right = counts.contains_key(&Verdict::Right);
        let is_supported = has_right || bodies.is_empty();
        let best = match is_supported {
            true => Verdict::Right,
            false => Verdict::Unsupported,
        };
        let findings = bodies.into_iter().filter(|it| it.0 != Verdict::Right);
        Self {
            verdict: worst.unwrap_or(best),
            bodies: counts,
            findings: findings
                .map(|(verdict, text)| Finding { verdict, text })
                .collect(),
        }
    }

    /// Adds a finding about the whole scenario.
    pub fn add(&mut self, verdict: Verdict, text: impl Into<String>) {
        self.verdict = self.verdict.max(verdict);
        self.findings.push(Finding {
            verdict,
            text: text.into(),
        });
    }
}
