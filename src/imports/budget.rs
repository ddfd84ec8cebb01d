//! Rules that a trace has to keep, and what broke them.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize};
use trace::document::Ending;

use super::chain::{Step, chain_to};
use super::difference::{Gain, gains};
use super::pattern::ModulePattern;
use super::process::ModuleSet;
use super::ranking::{RankBy, RankGroup, Ranked, ranking};
use super::samples::Range;
use crate::duration;

/// The limits of what a trace may import, and for how long. A rule that is left out holds nothing.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct Budget {
    /// Modules that may not be imported.
    #[serde(deserialize_with = "patterns")]
    pub forbid: Vec<ModulePattern>,
    /// The greatest number of modules.
    pub max_modules: Option<usize>,
    /// The greatest time of all imports, in nanoseconds.
    #[serde(deserialize_with = "time")]
    pub max_time: Option<u64>,
    /// The greatest number of modules that the trace of [`baseline`](Self::baseline) has not.
    pub max_new: Option<usize>,
    /// The folder of an accepted trace.
    pub baseline: Option<PathBuf>,
}

/// A rule that a trace broke.
#[derive(Debug, Serialize)]
#[serde(tag = "rule", rename_all = "kebab-case")]
pub enum Violation {
    /// A forbidden module was imported.
    Forbid {
        /// The pattern that forbids it.
        pattern: String,
        /// The module.
        name: String,
        /// The number of other modules that match the pattern, and of which this one came first.
        others: usize,
        /// The import statements from the program to it; empty where it was loaded before the recording began.
        chain: Vec<Step>,
    },
    /// Too many modules were imported.
    MaxModules {
        /// The number that may be.
        limit: usize,
        /// The number that were.
        modules: usize,
        /// The packages with the most modules.
        largest: Vec<PackageSize>,
    },
    /// The imports took too long.
    MaxTime {
        /// The time that they may take, in nanoseconds.
        limit_ns: u64,
        /// The time that they took.
        import_ns: u64,
        /// The number of runs.
        runs: usize,
        /// The difference of that time between several runs.
        spread: Option<Range>,
        /// The packages that took most.
        slowest: Vec<Ranked>,
    },
    /// Too many modules are new.
    MaxNew {
        /// The number that may be.
        limit: usize,
        /// The number that are.
        modules: usize,
        /// The new modules, below those of them that others asked for.
        gained: Vec<Gain>,
    },
    /// The recording ended before the process did, so that no rule can be held.
    Incomplete {
        /// The folder of the process, below that of the trace.
        folder: String,
        /// The number of the run, from 1.
        run: usize,
        /// The reason, if one is known.
        reason: Option<String>,
    },
}

/// A top-level package.
#[derive(Debug, Serialize)]
pub struct PackageSize {
    /// The number of its modules that were imported, itself included.
    pub modules: usize,
    /// The name.
    pub name: String,
}

/// The number of packages that a violation names.
const NAMED: usize = 5;

impl Budget {
    /// Returns whether it has no rule.
    pub fn is_empty(&self) -> bool {
        self.forbid.is_empty()
            && self.max_modules.is_none()
            && self.max_time.is_none()
            && self.max_new.is_none()
    }

    /// Returns the rules that a trace breaks.
    pub fn violations(
        &self,
        set: &ModuleSet<'_>,
        baseline: Option<&ModuleSet<'_>>,
    ) -> Vec<Violation> {
        let mut violations = incomplete(set);
        violations.extend(self.forbid.iter().filter_map(|it| forbidden(it, set)));
        violations.extend(self.max_modules.and_then(|limit| too_many(limit, set)));
        violations.extend(self.max_time.and_then(|limit| too_slow(limit, set)));
        if let (Some(limit), Some(baseline)) = (self.max_new, baseline) {
            violations.extend(too_new(limit, set, baseline));
        }
        violations
    }
}

fn incomplete(set: &ModuleSet<'_>) -> Vec<Violation> {
    // One that was stopped has all that it was asked for.
    let is_partial = |ending| matches!(ending, Ending::StillRunning | Ending::Lost | Ending::Cut);
    let all = set
        .processes
        .iter()
        .flat_map(|process| process.runs.iter().map(move |run| (process, run)));
    let cut = all.filter(|(_, run)| is_partial(run.document.run.ended));
    cut.map(|(process, run)| Violation::Incomplete {
        folder: process.folder.display().to_string(),
        run: run.run + 1,
        reason: run.document.run.reason.clone(),
    })
    .collect()
}

fn forbidden(pattern: &ModulePattern, set: &ModuleSet<'_>) -> Option<Violation> {
    let loaded = set.loaded_before.keys().find(|name| pattern.matches(name));
    let found: Vec<_> = set
        .imported
        .iter()
        .filter(|(name, _)| pattern.matches(name))
        .collect();
    // The first to begin is the cause of the others, as a rule; a package begins within its first module.
    let first = found.iter().min_by_key(|(name, it)| {
        (
            it.process,
            name.matches('.').count(),
            set.node(**it).start(),
        )
    });
    let (name, chain) = match (loaded, first) {
        (Some(name), _) => (*name, Vec::new()),
        (None, Some((name, it))) => (**name, chain_to(&set.process(**it).forest, it.node)),
        (None, None) => return None,
    };
    Some(Violation::Forbid {
        pattern: pattern.as_str().to_owned(),
        name: name.to_owned(),
        others: found.len() - usize::from(loaded.is_none()),
        chain,
    })
}

fn too_many(limit: usize, set: &ModuleSet<'_>) -> Option<Violation> {
    let modules = set.imported.len();
    let mut sizes: BTreeMap<&str, usize> = BTreeMap::new();
    for name in set.imported.keys() {
        let package = name.split('.').next().unwrap_or(name);
        *sizes.entry(package).or_default() += 1;
    }
    let sizes = sizes.into_iter().map(|(name, modules)| PackageSize {
        modules,
        name: name.to_owned(),
    });
    let mut largest: Vec<_> = sizes.collect();
    largest.sort_by_key(|it| Reverse(it.modules));
    largest.truncate(NAMED);
    (modules > limit).then_some(Violation::MaxModules {
        limit,
        modules,
        largest,
    })
}

fn too_slow(limit_ns: u64, set: &ModuleSet<'_>) -> Option<Violation> {
    let time = set.import_time();
    let mut slowest = ranking(set.processes, RankBy::Own, RankGroup::Package);
    slowest.truncate(NAMED);
    (time.median > limit_ns).then_some(Violation::MaxTime {
        limit_ns,
        import_ns: time.median,
        runs: time.runs,
        spread: time.spread(),
        slowest,
    })
}

fn too_new(limit: usize, set: &ModuleSet<'_>, baseline: &ModuleSet<'_>) -> Option<Violation> {
    let gained = gains(set, baseline);
    let modules = gained.iter().map(Gain::modules).sum();
    (modules > limit).then_some(Violation::MaxNew {
        limit,
        modules,
        gained,
    })
}

fn patterns<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<ModulePattern>, D::Error> {
    let texts = Vec::<String>::deserialize(deserializer)?;
    let patterns = texts.iter().map(|text| ModulePattern::from_str(text));
    patterns
        .collect::<Result<_, _>>()
        .map_err(serde::de::Error::custom)
}

fn time<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<u64>, D::Error> {
    let text = String::deserialize(deserializer)?;
    duration::parse(&text)
        .map(Some)
        .map_err(serde::de::Error::custom)
}
