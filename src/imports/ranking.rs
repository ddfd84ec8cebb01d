//! The imports that cost most.

use std::cmp::Reverse;
use std::collections::HashMap;

use serde::Serialize;
use spool::ModuleKind;

use super::forest::End;
use super::process::RecordedProcess;
use super::samples::{OwnTime, Sample, Samples, Spread};

/// The time by which imports are ranked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum RankBy {
    /// The time of a module without that of what it imports.
    #[default]
    Own,
    /// The time with all that it imports.
    Total,
    /// The time in which its own code ran.
    Running,
}

/// The things that are ranked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum RankGroup {
    /// Each module.
    #[default]
    Module,
    /// All modules of a top-level package.
    Package,
}

/// A module or a package, with the time of all its imports in all processes.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Ranked {
    /// The name.
    pub name: String,
    /// The kind of the module; `None` of a package, and of a module that was not found.
    pub kind: Option<ModuleKind>,
    /// The file of the module; `None` of a package, and where there is none.
    pub file: Option<String>,
    /// True if no import of it found a module.
    pub not_found: bool,
    /// The number of imports.
    pub imports: usize,
    /// The time with all that was imported within, in nanoseconds; within others of the same name it counts once.
    pub total_ns: u64,
    /// The time that is its own, in nanoseconds.
    pub own_ns: u64,
    /// The part of its own time in which it was looked for.
    pub finding_ns: u64,
    /// The part of its own time in which its code was read.
    pub loading_ns: u64,
    /// The part of its own time in which its code ran.
    pub running_ns: u64,
    /// The number of runs that have it.
    pub runs: usize,
    /// The difference of its times between several runs.
    pub spread: Option<Spread>,
    #[serde(skip)]
    samples: Samples,
}

impl Ranked {
    /// Sets the times from those of the runs.
    fn measured(self) -> Self {
        let typical = self.samples.typical();
        Self {
            imports: typical.imports,
            total_ns: typical.total.unwrap_or(0),
            own_ns: typical.own.sum(),
            finding_ns: typical.own.finding,
            loading_ns: typical.own.loading,
            running_ns: typical.own.running,
            runs: self.samples.runs(),
            spread: self.samples.spread(),
            ..self
        }
    }

    /// Returns the time by which it is ranked.
    pub fn time(&self, by: RankBy) -> u64 {
        match by {
            RankBy::Own => self.own_ns,
            RankBy::Total => self.total_ns,
            RankBy::Running => self.running_ns,
        }
    }
}

/// Ranks the imports of processes, the most expensive first. The program itself is none, nor is a bare `<module>`.
pub fn ranking(processes: &[RecordedProcess<'_>], by: RankBy, group: RankGroup) -> Vec<Ranked> {
    let mut ranked: HashMap<(&str, bool), Ranked> = HashMap::new();
    for process in processes {
        let forest = &process.forest;
        for index in forest.preorder() {
            let node = forest.node(index);
            if node.is_program() || node.is_bare() {
                continue;
            }
            let key = |name| group_of(name, group);
            let name = key(node.name());
            let not_found = node.end() == End::NotFound;
            let is_alone = group == RankGroup::Module;
            let it = ranked
                .entry((name, not_found && is_alone))
                .or_insert_with(|| Ranked {
                    name: name.to_owned(),
                    kind: node.kind().filter(|_| is_alone),
                    file: node.file().filter(|_| is_alone).map(str::to_owned),
                    not_found: true,
                    imports: 0,
                    total_ns: 0,
                    own_ns: 0,
                    finding_ns: 0,
                    loading_ns: 0,
                    running_ns: 0,
                    runs: 0,
                    spread: None,
                    samples: Samples::default(),
                });
            it.not_found &= not_found;
            let mut around = forest.around(index);
            let is_counted = around.any(|it| {
                let outer = forest.node(it);
                outer.total.is_some() && !outer.is_program() && key(outer.name()) == name
            });
            for (run, sample) in node.samples().by_run() {
                let own = sample.total.map_or(OwnTime::default(), |_| sample.own);
                let total = sample.total.filter(|_| !is_counted).unwrap_or(0);
                it.samples.add(
                    run,
                    Sample {
                        own,
                        total: Some(total),
                        ..sample
                    },
                );
            }
        }
    }
    let mut ranked: Vec<_> = ranked.into_values().map(Ranked::measured).collect();
    ranked.sort_by(|a, b| {
        let key = |it: &Ranked| (Reverse(it.time(by)), Reverse(it.total_ns), it.not_found);
        key(a).cmp(&key(b)).then_with(|| a.name.cmp(&b.name))
    });
    ranked
}

fn group_of(name: &str, group: RankGroup) -> &str {
    match group {
        RankGroup::Module => name,
        RankGroup::Package => name.split('.').next().unwrap_or(name),
    }
}
