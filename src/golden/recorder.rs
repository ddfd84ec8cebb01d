//! One run of `truename run`.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fs::{self, File};
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus};
use std::time::Duration;

use interpreters::{CACHE_VARIABLE, Interpreter};

use super::error::RunError;
use super::leftovers;
use super::sandbox::Sandbox;
use crate::fixture::{self, Exit, Fixture, TreePath};
use crate::tree::{Tree, time_limit};

/// The time that helpers of `multiprocessing` may take to end after the program.
const GRACE: Duration = Duration::from_secs(5);

/// A command line with its surroundings.
#[derive(Clone, Debug)]
pub(super) struct Invocation {
    words: Vec<String>,
    directory: PathBuf,
    variables: BTreeMap<String, String>,
    stdin: PathBuf,
}

/// The end of a run, and its output.
#[derive(Clone, Debug)]
pub(super) struct Ended {
    /// The program's end; `None` when it was killed at the time limit.
    pub(super) exit: Option<Exit>,
    pub(super) stdout: String,
    pub(super) stderr: String,
    /// The processes that went on, and were killed.
    pub(super) left: Vec<String>,
}

impl Invocation {
    pub(super) fn of(
        fixture: &Fixture,
        sandbox: &Sandbox,
        tree: &Tree,
        interpreter: &Interpreter,
        truename: &Path,
        packages: Option<&Path>,
    ) -> Result<Self, RunError> {
        let run = &fixture.settings.run;
        let python = match &run.interpreter {
            Some(venv) => interpreter_of(venv, fixture, tree)?,
            None => interpreter.path.clone(),
        };
        let mut words = vec![
            shown(truename),
            "run".to_owned(),
            "--python".to_owned(),
            shown(&python),
            "--out".to_owned(),
            shown(&sandbox.trace()),
        ];
        for (number, filter) in (1..).zip(&fixture.filters) {
            let file = sandbox.filter(number);
            write(&file, &tree.fill(filter)?)?;
            words.extend(["--filter".to_owned(), shown(&file)]);
        }
        for option in &run.options {
            words.push(tree.fill(option)?);
        }
        words.push("--".to_owned());
        for argument in &run.arguments {
            words.push(tree.fill(argument)?);
        }
        let directory = match &run.cwd {
            Some(path) => tree.folder(path).map_err(|source| RunError::NoDirectory {
                place: fixture.place(fixture.settings.places.cwd),
                source,
            })?,
            None => tree.root().to_owned(),
        };
        let mut variables: BTreeMap<_, _> = sandbox.variables().into_iter().collect();
        for (name, value) in &run.environment {
            variables.insert(name.clone(), tree.fill(value)?);
        }
        if let Some(packages) = packages {
            let path = variables.entry("PYTHONPATH".to_owned()).or_default();
            if !path.is_empty() {
                path.push(':');
            }
            path.push_str(&shown(packages));
        }
        // truename's own files are made once for all runs. (The program does not see it.)
        if let Some(cache) = interpreters::cache_folder() {
            variables.insert(CACHE_VARIABLE.to_owned(), shown(&cache));
        }
        let stdin = sandbox.stdin();
        write(&stdin, &tree.fill(&run.stdin)?)?;
        Ok(Self {
            words,
            directory,
            variables,
            stdin,
        })
    }

    /// Runs the command; after `limit` it is killed, and all that it started with it.
    pub(super) fn run(&self, sandbox: &Sandbox, limit: Duration) -> Result<Ended, RunError> {
        let failed = |source| RunError::File {
            path: PathBuf::from(&self.words[0]),
            source,
        };
        let mut child = Command::new(&self.words[0])
            .args(&self.words[1..])
            .current_dir(&self.directory)
            .env_clear()
            .envs(&self.variables)
            .process_group(0)
            .stdin(File::open(&self.stdin).map_err(failed)?)
            // Files, since a process that is left behind could keep a pipe open for ever.
            .stdout(File::create(sandbox.stdout()).map_err(failed)?)
            .stderr(File::create(sandbox.stderr()).map_err(failed)?)
            .spawn()
            .map_err(failed)?;
        let status = time_limit::wait(&mut child, limit).map_err(failed)?;
        let grace = status.map_or(Duration::ZERO, |_| GRACE);
        let left = leftovers::clear(sandbox.folder(), grace);
        let text = |file: PathBuf| {
            let bytes = fs::read(file).unwrap_or_default();
            String::from_utf8_lossy(&bytes).into_owned()
        };
        Ok(Ended {
            exit: status.map(exit),
            stdout: text(sandbox.stdout()),
            stderr: text(sandbox.stderr()),
            left,
        })
    }

    /// The command that does the same from a shell.
    pub(super) fn by_hand(&self) -> String {
        let variables = self
            .variables
            .iter()
            .map(|(name, value)| format!("{name}={}", quoted(value)));
        let words = self.words.iter().map(|word| quoted(word).into_owned());
        let command: Vec<_> = variables.chain(words).collect();
        format!(
            "cd {} && env -i {} < {}",
            quoted(&shown(&self.directory)),
            command.join(" "),
            quoted(&shown(&self.stdin))
        )
    }
}

/// The interpreter of a virtual environment.
fn interpreter_of(venv: &TreePath, fixture: &Fixture, tree: &Tree) -> Result<PathBuf, RunError> {
    let place = fixture.place(fixture.settings.places.interpreter);
    let python = match tree.folder(venv) {
        Ok(folder) => folder.join("bin/python"),
        Err(source) => return Err(RunError::NoEnvironment { place, source }),
    };
    let venv = venv.clone();
    match python.exists() {
        true => Ok(python),
        false => Err(RunError::NoPython { place, venv }),
    }
}

fn write(file: &Path, text: &str) -> Result<(), RunError> {
    fs::write(file, text).map_err(|source| RunError::File {
        path: file.to_owned(),
        source,
    })
}

fn exit(status: ExitStatus) -> Exit {
    match (status.code(), status.signal()) {
        (Some(code), _) => Exit::Status(u8::try_from(code).unwrap_or(u8::MAX)),
        (None, signal) => Exit::Signal(fixture::signal_name(signal.unwrap_or_default())),
    }
}

/// Returns a word as a shell reads it. No word of a fixture holds a NUL, which no shell can quote.
fn quoted(word: &str) -> Cow<'_, str> {
    shlex::try_quote(word).unwrap_or(Cow::Borrowed(word))
}

fn shown(path: &Path) -> String {
    path.to_string_lossy().into_owned()
}
