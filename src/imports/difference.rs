//! The difference of two traces.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::chain::{Place, Step, asker, chain_to, place};
use super::process::{ModuleSet, Occurrence};

/// A module is slower when its own time grew by more than this, in nanoseconds, and by more than [`NOISE_PERCENT`]:
/// less is what two runs of the same program differ by.
pub const NOISE: u64 = 5_000_000;
/// See [`NOISE`].
pub const NOISE_PERCENT: u64 = 20;

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
}

/// A module that only one of two traces imported, although the module that asked for it was there before.
#[derive(Debug, Serialize)]
pub struct Gain {
    /// The name.
    pub name: String,
    /// The place that asked for it first.
    pub asked: Option<Place>,
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
    /// The place that asked for it in the earlier trace.
    pub before: Option<Place>,
    /// The place that asked for it in the later one.
    pub after: Option<Place>,
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
        Self {
            modules: set.imported.len(),
            import_ns: set.import_time(),
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
            asked: place(node),
            own_ns: 0,
            with: Vec::new(),
            chain: chain_to(&set.process(top).forest, top.node),
        });
        gain.own_ns = gain.own_ns.saturating_add(occurrence.own);
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
    let both = before.imported.iter().filter_map(|(name, first)| {
        let now = after.imported.get(name)?;
        Some((*name, place(before.node(*first)), place(after.node(*now))))
    });
    let asker = |it: &Option<Place>| {
        let it = it.as_ref()?;
        Some(it.module.clone().unwrap_or_else(|| it.file.clone()))
    };
    both.filter(|(_, before, after)| asker(before) != asker(after))
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
                before_ns: first.own,
                after_ns: now.own,
            })
        })
        .collect();
    slower.sort_by_key(|it| std::cmp::Reverse(it.after_ns - it.before_ns));
    slower
}

fn is_slower(before: u64, after: u64) -> bool {
    let growth = after.saturating_sub(before);
    growth > NOISE && growth > before / 100 * NOISE_PERCENT
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn noise_is_both_little_time_and_a_small_part() {
        let ms = 1_000_000;
        assert!(is_slower(0, 6 * ms) && is_slower(20 * ms, 26 * ms));
        assert!(!is_slower(ms, 5 * ms) && !is_slower(100 * ms, 119 * ms));
        assert!(is_slower(100 * ms, 121 * ms) && !is_slower(26 * ms, 20 * ms));
    }
}
