//! The difference of two traces.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::chain::{Origin, Step, asker, chain_to, origin};
use super::process::{ModuleSet, Occurrence};
use super::samples::{Measured, Range};

/// A module that ran once is slower when its own time grew by more than this, in nanoseconds, and by more than
/// [`NOISE_PERCENT`]: less is what two runs of the same program differ by.
pub const NOISE: u64 = 5_000_000;
/// See [`NOISE`].
pub const NOISE_PERCENT: u64 = 20;

/// The number of runs of both programs from which on their own differences stand for [`NOISE`]. Least bounds remain, as
/// a machine can be busier while all runs of one program are made.
pub const RUNS_ENOUGH: usize = 3;
const LEAST_NOISE: u64 = 1_000_000;
const LEAST_NOISE_PERCENT: u64 = 5;

/// The differences of a trace to an earlier one.
#[derive(Debug, Serialize)]
pub struct Difference {
    /// Of the earlier trace.
    pub before: Summary,
    /// Of the later trace.
    pub after: Summary,
    /// The modules that only the later one imported, each with those that came with it, most expensive first.
    pub gained: Vec<Gain>,
    /// The modules that only the earlier one imported, in the same way.
    pub lost: Vec<Gain>,
    /// The modules that another module asked for first.
    pub moved: Vec<Move>,
    /// The modules whose own time grew beyond noise, the worst first.
    pub slower: Vec<Slowdown>,
}

/// The size of a trace.
#[derive(Debug, Serialize)]
pub struct Summary {
    /// The number of modules.
    pub modules: usize,
    /// The time of all imports, in nanoseconds.
    pub import_ns: u64,
    /// The number of runs.
    pub runs: usize,
    /// The difference of that time between several runs.
    pub spread: Option<Range>,
}

/// A module that only one of two traces imported, although the module that asked for it was there before.
#[derive(Debug, Serialize)]
pub struct Gain {
    /// The name.
    pub name: String,
    /// The code that asked for it first; `None` of what the interpreter itself imports.
    pub asked: Option<Origin>,
    /// Its own time and that of those that came with it, in nanoseconds.
    pub own_ns: u64,
    /// The modules that it asked for and that are as new as it is, directly or not, by name.
    pub with: Vec<String>,
    /// The import statements from the program to it.
    pub chain: Vec<Step>,
}

/// A module that another one asked for.
#[derive(Debug, Serialize)]
pub struct Move {
    /// The name.
    pub name: String,
    /// The code that asked for it in the earlier trace.
    pub before: Option<Origin>,
    /// The code that asked for it in the later one.
    pub after: Option<Origin>,
}

/// A module whose own time grew.
#[derive(Debug, Serialize)]
pub struct Slowdown {
    /// The name.
    pub name: String,
    /// Its own time in the earlier trace, in nanoseconds.
    pub before_ns: u64,
    /// Its own time in the later one.
    pub after_ns: u64,
    /// The difference of the earlier time between several runs.
    pub before_spread: Option<Range>,
    /// The difference of the later time between several runs.
    pub after_spread: Option<Range>,
}

impl Difference {
    /// Compares a trace with an earlier one.
    pub fn between(before: &ModuleSet<'_>, after: &ModuleSet<'_>) -> Self {
        Self {
            gained: gains(after, before),
            lost: gains(before, after),
            moved: moves(before, after),
            slower: slowdowns(before, after),
            before: Summary::of(before),
            after: Summary::of(after),
        }
    }

    /// Returns whether there is none.
    pub fn is_empty(&self) -> bool {
        self.gained.is_empty()
            && self.lost.is_empty()
            && self.moved.is_empty()
            && self.slower.is_empty()
    }
}

impl Summary {
    fn of(set: &ModuleSet<'_>) -> Self {
        let time = set.import_time();
        Self {
            modules: set.imported.len(),
            import_ns: time.median,
            runs: time.runs,
            spread: time.spread(),
        }
    }
}

impl Gain {
    /// Returns the number of modules: itself and those that came with it.
    pub fn modules(&self) -> usize {
        1 + self.with.len()
    }
}

