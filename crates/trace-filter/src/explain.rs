//! The explanation of a decision, rule by rule.

use std::fmt;

use crate::decide::{Candidates, Decider, Filter, Query, ScopeResolution};
use crate::rules::{Exec, FilterChain, FilterRule, RuleId, SelectorKind};

/// The decision about a piece of code, with the part that each rule has in it.
#[derive(Clone, Debug)]
pub struct Explanation<'f> {
    /// The decision.
    pub resolution: ScopeResolution,
    /// The part of each rule in it, in order.
    pub steps: Vec<RuleStep>,
    chain: &'f FilterChain,
    question: String,
}

/// The part of one rule in a decision.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RuleStep {
    /// The rule.
    pub rule: RuleId,
    /// Its part.
    pub outcome: RuleOutcome,
}

/// The part that a rule has in a decision.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RuleOutcome {
    /// The rule does not select the code; the reason, as a phrase.
    NoMatch(String),
    /// The rule selects the code and has no `exec`.
    Silent {
        /// The text that it matches.
        matched: String,
    },
    /// The rule selects the code, and a later rule overrides it.
    Overridden {
        /// The text that it matches.
        matched: String,
        /// The rule that decides.
        by: RuleId,
    },
    /// The rule decides.
    Decides {
        /// The text that it matches.
        matched: String,
    },
}

impl Filter {
    /// Explains the decision about a piece of code.
    pub fn explain(&self, query: &Query<'_>) -> Explanation<'_> {
        let resolution = self.resolve(query);
        let candidates = self.candidates(query);
        let steps = self
            .matches(&candidates)
            .filter_map(|(id, matched)| {
                let rule = self.chain().rule(id)?;
                let outcome = match (matched.map(str::to_owned), rule.exec, resolution.decider) {
                    (None, _, _) => RuleOutcome::NoMatch(why_not(rule, &candidates)),
                    (Some(matched), Some(_), Decider::Rule(by)) if by == id => {
                        RuleOutcome::Decides { matched }
                    }
                    (Some(matched), Some(_), Decider::Rule(by)) => {
                        RuleOutcome::Overridden { matched, by }
                    }
                    (Some(matched), _, _) => RuleOutcome::Silent { matched },
                };
                Some(RuleStep { rule: id, outcome })
            })
            .collect();
        Explanation {
            resolution,
            steps,
            chain: self.chain(),
            question: question(query),
        }
    }
}

/// Says what the code is instead.
fn why_not(rule: &FilterRule, candidates: &Candidates<'_>) -> String {
    let what = match rule.selector.kind() {
        SelectorKind::Pkg => "module",
        SelectorKind::Obj => "object",
        SelectorKind::File | SelectorKind::Value(_) => "file",
    };
    let texts: Vec<_> = candidates
        .of(rule.selector.kind())
        .map(|candidate| &*candidate.text)
        .collect();
    if texts.is_empty() {
        "the code belongs to no module".to_owned()
    } else {
        format!("the {what} is {}", texts.join(" or "))
    }
}

fn question(query: &Query<'_>) -> String {
    let mut text = match query.module {
        Some(module) => format!("module {module}"),
        None => "no module".to_owned(),
    };
    if let Some(alias) = query.alias {
        text.push_str(&format!(" (also {alias})"));
    }
    if !query.qualname.is_empty() {
        text.push_str(&format!(", object {}", query.qualname));
    }
    text.push_str(&format!(", file {}", query.file));
    text
}

impl Explanation<'_> {
    fn verdict(&self) -> String {
        let verb = match self.resolution.exec {
            Exec::Trace => "recorded",
            Exec::Skip => "skipped",
        };
        match self.resolution.decider {
            Decider::Rule(id) => {
                let reason = self.chain.rule(id).and_then(|rule| rule.reason.as_deref());
                let reason = reason.map(|text| format!(": {text}")).unwrap_or_default();
                format!("{verb} by {}{reason}", self.chain.location(id))
            }
            Decider::Default(file) => {
                let file = self.chain.files.get(file);
                let path = file.map_or("?", |file| &file.path);
                format!("{verb} by the default_exec of {path}")
            }
            Decider::Nothing => format!("{verb}: no filter says otherwise"),
        }
    }
}

/// Writes the question, two lines for each rule, and the verdict.
impl fmt::Display for Explanation<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", self.question)?;
        for step in &self.steps {
            let Some(rule) = self.chain.rule(step.rule) else {
                continue;
            };
            let place = self.chain.location(step.rule);
            write!(f, "  {place}  {}", rule.selector)?;
            if let Some(exec) = rule.exec {
                write!(f, " → {exec}")?;
            }
            f.write_str("\n    ")?;
            match &step.outcome {
                RuleOutcome::NoMatch(why) => writeln!(f, "does not match: {why}")?,
                RuleOutcome::Silent { matched } => {
                    writeln!(f, "matches {matched}, and does not say whether to record")?;
                }
                RuleOutcome::Overridden { matched, by } => {
                    let by = self.chain.location(*by);
                    writeln!(f, "matches {matched}, overridden by {by}")?;
                }
                RuleOutcome::Decides { matched } => writeln!(f, "matches {matched}, and decides")?,
            }
        }
        writeln!(f, "{}", self.verdict())
    }
}
