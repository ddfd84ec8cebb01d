//! Runs of a program of which the end and the output are kept.

use std::env;
use std::ffi::{OsStr, OsString};
use std::fs::{self, File};
use std::io;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use interpreters::Interpreter;
use tempfile::TempDir;
use truename::imports::lazy::Behaviour;
use wait_timeout::ChildExt;

use super::descendants::{Descendant, descendants};

const SITECUSTOMIZE: &str = include_str!("sitecustomize.py");
/// The variable with the earlier `PYTHONPATH`; it also says that imports are to be kept eager.
const ORIGINAL_PATH: &str = "TRUENAME_LAZY_PYTHONPATH";
const ALL_LAZY: [&str; 2] = ["-X", "lazy_imports=all"];

/// A run may take so many times what the program as it is takes, and so much more.
const TIMES_LONGER: u32 = 10;
const AND_MORE: Duration = Duration::from_secs(5);
/// The time in which a program that is asked to end may do so.
const GRACE: Duration = Duration::from_secs(2);

/// A way to run the program.
#[derive(Clone, Copy)]
pub enum Laziness<'a> {
    /// As it is.
    AsItIs,
    /// Under `-X lazy_imports=all`.
    All,
    /// The same, and yet the imports of these modules are eager.
    AllBut(&'a [String]),
    /// The same, and yet all imports are eager: the names of their modules are kept.
    AllAsked,
}

/// A program, and a folder for what its runs leave.
pub struct Trials<'a> {
    interpreter: &'a Interpreter,
    arguments: &'a [OsString],
    folder: TempDir,
    /// The time that a run may take; no bound for the program as it is.
    limit: Option<Duration>,
}

impl<'a> Trials<'a> {
    pub fn new(interpreter: &'a Interpreter, arguments: &'a [OsString]) -> io::Result<Self> {
        let folder = TempDir::with_prefix("truename-lazy-")?;
        let trials = Self {
            interpreter,
            arguments,
            folder,
            limit: None,
        };
        fs::create_dir(trials.site())?;
        fs::write(trials.site().join("sitecustomize.py"), SITECUSTOMIZE)?;
        Ok(trials)
    }

    /// Ends each further run that goes on much longer than these of the program as it is.
    pub fn limit_by(&mut self, runs: &[Behaviour]) {
        let longest = runs.iter().map(|run| run.time).max();
        self.limit = longest.map(|longest| longest * TIMES_LONGER + AND_MORE);
    }

    /// Runs the program without a recording.
    pub fn run(&self, laziness: Laziness<'_>) -> io::Result<Behaviour> {
        let mut command = Command::new(&self.interpreter.path);
        self.finish(&mut command, laziness)
    }

    /// Runs the program by `truename run`, with its trace in a folder. Returns also what truename itself says of it.
    pub fn record(&self, laziness: Laziness<'_>, folder: &Path) -> io::Result<Behaviour> {
        let mut command = Command::new(env::current_exe()?);
        command
            .args(["run", "--quiet", "--python"])
            .arg(&self.interpreter.path);
        command.arg("--out").arg(folder).arg("--");
        self.finish(&mut command, laziness)
    }

    /// Returns the modules that the imports of the last run with [`Laziness::AllAsked`] named, in order.
    pub fn asked(&self) -> io::Result<Vec<String>> {
        let names = match fs::read_to_string(self.site().join("asked")) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => String::new(),
            other => other?,
        };
        Ok(names.lines().map(str::to_owned).collect())
    }

    fn site(&self) -> PathBuf {
        self.folder.path().join("site")
    }

    fn finish(&self, command: &mut Command, laziness: Laziness<'_>) -> io::Result<Behaviour> {
        let eager = self.site().join("eager");
        match laziness {
            Laziness::AsItIs => {}
            Laziness::All => drop(command.args(ALL_LAZY)),
            Laziness::AllBut(names) => {
                fs::write(eager, names.join("\n"))?;
                self.keep_eager(command);
            }
            Laziness::AllAsked => {
                for file in [eager, self.site().join("asked")] {
                    match fs::remove_file(file) {
                        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
                        _ => {}
                    }
                }
                self.keep_eager(command);
            }
        }
        let [stdout, stderr] = ["stdout", "stderr"].map(|name| self.folder.path().join(name));
        command.args(self.arguments).stdin(Stdio::null());
        command
            .stdout(File::create(&stdout)?)
            .stderr(File::create(&stderr)?);
        let start = Instant::now();
        let (status, ended_after) = self.wait(command.spawn()?)?;
        let time = start.elapsed();
        let stderr = fs::read(stderr)?;
        let lines = stderr.split_inclusive(|byte| *byte == b'\n');
        let (own, others): (Vec<_>, Vec<_>) =
            lines.partition(|line| line.starts_with(b"truename: "));
        let own = own
            .iter()
            .map(|line| String::from_utf8_lossy(line).trim_end().to_owned());
        Ok(Behaviour {
            status: status.code(),
            signal: status.signal(),
            ended_after,
            time,
            stdout: fs::read(stdout)?,
            stderr: others.concat(),
            warnings: own.collect(),
        })
    }

    /// Waits for a run, and ends it after the limit, which is returned then, with all processes that it has started. A
    /// recorded one passes the first signal on.
    fn wait(&self, mut child: Child) -> io::Result<(ExitStatus, Option<Duration>)> {
        let Some(limit) = self.limit else {
            return Ok((child.wait()?, None));
        };
        if let Some(status) = child.wait_timeout(limit)? {
            return Ok((status, None));
        }
        let others = descendants(child.id());
        let pid = i32::try_from(child.id()).map_err(io::Error::other)?;
        // SAFETY: only sends a signal, to a child that nobody has waited for.
        unsafe { libc::kill(pid, libc::SIGTERM) };
        let ended = child.wait_timeout(GRACE)?;
        others.iter().for_each(Descendant::kill);
        // A recording ends with its program.
        if ended.is_none() && child.wait_timeout(GRACE)?.is_none() {
            child.kill()?;
        }
        Ok((child.wait()?, Some(limit)))
    }

    fn keep_eager(&self, command: &mut Command) {
        let original = env::var_os("PYTHONPATH").unwrap_or_default();
        let mut path = self.site().into_os_string();
        if !original.is_empty() {
            path.push(OsStr::new(":"));
            path.push(&original);
        }
        command.env("PYTHONPATH", path).env(ORIGINAL_PATH, original);
        command.args(ALL_LAZY);
    }
}