/// Returns the modules of `set` that `other` has not, below those of them that others asked for.
pub fn gains(set: &ModuleSet<'_>, other: &ModuleSet<'_>) -> Vec<Gain> {
    let is_new =
        |name: &str| !other.imported.contains_key(name) && !other.loaded_before.contains_key(name);
    let mut gains: BTreeMap<&str, Gain> = BTreeMap::new();
    for (name, occurrence) in set.imported.iter().filter(|(name, _)| is_new(name)) {
        let top = first_new(set, *occurrence, &is_new);
        let node = set.node(top);
        let gain = gains.entry(node.name()).or_insert_with(|| Gain {
            name: node.name().to_owned(),
            asked: origin(&set.process(top).forest, top.node),
            own_ns: 0,
            with: Vec::new(),
            chain: chain_to(&set.process(top).forest, top.node),
        });
        gain.own_ns = gain.own_ns.saturating_add(occurrence.own.median);
        if *name != gain.name {
            gain.with.push((*name).to_owned());
        }
    }
    let mut gains: Vec<_> = gains.into_values().collect();
    gains.sort_by(|a, b| b.own_ns.cmp(&a.own_ns).then_with(|| a.name.cmp(&b.name)));
    gains
}

/// Follows the askers of a new module as long as they are new themselves.
fn first_new(set: &ModuleSet<'_>, it: Occurrence, is_new: &impl Fn(&str) -> bool) -> Occurrence {
    let forest = &set.process(it).forest;
    let mut top = it;
    let mut seen = BTreeSet::from([it.node]);
    while let Some(next) = asker(forest, top.node).filter(|next| seen.insert(*next)) {
        let node = forest.node(next);
        if !node.is_imported() || !is_new(node.name()) {
            break;
        }
        top.node = next;
    }
    top
}

fn moves(before: &ModuleSet<'_>, after: &ModuleSet<'_>) -> Vec<Move> {
    let asked = |set: &ModuleSet<'_>, it: Occurrence| origin(&set.process(it).forest, it.node);
    let both = before.imported.iter().filter_map(|(name, first)| {
        let now = after.imported.get(name)?;
        Some((*name, asked(before, *first), asked(after, *now)))
    });
    both.filter(|(_, before, after)| {
        before.as_ref().map(Origin::asker) != after.as_ref().map(Origin::asker)
    })
    .map(|(name, before, after)| Move {
        name: name.to_owned(),
        before,
        after,
    })
    .collect()
}

fn slowdowns(before: &ModuleSet<'_>, after: &ModuleSet<'_>) -> Vec<Slowdown> {
    let mut slower: Vec<_> = before
        .imported
        .iter()
        .filter_map(|(name, first)| {
            let now = after.imported.get(name)?;
            is_slower(first.own, now.own).then(|| Slowdown {
                name: (*name).to_owned(),
                before_ns: first.own.median,
                after_ns: now.own.median,
                before_spread: first.own.spread(),
                after_spread: now.own.spread(),
            })
        })
        .collect();
    slower.sort_by_key(|it| std::cmp::Reverse(it.after_ns - it.before_ns));
    slower
}

/// Returns whether a time grew by more than runs of the same program differ by.
fn is_slower(before: Measured, after: Measured) -> bool {
    let growth = after.median.saturating_sub(before.median);
    let differ = before.range.width().saturating_add(after.range.width());
    let (least, percent) = match before.runs.min(after.runs) >= RUNS_ENOUGH {
        true => (LEAST_NOISE, LEAST_NOISE_PERCENT),
        false => (NOISE, NOISE_PERCENT),
    };
    growth > least && growth > before.median / 100 * percent && growth > differ
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: u64 = 1_000_000;

    fn measured(times: &[u64]) -> Measured {
        Measured::of(times.iter().map(|time| time * MS)).unwrap()
    }

    #[test]
    fn noise_of_single_runs_is_both_little_time_and_a_small_part() {
        let is_slower = |before, after| is_slower(measured(&[before]), measured(&[after]));
        assert!(is_slower(0, 6) && is_slower(20, 26));
        assert!(!is_slower(1, 5) && !is_slower(100, 119));
        assert!(is_slower(100, 121) && !is_slower(26, 20));
    }

    #[test]
    fn noise_of_several_runs_is_what_they_show() {
        let is_slower =
            |before: &[u64], after: &[u64]| is_slower(measured(before), measured(after));
        assert!(
            is_slower(&[20, 20, 20], &[22, 22, 22]),
            "quiet runs show little"
        );
        assert!(
            !is_slower(&[20, 20, 20], &[21, 21, 21]),
            "and yet not everything"
        );
        assert!(
            !is_slower(&[15, 20, 40], &[30, 35, 36]),
            "within what they differ by"
        );
        assert!(is_slower(&[15, 20, 25], &[38, 40, 42]));
        assert!(!is_slower(&[20, 20], &[22, 22]), "two runs show too little");
        assert!(
            !is_slower(&[20], &[14, 27, 28]),
            "one side's are noise, too"
        );
    }
}
