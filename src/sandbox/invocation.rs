//! A command that runs a scenario's program, and how it ended.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fs::{self, File};
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus};
use std::time::Duration;

use super::error::SandboxError;
use super::folders::Sandbox;
use super::leftovers;
use super::program::Program;
use crate::fixture::{self, Exit};
use crate::tree::time_limit;

/// The time that helpers of `multiprocessing` may take to end after the program.
const GRACE: Duration = Duration::from_secs(5);

/// A command line with its surroundings.
#[derive(Clone, Debug)]
pub(crate) struct Invocation {
    words: Vec<String>,
    directory: PathBuf,
    variables: BTreeMap<String, String>,
    stdin: PathBuf,
}

/// The end of a run, and its output.
#[derive(Clone, Debug)]
pub(crate) struct Ended {
    /// The program's end; `None` when it was killed at the time limit.
    pub(crate) exit: Option<Exit>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
    /// The processes that went on, and were killed.
    pub(crate) left: Vec<String>,
}

impl Invocation {
    /// The words of a command that runs a program.
    pub(crate) fn new(words: Vec<String>, program: &Program) -> Self {
        Self {
            words,
            directory: program.folder.clone(),
            variables: program.environment.clone(),
            stdin: program.stdin.clone(),
        }
    }

    /// Sets a variable of the command.
    pub(crate) fn set(&mut self, name: &str, value: String) {
        self.variables.insert(name.to_owned(), value);
    }

    /// Runs the command; after `limit` it is killed, and all that it started with it.
    pub(crate) fn run(&self, sandbox: &Sandbox, limit: Duration) -> Result<Ended, SandboxError> {
        let failed = |source| SandboxError::File {
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
    pub(crate) fn by_hand(&self) -> String {
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
