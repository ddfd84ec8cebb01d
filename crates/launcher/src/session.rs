//! One run of a program under the recorder.

use std::ffi::OsString;
use std::io;
use std::path::PathBuf;
use std::process::Command;

use spool::{Recorded, RecordingConfig, ValueDetail};
use trace_filter::FilterConfig;

use super::child::{self, Ended, Status};
use super::environment;
use super::finish::{self, Finished};
use super::follow::{Follower, Spools};
use super::injection::InjectionMode;
use super::output::Output;
use super::payload::Payload;
use super::unrecorded;
use failure::{Failure, Result};
use interpreters::Interpreter;
use interpreters::command_line::{Program, PythonArguments};
use trace::Format;

/// A program to run, and the place for its trace.
#[derive(Clone, Debug)]
pub struct Launch {
    /// The interpreter.
    pub interpreter: Interpreter,
    /// Its command line.
    pub arguments: Vec<OsString>,
    /// The trace folder.
    pub folder: PathBuf,
    /// The format of the events.
    pub format: Format,
    /// How much is recorded.
    pub recorded: Recorded,
    /// The filters that leave code and values out.
    pub filters: FilterConfig,
    /// True if Python processes that the program starts are recorded too.
    pub with_children: bool,
}

/// The result of a run.
#[derive(Debug)]
pub struct Outcome {
    /// The end of the program.
    pub status: Status,
    /// The trace; `None` when Python ran no program: it printed its version or help, or refused
    /// the command line.
    pub trace: Option<Finished>,
    /// Why there is no trace of a program that failed by itself. (For one that did not, this is an
    /// error of the run.)
    pub complaint: Option<Failure>,
}

/// Runs a Python program and records it.
///
/// # Errors
///
/// When it cannot be started, when nothing was recorded of a program that itself succeeded, and
/// when the trace folder cannot be used.
pub fn launch(launch: &Launch) -> Result<Outcome> {
    let read = PythonArguments::read(&launch.arguments);
    if read.program == Program::Nothing {
        let (ended, ()) = run(&mut launch.command(), launch, |_| ())?;
        return Ok(Outcome {
            status: ended.status,
            trace: None,
            complaint: None,
        });
    }
    launch.record(InjectionMode::of(&read))
}

impl Launch {
    fn command(&self) -> Command {
        let mut command = Command::new(&self.interpreter.path);
        command.args(&self.arguments);
        command
    }

    fn record(&self, mode: InjectionMode) -> Result<Outcome> {
        mode.supported()?;
        let output = Output::named(&self.folder)?;
        let filters = match self.recorded.values {
            ValueDetail::None => self.filters.clone().without_values(),
            ValueDetail::Args | ValueDetail::Full => self.filters.clone(),
        };
        let _claim = output.prepare(&RecordingConfig {
            recorded: self.recorded,
            filters,
        })?;
        let (ended, follower) = self
            .run_recorded(&output, mode)
            .inspect_err(|_| output.discard())?;
        let spools = follower.stop().ok_or_else(|| {
            let shown = output.shown.display();
            Failure::new(format!(
                "the recording could not be followed, by a mistake of truename's own. It is kept: \
                 truename finish {shown} makes a trace of it."
            ))
        })?;
        let spools = finish::readable(spools, &output)?;
        let trace = finish::write_traces(&output, spools, Some(ended.pid))?;
        if let Some(trace) = &trace
            && trace.is_empty()
            && !ended.status.is_success()
        {
            output.discard();
            return Ok(Outcome {
                status: ended.status,
                trace: None,
                complaint: Some(Failure::new(
                    "there is no trace: Python stopped before the program's first line ran. See \
                     what it printed above.",
                )),
            });
        }
        if trace.is_some() {
            return Ok(Outcome {
                status: ended.status,
                trace,
                complaint: None,
            });
        }
        let complaint = self.nothing_recorded(&output, mode, ended);
        output.discard();
        if ended.status.is_success() {
            return Err(complaint);
        }
        Ok(Outcome {
            status: ended.status,
            trace: None,
            complaint: Some(complaint),
        })
    }

    /// Runs the program; where the recorder's files are temporary they go with its end.
    fn run_recorded(&self, output: &Output, mode: InjectionMode) -> Result<(Ended, Follower)> {
        let payload = Payload::provide(mode)?;
        let mut command = self.command();
        environment::prepare(
            &mut command,
            &payload,
            mode,
            output.spool(),
            self.with_children,
        );
        run(&mut command, self, |pid| {
            let only = (!self.with_children).then_some(pid);
            let folder = output.spool().to_owned();
            Follower::start(Spools::in_folder(folder, self.format, only))
        })
    }

    fn nothing_recorded(&self, output: &Output, mode: InjectionMode, ended: Ended) -> Failure {
        let python = self.interpreter.path.display();
        let refusals = unrecorded::refusals(output);
        let own = refusals.iter().find(|(pid, _)| *pid == ended.pid);
        if let Some((_, reason)) = own.or(refusals.first()) {
            return Failure::new(format!(
                "nothing was recorded, so there is no trace: the recorder could not start in \
                 {python}: {reason}. `truename pythons` lists interpreters that can be recorded."
            ));
        }
        let reason = match (ended.status, mode) {
            (Status::Exited(0), InjectionMode::Preload) => {
                "under -I, -E or -S the recorder enters through LD_PRELOAD, and this interpreter \
                 did not take it: it is linked statically, or runs with other privileges. Run it \
                 without these options, or another one with --python."
            }
            (Status::Exited(0), InjectionMode::SiteCustomize) => {
                "this interpreter never looked for the module sitecustomize, through which the \
                 recorder enters. If a script in between changes PYTHONPATH or adds -I, -E or -S, \
                 name the interpreter itself with --python."
            }
            _ => {
                "it ended before it ran the program, or before the recorder could start. See \
                 what it printed above; `truename pythons` lists other interpreters."
            }
        };
        Failure::new(format!(
            "nothing was recorded, so there is no trace: {python} was started, and {reason}"
        ))
    }
}

fn run<T>(
    command: &mut Command,
    launch: &Launch,
    meanwhile: impl FnOnce(u32) -> T,
) -> Result<(Ended, T)> {
    child::run(command, meanwhile).map_err(|error| {
        let python = launch.interpreter.path.display();
        let remedy = match error.raw_os_error() {
            Some(libc::E2BIG) => "Give it fewer or shorter arguments.",
            _ if error.kind() == io::ErrorKind::PermissionDenied => {
                "Make it executable, or name another one with --python."
            }
            _ => "Name another one with --python.",
        };
        Failure::new(format!("{python} could not be started: {error}. {remedy}"))
    })
}
