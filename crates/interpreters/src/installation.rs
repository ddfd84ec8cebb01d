//! Pythons that were found, and what they were found to be.

use std::cmp::Reverse;
use std::collections::HashSet;
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::thread::{self, ScopedJoinHandle};

use super::discovery::{PythonExecutable, python_executables};
use super::environment::SearchEnvironment;
use super::identity::{ExecutableIdentity, is_interpreter_itself, pyvenv_cfg};
use super::info::InterpreterInfo;
use super::interpreter::Interpreter;
use super::source::PythonSource;
use super::stage::Stage;
use super::unusable::UnusablePython;
use super::version::{PythonVersion, dotted};
use super::{cache, probe};

/// A Python that was found, and whether it can be recorded. Displayed as a clause:
/// `/usr/bin/python3.11 is CPython 3.11.7, and truename needs 3.12 or newer`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PythonInstallation {
    /// The path as it was found.
    pub path: PathBuf,
    /// The kind of place where it was found.
    pub source: PythonSource,
    /// The path that it reported as `sys.executable`, when it answered.
    pub executable: Option<PathBuf>,
    /// The interpreter that can be recorded, or why this is none.
    pub verdict: Result<Interpreter, UnusablePython>,
}

impl PythonInstallation {
    /// Returns its version, when it gave one.
    pub fn version(&self) -> Option<PythonVersion> {
        match &self.verdict {
            Ok(interpreter) => Some(interpreter.version),
            Err(reason) => reason.version(),
        }
    }

    /// Writes its version as people do, when it gave one.
    pub fn shown_version(&self) -> Option<String> {
        match &self.verdict {
            Ok(interpreter) => Some(interpreter.shown_version()),
            Err(reason) => reason.version().map(dotted),
        }
    }

    /// Returns whether running this starts `interpreter`.
    pub fn is(&self, interpreter: &Interpreter) -> bool {
        self.identity() == ExecutableIdentity::of(&interpreter.executable)
    }

    /// Returns the stage of its version, when it can be recorded.
    fn stage(&self) -> Option<Stage> {
        self.verdict
            .as_ref()
            .ok()
            .map(|interpreter| interpreter.stage)
    }

    fn identity(&self) -> ExecutableIdentity {
        ExecutableIdentity::of(self.executable.as_ref().unwrap_or(&self.path))
    }

    fn new(found: PythonExecutable, answer: Result<InterpreterInfo, UnusablePython>) -> Self {
        Self {
            executable: answer.as_ref().ok().and_then(InterpreterInfo::executable),
            verdict: answer.and_then(|info| info.judge(&found.path)),
            path: found.path,
            source: found.source,
        }
    }
}

impl fmt::Display for PythonInstallation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = self.path.display();
        match &self.verdict {
            Ok(interpreter) => write!(f, "{path} is CPython {}", interpreter.shown_version()),
            Err(reason) => write!(f, "{path} {reason}"),
        }
    }
}

/// Decides whether the interpreter at `path` can be recorded.
pub(super) fn examine(
    environment: &SearchEnvironment,
    path: &Path,
) -> Result<Interpreter, UnusablePython> {
    let info = match cache::get(environment, path) {
        Some(info) => info,
        None => ask(environment, path)?,
    };
    info.judge(path)
}

fn ask(environment: &SearchEnvironment, path: &Path) -> Result<InterpreterInfo, UnusablePython> {
    // Taken before the interpreter is asked: should it be replaced meanwhile, the cached answer
    // does not fit the new one.
    let key = cache::CacheKey::of(environment, path);
    let info = probe::ask(path, probe::LIMIT)?;
    if let Some(key) = key {
        cache::put(environment, key, &info);
    }
    Ok(info)
}

/// Finds every Python, newest first.
pub(super) fn find_all(environment: &SearchEnvironment) -> Vec<PythonInstallation> {
    // Wanting none makes it look at all.
    newest(environment, |_| false).err().unwrap_or_default()
}

