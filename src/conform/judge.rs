//! The comparison of what a recorder says with what is true.

use std::collections::BTreeMap;

use module_identity::BARE_LABEL;

use super::feature::Feature;
use super::observed::Observed;
use super::policy::{ModuleOption, Policy};
use super::scenario::Scenario;
use super::truth::{TrueBody, TrueProcess, Truth, plain};
use super::verdict::{Judgement, Verdict};

/// Judges what a recorder says of a scenario on a version of Python, major and minor.
///
/// The files of `observed` are as goldens show them (`docs/fixtures.md`, *What is true*). Only code of the
/// scenario's own files is judged, and code that its golden has: what else ran is nobody's claim.
pub fn judge(
    scenario: &Scenario,
    observed: &[Observed],
    version: (u32, u32),
    policy: &Policy,
) -> Judgement {
    if let Some(reason) = unsupported(scenario, version, policy) {
        return Judgement::of_scenario(Verdict::Unsupported, reason);
    }
    let Some(truth) = scenario.truth(version) else {
        return Judgement::of_scenario(Verdict::Unsupported, "no such Python");
    };
    let mut bodies = Vec::new();
    for (expected, found) in paired(truth, observed) {
        let judged = Comparison {
            policy,
            expected: expected.iter().collect(),
            found,
            bodies: Vec::new(),
            has_threads: expected.iter().any(|it| it.is_threads),
        };
        bodies.extend(judged.judge());
    }
    Judgement::of_bodies(bodies)
}

/// Returns why a recorder is not asked about a scenario; `None` when it is.
pub(super) fn unsupported(
    scenario: &Scenario,
    version: (u32, u32),
    policy: &Policy,
) -> Option<String> {
    if scenario.truth(version).is_none() {
        let range = scenario.fixture.settings.python.as_ref();
        let range = range.map(ToString::to_string).unwrap_or_default();
        return Some(format!("the scenario is about Python {range}"));
    }
    let needs = scenario.needs(version);
    let lacking: Vec<_> = needs
        .intersection(&policy.lacks)
        .map(ToString::to_string)
        .collect();
    (!lacking.is_empty()).then(|| format!("it lacks {}", lacking.join(", ")))
}

/// Returns the bodies of each true process with what the recorder says of it; what it says of a process that there is not
/// comes with none. Processes are known by what they have in common.
fn paired<'a>(
    truth: &'a Truth,
    observed: &'a [Observed],
) -> Vec<(&'a [TrueBody], Vec<&'a Observed>)> {
    let mut groups: BTreeMap<&str, Vec<&Observed>> = BTreeMap::new();
    let mut order = Vec::new();
    for body in observed.iter().filter(|it| is_judged(it, truth)) {
        let group = groups.entry(&body.process).or_insert_with(|| {
            order.push(body.process.as_str());
            Vec::new()
        });
        group.push(body);
    }
    let mut groups: Vec<_> = order.iter().filter_map(|it| groups.remove(it)).collect();
    let mut likeness: Vec<(usize, usize, usize)> = Vec::new();
    for (at, process) in truth.processes.iter().enumerate() {
        for (group, bodies) in groups.iter().enumerate() {
            likeness.push((common(process, bodies), at, group));
        }
    }
    // The most alike first; of equals, those that come first.
    likeness.sort_by(|one, other| (other.0, one.1, one.2).cmp(&(one.0, other.1, other.2)));
    let mut of: Vec<Option<usize>> = vec![None; truth.processes.len()];
    for (_, at, group) in likeness {
        if of[at].is_none() && !of.contains(&Some(group)) {
            of[at] = Some(group);
        }
    }
    let mut pairs = Vec::new();
    for (process, group) in truth.processes.iter().zip(&of) {
        let bodies = group.map_or_else(Vec::new, |group| std::mem::take(&mut groups[group]));
        pairs.push((process.bodies.as_slice(), bodies));
    }
    let others = groups.into_iter().filter(|it| !it.is_empty());
    pairs.extend(others.map(|bodies| (&[][..], bodies)));
    pairs
}

/// Returns the number of bodies that two have in common.
fn common(process: &TrueProcess, observed: &[&Observed]) -> usize {
    let mut left: Vec<_> = observed.iter().collect();
    let mut count = 0;
    for body in &process.bodies {
        let is_same = |it: &&&Observed| {
            let file = it.file.as_deref();
            it.label == body.label && file.is_none_or(|file| plain(file) == body.file)
        };
        if let Some(at) = left.iter().position(is_same) {
            left.remove(at);
            count += 1;
        }
    }
    count
}

