//! All scenarios under all recorders.

use std::path::PathBuf;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use interpreters::Interpreter;

use super::error::ConformError;
use super::journal::Journal;
use super::key::{Key, Part};
use super::outcome::Outcome;
use super::profile::Profile;
use super::scenario::Scenario;
use super::trial::Trials;
use crate::interruption;
use crate::sandbox::SandboxError;
use crate::sandbox::version::{dotted, short};

/// Scenarios that run under recorders.
#[derive(Clone, Debug)]
pub struct Session {
    /// The recorders.
    pub profiles: Vec<Profile>,
    /// The scenarios.
    pub scenarios: Vec<Scenario>,
    /// The Pythons.
    pub interpreters: Vec<Interpreter>,
    /// The time that one run may take.
    pub limit: Duration,
    /// The `truename` that a profile may speak of.
    pub truename: PathBuf,
    /// The file that keeps what was found, for a session that goes on with it. Sessions may share it.
    pub journal: Option<PathBuf>,
    /// The outcomes of these runs that the file holds already count.
    pub resume: bool,
}

/// A scenario on a Python, with the key of its outcome under each recorder.
struct Unit<'a> {
    scenario: &'a Scenario,
    interpreter: &'a Interpreter,
    keys: Vec<Key>,
}

impl Session {
    /// Runs all of it, several at a time, and reports how many runs of how many are done. The outcomes are in the order of
    /// recorders, scenarios, Pythons.
    ///
    /// # Errors
    ///
    /// When a scenario cannot be run on this machine, whatever records it, and when a signal asks this process to end.
    pub fn run(
        &self,
        progress: &(dyn Fn(usize, usize) + Sync),
    ) -> Result<Vec<Outcome>, ConformError> {
        let units = self.units();
        let keys = units.iter().flat_map(|it| &it.keys).collect();
        let journal = Journal::open(self.journal.as_deref(), &keys, self.resume)?;
        let total = units.len() * self.profiles.len();
        let (next, done) = (AtomicUsize::new(0), AtomicUsize::new(0));
        let found: Mutex<Vec<(usize, usize, Outcome)>> = Mutex::new(Vec::new());
        let failed: Mutex<Option<ConformError>> = Mutex::new(None);
        let work = || {
            loop {
                let at = next.fetch_add(1, Ordering::Relaxed);
                let is_over = locked(&failed).is_some();
                let Some(unit) = units.get(at).filter(|_| !is_over) else {
                    return;
                };
                match self.outcomes(unit, &journal) {
                    Ok(outcomes) => {
                        let numbered = outcomes.into_iter().enumerate();
                        locked(&found).extend(numbered.map(|(profile, it)| (profile, at, it)));
                        let more = self.profiles.len();
                        progress(done.fetch_add(more, Ordering::Relaxed) + more, total);
                    }
                    Err(error) => *locked(&failed) = Some(error),
                }
            }
        };
        let workers = thread::available_parallelism().map_or(1, usize::from);
        thread::scope(|scope| {
            for _ in 0..workers.min(units.len()) {
                scope.spawn(work);
            }
        });
        if let Some(error) = locked(&failed).take() {
            return Err(error);
        }
        let mut found = std::mem::take(&mut *locked(&found));
        found.sort_by_key(|(profile, unit, _)| (*profile, *unit));
        Ok(found.into_iter().map(|it| it.2).collect())
    }

    /// Returns each scenario with each Python that it is about.
    fn units(&self) -> Vec<Unit<'_>> {
        let recorders = self.profiles.iter();
        let recorders: Vec<_> = recorders
            .map(|it| Part::of_recorder(it, &self.truename))
            .collect();
        let mut units = Vec::new();
        for scenario in &self.scenarios {
            let of_scenario = Part::of_scenario(scenario);
            let about = self.interpreters.iter();
            for interpreter in about.filter(|it| scenario.fixture.is_about(short(it))) {
                let of_run = Part::of_run(interpreter, self.limit);
                let keys = recorders.iter();
                units.push(Unit {
                    scenario,
                    interpreter,
                    keys: keys.map(|it| Key::of(it, &of_scenario, &of_run)).collect(),
                });
            }
        }
        units
    }

    /// Runs one scenario on one Python under each recorder.
    fn outcomes(&self, unit: &Unit<'_>, journal: &Journal) -> Result<Vec<Outcome>, ConformError> {
        let Unit {
            scenario,
            interpreter,
            keys,
        } = unit;
        let trials = Trials {
            truename: &self.truename,
            limit: self.limit,
        };
        let not_run = |source: SandboxError| match interruption::signal() {
            Some(signal) => ConformError::Interrupted { signal },
            None => ConformError::NotRun {
                scenario: scenario.slug(),
                python: interpreter.path.clone(),
                source: Box::new(source),
            },
        };
        let mut baseline = None;
        let mut outcomes = Vec::new();
        for (profile, key) in self.profiles.iter().zip(keys) {
            if let Some(outcome) = journal.find(key) {
                outcomes.push(outcome);
                continue;
            }
            let baseline = match &mut baseline {
                Some(baseline) => baseline,
                empty => empty.insert(trials.baseline(scenario, interpreter).map_err(not_run)?),
            };
            let judgement = trials
                .judged(scenario, interpreter, profile, baseline)
                .map_err(not_run)?;
            if let Some(signal) = interruption::signal() {
                return Err(ConformError::Interrupted { signal });
            }
            let outcome = Outcome {
                recorder: profile.title(),
                scenario: scenario.slug(),
                python: dotted(interpreter),
                judgement,
            };
            journal.keep(key, &outcome)?;
            outcomes.push(outcome);
        }
        Ok(outcomes)
    }
}

fn locked<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex
        .lock()
        .unwrap_or_else(std::sync::PoisonError::into_inner)
}

/// Returns the file that keeps what sessions found, in the cache.
pub fn journal_file() -> Option<PathBuf> {
    interpreters::cache_folder().map(|it| it.join("conform.jsonl"))
}