/// Finds the newest of each version that can be recorded, newest first. Scripts are asked only when
/// there is no other.
pub(super) fn one_of_each_version(environment: &SearchEnvironment) -> Vec<Interpreter> {
    let (themselves, stand_ins) = split(python_executables(environment));
    let usable = |executables| {
        let mut found = examine_all(environment, executables);
        sort(&mut found);
        let mut usable: Vec<_> = found
            .into_iter()
            .filter_map(|installation| installation.verdict.ok())
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

/// Finds the newest interpreter that can be recorded and is `wanted`, or else returns everything that
/// was found. What comes before a release is taken only where no release is wanted.
///
/// A script has to be started to be known, and what it starts lies somewhere itself: scripts are
/// asked only when nothing else will do.
pub(super) fn newest(
    environment: &SearchEnvironment,
    wanted: impl Fn(&Interpreter) -> bool,
) -> Result<Interpreter, Vec<PythonInstallation>> {
    let (themselves, stand_ins) = split(python_executables(environment));
    let mut found = examine_all(environment, themselves);
    sort(&mut found);
    if let Some(interpreter) = first_usable(&found, &wanted) {
        return Ok(interpreter);
    }
    found.extend(examine_all(environment, stand_ins));
    // Of an interpreter and a script that starts it, the interpreter comes first and stays.
    let mut seen = HashSet::new();
    found.retain(|installation| seen.insert(installation.identity()));
    sort(&mut found);
    first_usable(&found, &wanted).ok_or(found)
}

fn first_usable(
    found: &[PythonInstallation],
    wanted: impl Fn(&Interpreter) -> bool,
) -> Option<Interpreter> {
    let usable = found
        .iter()
        .filter_map(|installation| installation.verdict.as_ref().ok())
        .filter(|interpreter| wanted(interpreter));
    let released = usable
        .clone()
        .find(|interpreter| interpreter.stage.is_final());
    released.or_else(|| usable.clone().next()).cloned()
}

/// Separates interpreters from scripts and other programs that start one.
fn split(executables: Vec<PythonExecutable>) -> (Vec<PythonExecutable>, Vec<PythonExecutable>) {
    executables
        .into_iter()
        .partition(|executable| is_interpreter_itself(&executable.path))
}

/// An executable of which the cache knows nothing.
type Unknown = (Option<InterpreterInfo>, PythonExecutable);

/// Examines executables. Those that must be started are started all at once: one that hangs, or many
/// that are new, take no longer than the slowest.
fn examine_all(
    environment: &SearchEnvironment,
    executables: Vec<PythonExecutable>,
) -> Vec<PythonInstallation> {
    let (known, unknown): (Vec<_>, Vec<Unknown>) = executables
        .into_iter()
        .map(|executable| (cache::get(environment, &executable.path), executable))
        .partition(|(info, _)| info.is_some());
    let known = known
        .into_iter()
        .filter_map(|(info, executable)| Some(PythonInstallation::new(executable, Ok(info?))));
    let asked = thread::scope(|scope| {
        let start = |(_, executable): &Unknown| {
            let path = executable.path.clone();
            let thread = thread::Builder::new();
            thread.spawn_scoped(scope, move || ask(environment, &path))
        };
        let threads: Vec<_> = unknown.iter().map(start).collect();
        let asked = threads.into_iter().zip(unknown);
        let finish = |(thread, (_, executable)): (io::Result<ScopedJoinHandle<'_, _>>, Unknown)| {
            let answer = match thread {
                Ok(thread) => thread.join().expect("asking does not panic"),
                // Where there can be no more threads, it is asked for its own time.
                Err(_) => ask(environment, &executable.path),
            };
            PythonInstallation::new(executable, answer)
        };
        asked.map(finish).collect::<Vec<_>>()
    });
    known.chain(asked).collect()
}

/// Sorts installations, newest first; of one version, an interpreter before the virtual environments
/// made from it.
fn sort(found: &mut [PythonInstallation]) {
    found.sort_by_cached_key(|installation| {
        let in_environment = pyvenv_cfg(&installation.path).is_some();
        (
            Reverse((installation.version(), installation.stage())),
            in_environment,
            installation.path.clone(),
        )
    });
}

#[cfg(test)]
mod tests {
    use super::super::testing::TestMachine;
    use super::*;

    fn listed(machine: &TestMachine) -> Vec<String> {
        let found = find_all(&machine.environment());
        let lines = found
            .iter()
            .map(|installation| match &installation.verdict {
                Ok(_) => format!("{} usable", installation.path.display()),
                Err(reason) => format!("{} {reason}", installation.path.display()),
            });
        lines.map(|line| machine.redact(line)).collect()
    }

    #[test]
    fn the_newest_comes_first_and_what_gives_no_version_comes_last() {
        let machine = TestMachine::new();
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
        let machine = TestMachine::new();
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
        let machine = TestMachine::new();
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
        let machine = TestMachine::new();
        let started = machine.at("started");
        machine.script("path/python3.13", &format!("touch '{}'", started.display()));
        machine.remembered("usr/bin/python3.12", (3, 12, 1));
        let found = newest(&machine.environment(), |_| true).unwrap();
        assert_eq!(found.version, (3, 12, 1));
        assert!(!started.exists());
    }

    // The one test here that needs a real Python: what is asked of it has to be understood.
    #[test]
    fn a_stock_cpython_answers_and_is_cached() {
        let machine = TestMachine::new();
        let environment = SearchEnvironment {
            xdg_cache_home: Some(machine.at("cache")),
            ..SearchEnvironment::current()
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