/// Returns whether code is the scenario's own, or in what its golden shows.
fn is_judged(body: &Observed, truth: &Truth) -> bool {
    let mut known = truth.processes.iter().flat_map(|it| &it.bodies);
    match &body.file {
        Some(file) => is_own(file) || known.any(|it| it.file == plain(file)),
        None => body.label != BARE_LABEL && known.any(|it| it.label == body.label),
    }
}

/// Returns whether a file, as goldens show it, is of the tree or was written by the program.
fn is_own(file: &str) -> bool {
    let is_written = file.starts_with("<home>/") || file.starts_with("<tmp>/");
    is_written || !(file.starts_with(['/', '<']) || file.contains(':') || file.is_empty())
}

/// Bodies of one process that are compared: what is left of each side, and what was decided.
struct Comparison<'a> {
    policy: &'a Policy,
    expected: Vec<&'a TrueBody>,
    found: Vec<&'a Observed>,
    bodies: Vec<(Verdict, String)>,
    has_threads: bool,
}

impl Comparison<'_> {
    fn judge(mut self) -> Vec<(Verdict, String)> {
        let all = self.found.clone();
        self.take(Verdict::Right, |policy, body, found| {
            is_right(policy, body, found) && in_file(body, found)
        });
        self.take(Verdict::Right, |_, body, found| {
            body.is_unprintable && in_file(body, found)
        });
        // A body whose file the recorder calls otherwise is right still; labels are judged.
        self.take(Verdict::Right, |policy, body, found| {
            let is_elsewhere = found.file.as_deref().is_none_or(is_own);
            !body.is_bare() && is_right(policy, body, found) && is_elsewhere
        });
        let is_named = |found: &Observed| found.label != BARE_LABEL;
        self.take(Verdict::WrongName, |_, body, found| {
            !body.is_bare() && is_named(found) && in_file(body, found)
        });
        self.take(Verdict::Bare, |_, body, found| {
            !body.is_bare() && !is_named(found) && in_file(body, found)
        });
        self.take(Verdict::NoBody, |_, body, found| {
            body.is_bare() && is_named(found) && in_file(body, found)
        });
        self.missing(&all);
        self.extra();
        self.bodies
    }

    /// Pairs what is left on both sides where `is_pair` says so.
    fn take(&mut self, verdict: Verdict, is_pair: impl Fn(&Policy, &TrueBody, &Observed) -> bool) {
        let mut left = Vec::new();
        for body in std::mem::take(&mut self.expected) {
            let at = self
                .found
                .iter()
                .position(|it| is_pair(self.policy, body, it));
            match at {
                Some(at) => {
                    let found = self.found.remove(at);
                    let text =
                        format!("{}: {} should be {}", place(found), found.label, body.label);
                    self.bodies.push((verdict, text));
                }
                None => left.push(body),
            }
        }
        self.expected = left;
    }

    fn missing(&mut self, all: &[&Observed]) {
        for body in std::mem::take(&mut self.expected) {
            let lacks = |feature| self.policy.lacks.contains(&feature);
            let ran_before = || all.iter().any(|it| in_file(body, it));
            let is_excused = (lacks(Feature::Exec) && body.is_bare())
                || (lacks(Feature::Main) && body.is_program)
                || (lacks(Feature::Library) && !is_own(&body.file) && !body.is_bare())
                || (lacks(Feature::Repeats) && ran_before())
                || (lacks(Feature::Threads) && self.has_threads)
                || lacks(Feature::ShortBodies);
            let verdict = match is_excused {
                true => Verdict::Unsupported,
                false => Verdict::Missing,
            };
            self.bodies
                .push((verdict, format!("{}: {} is missing", body.file, body.label)));
        }
    }

    fn extra(&mut self) {
        for found in std::mem::take(&mut self.found) {
            // In files that are not the scenario's, others run code, too.
            if found.file.as_deref().is_some_and(is_own) || found.file.is_none() {
                let text = format!("{}: {} did not run", place(found), found.label);
                self.bodies.push((Verdict::Extra, text));
            }
        }
    }
}

fn is_right(policy: &Policy, body: &TrueBody, found: &Observed) -> bool {
    let is_same = found.label == body.label;
    let is_main = found.label == "<__main__>";
    match policy.module_option {
        ModuleOption::Main if body.is_program => is_main,
        ModuleOption::Either if body.is_program => is_main || is_same,
        _ => is_same,
    }
}

fn in_file(body: &TrueBody, found: &Observed) -> bool {
    let file = found.file.as_deref();
    file.is_some_and(|file| plain(file) == body.file)
}

fn place(found: &Observed) -> String {
    match (&found.file, found.line) {
        (Some(file), Some(line)) => format!("{file}:{line}"),
        (Some(file), None) => file.clone(),
        (None, _) => "no file".to_owned(),
    }
}

#[cfg(test)]
mod tests;
