//! A Python that was found, and what it was found to be.

use std::cmp::Reverse;
use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::thread;

use super::identity::{Identity, is_interpreter_itself, pyvenv_cfg};
use super::interpreter::dotted;
use super::probe::{self, Report};
use super::search::{self, Place};
use super::{Environment, Interpreter, Origin, Refusal, Stage, Version, cache};

/// A Python that was found, and whether it can be recorded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Candidate {
    /// The path as it was found.
    pub path: PathBuf,
    /// The way in which it was found.
    pub origin: Origin,
    /// Its `sys.executable`, if it answered.
    pub executable: Option<PathBuf>,
    /// The interpreter that can be recorded, or why this is none.
    pub verdict: Result<Interpreter, Refusal>,
}

impl Candidate {
    /// Its version, if it answered with one.
    pub fn version(&self) -> Option<Version> {
        match &self.verdict {
            Ok(interpreter) => Some(interpreter.version),
            Err(refusal) => refusal.version(),
        }
    }

    /// The stage of that version, if it can be recorded.
    fn stage(&self) -> Option<Stage> {
        self.verdict
            .as_ref()
            .ok()
            .map(|interpreter| interpreter.stage)
    }

    /// Its version as people write it, if it answered with one.
    pub(super) fn shown_version(&self) -> Option<String> {
        match &self.verdict {
            Ok(interpreter) => Some(interpreter.shown_version()),
            Err(refusal) => refusal.version().map(dotted),
        }
    }

    /// Returns whether running this starts `interpreter`.
    pub(super) fn is(&self, interpreter: &Interpreter) -> bool {
        self.identity() == Identity::of(&interpreter.executable)
    }

    fn identity(&self) -> Identity {
        Identity::of(self.executable.as_ref().unwrap_or(&self.path))
    }

    fn new(place: Place, answer: Result<Report, Refusal>) -> Self {
        Self {
            executable: answer.as_ref().ok().and_then(Report::executable),
            verdict: answer.and_then(|report| report.judge(&place.path)),
            path: place.path,
            origin: place.origin,
        }
    }
}

/// Says whether the interpreter at `path` can be recorded.
pub(super) fn examine(environment: &Environment, path: &Path) -> Result<Interpreter, Refusal> {
    let report = match cache::get(environment, path) {
        Some(report) => report,
        None => ask(environment, path)?,
    };
    report.judge(path)
}

fn ask(environment: &Environment, path: &Path) -> Result<Report, Refusal> {
    // Taken before the interpreter is asked: should it be replaced meanwhile, what is remembered
    // does not fit the new one.
    let key = cache::Key::of(environment, path);
    let report = probe::ask(path, probe::LIMIT)?;
    if let Some(key) = key {
        cache::put(environment, key, &report);
    }
    Ok(report)
}

/// Every Python that can be found, newest first.
pub(super) fn find_all(environment: &Environment) -> Vec<Candidate> {
    // Wanting none makes it look at all.
    newest(environment, |_| false).err().unwrap_or_default()
}

/// The newest of each version that can be recorded, newest first. Scripts are asked only when there
/// is no other.
pub(super) fn one_of_each_version(environment: &Environment) -> Vec<Interpreter> {
    let (themselves, stand_ins) = split(search::places(environment));
    let usable = |places| {
        let mut candidates = examine_all(environment, places);
        sort(&mut candidates);
        let mut usable: Vec<_> = candidates
            .into_iter()
            .filter_map(|candidate| candidate.verdict.ok())
            .collect();
        usable.dedup_by_key(|interpreter| interpreter.version);
        usable
    };
    let found = usable(themselves);
    if found.is_empty() {
        usable(stand_ins)
    } else {
        found
    }
}

/// The newest interpreter that can be recorded and is `wanted`, or else everything that was found. What
/// comes before a release is taken only where no release is wanted.
///
/// A script has to be started to be known, and what it starts lies somewhere itself: scripts are
/// asked only when nothing else will do.
pub(super) fn newest(
    environment: &Environment,
    wanted: impl Fn(&Interpreter) -> bool,
) -> Result<Interpreter, Vec<Candidate>> {
    let (themselves, stand_ins) = split(search::places(environment));
    let mut candidates = examine_all(environment, themselves);
    sort(&mut candidates);
    if let Some(interpreter) = first_usable(&candidates, &wanted) {
        return Ok(interpreter);
    }
    candidates.extend(examine_all(environment, stand_ins));
    // Of an interpreter and a script that starts it, the interpreter comes first and stays.
    let mut seen = HashSet::new();
    candidates.retain(|candidate| seen.insert(candidate.identity()));
    sort(&mut candidates);
    first_usable(&candidates, &wanted).ok_or(candidates)
}

fn first_usable(
    candidates: &[Candidate],
    wanted: impl Fn(&Interpreter) -> bool,
) -> Option<Interpreter> {
    let usable = candidates
        .iter()
        .filter_map(|candidate| candidate.verdict.as_ref().ok())
        .filter(|interpreter| wanted(interpreter));
    let released = usable
        .clone()
        .find(|interpreter| interpreter.stage.is_final());
    released.or_else(|| usable.clone().next()).cloned()
}

fn split(places: Vec<Place>) -> (Vec<Place>, Vec<Place>) {
    places
        .into_iter()
        .partition(|place| is_interpreter_itself(&place.path))
}

/// Those that must be started are started all at once: one that hangs, or many that are new, take
/// no longer than the slowest.
fn examine_all(environment: &Environment, places: Vec<Place>) -> Vec<Candidate> {
    let (known, unknown): (Vec<_>, Vec<_>) = places
        .into_iter()
        .map(|place| (cache::get(environment, &place.path), place))
        .partition(|(report, _)| report.is_some());
    let known = known
        .into_iter()
        .filter_map(|(report, place)| Some(Candidate::new(place, Ok(report?))));
    let asked = thread::scope(|scope| {
        let start = |(_, place): (_, Place)| {
            scope.spawn(move || Candidate::new(place.clone(), ask(environment, &place.path)))
        };
        let threads: Vec<_> = unknown.into_iter().map(start).collect();
        let joined = threads.into_iter().map(|thread| thread.join());
        joined
            .map(|candidate| candidate.expect("asking does not panic"))
            .collect::<Vec<_>>()
    });
    known.chain(asked).collect()
}

/// Newest first; of one version, an interpreter before the virtual environments made from it.
fn sort(candidates: &mut [Candidate]) {
    candidates.sort_by_cached_key(|candidate| {
        let in_environment = pyvenv_cfg(&candidate.path).is_some();
        (
            Reverse((candidate.version(), candidate.stage())),
            in_environment,
            candidate.path.clone(),
        )
    });
}

#[cfg(test)]
mod tests {
    use super::super::testing::Machine;
    use super::*;

    fn listed(machine: &Machine) -> Vec<String> {
        let candidates = find_all(&machine.environment());
        let lines = candidates.iter().map(|candidate| match &candidate.verdict {
            Ok(_) => format!("{} usable", candidate.path.display()),
            Err(refusal) => format!("{} {refusal}", candidate.path.display()),
        });
        lines.map(|line| machine.redact(line)).collect()
    }

    #[test]
    fn the_newest_comes_first_and_what_gives_no_version_comes_last() {
        let machine = Machine::new();
        machine.answering("usr/bin/python3.9", (3, 9, 2));
        machine.answering("usr/bin/python3.12", (3, 12, 7));
        machine.answering("path/python3.12", (3, 12, 11));
        machine.script("path/python3", "echo no; exit 1");
        machine.remembered("opt/a/bin/python3", (3, 13, 0));
        machine.answering("opt/b/bin/python3", (3, 13, 0));
        assert_eq!(
            listed(&machine),
            [
                "/opt/a/bin/python3 usable",
                "/opt/b/bin/python3 usable",
                "/path/python3.12 usable",
                "/usr/bin/python3.12 usable",
                "/usr/bin/python3.9 is CPython 3.9.2, and truename needs 3.12 or newer",
                "/path/python3 did not answer as a Python does (exit status: 1, saying \"no\")",
            ]
        );
    }

    #[test]
    fn an_interpreter_comes_before_its_virtual_environments() {
        let machine = Machine::new();
        let real = machine.remembered("usr/bin/python3.13", (3, 13, 1));
        let venv = machine.link("home/.pyenv/versions/a-venv/bin/python", real);
        machine.write("home/.pyenv/versions/a-venv/pyvenv.cfg", "");
        machine.remember(&venv, (3, 13, 1));
        assert_eq!(
            listed(&machine),
            [
                "/usr/bin/python3.13 usable",
                "/home/.pyenv/versions/a-venv/bin/python usable"
            ]
        );
    }

    #[test]
    fn a_script_gives_way_to_the_interpreter_that_it_starts() {
        let machine = Machine::new();
        let version = "home/.pyenv/versions/3.11.7/bin/python";
        let old = machine.remembered(version, (3, 11, 7));
        machine.shim("path/python3", (3, 11, 7), &old);
        machine.shim("path/python", (3, 11, 7), &old);
        assert_eq!(
            listed(&machine),
            [format!(
                "/{version} is CPython 3.11.7, and truename needs 3.12 or newer"
            )]
        );
    }

    #[test]
    fn a_script_is_not_started_while_something_else_will_do() {
        let machine = Machine::new();
        let started = machine.at("started");
        machine.script("path/python3.13", &format!("touch '{}'", started.display()));
        machine.remembered("usr/bin/python3.12", (3, 12, 1));
        let found = newest(&machine.environment(), |_| true).unwrap();
        assert_eq!(found.version, (3, 12, 1));
        assert!(!started.exists());
    }

    // The one test here that needs a real Python: what is asked of it has to be understood.
    #[test]
    fn a_stock_cpython_answers_and_is_remembered() {
        let machine = Machine::new();
        let environment = Environment {
            xdg_cache_home: Some(machine.at("cache")),
            ..Environment::current()
        };
        let found = newest(&environment, |_| true).expect(
            "no CPython 3.12 or newer was found; install one, for example with `just pythons`",
        );
        assert_eq!(examine(&environment, &found.path), Ok(found.clone()));
        assert!(found.version >= (3, 12, 0));
        if is_interpreter_itself(&found.path) {
            assert_eq!(found.executable, found.path);
            assert!(cache::get(&environment, &found.path).is_some());
        }
    }
}
