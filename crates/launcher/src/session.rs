//! One run of a program under the recorder.

use std::process::Command;

use interpreters::command_line::{PythonArguments, PythonProgram};
use spool::InjectionMode;

use super::child::{self, EndedProgram, ProgramStatus};
use super::error::{LauncherError, NoTrace};
use super::finish;
use super::follow::Follower;
use super::injection;
use super::output_folder::OutputFolder;
use super::payload::Payload;
use super::request::LaunchRequest;
use super::run_report::RunReport;
use super::spools::Spools;
use super::unrecorded;

/// Runs a Python program and records it.
///
/// # Errors
///
/// When it cannot be started, when nothing was recorded of a program that itself succeeded, and
/// when the trace folder cannot be used.
pub fn launch(request: &LaunchRequest) -> Result<RunReport, LauncherError> {
    let read = PythonArguments::read(&request.arguments);
    if read.program == PythonProgram::Nothing {
        let (ended, ()) = run(&mut request.command(), request, |_| ())?;
        return Ok(RunReport {
            status: ended.status,
            trace: None,
            complaint: None,
        });
    }
    record(request, injection::mode(&read, request.everywhere)?)
}

fn record(request: &LaunchRequest, mode: InjectionMode) -> Result<RunReport, LauncherError> {
    let output = OutputFolder::named(&request.folder)?;
    let lock = output.prepare(request.recorded, &request.filters, request.format)?;
    let (ended, follower) =
        run_recorded(request, &output, mode).inspect_err(|_| output.discard())?;
    let spools = finish::stop_following(follower, &output, &lock)?;
    let report = |trace, complaint| RunReport {
        status: ended.status,
        trace,
        complaint,
    };
    let complaint = match finish::write_traces(&output, spools, Some(ended))? {
        Some(trace) if trace.is_empty() && !ended.status.is_success() => NoTrace::StoppedEarly,
        Some(trace) => return Ok(report(Some(trace), None)),
        None => nothing_recorded(request, &output, mode, ended),
    };
    output.discard();
    if ended.status.is_success() {
        return Err(LauncherError::NoTrace(complaint));
    }
    Ok(report(None, Some(complaint)))
}

/// Runs the program; where the recorder's files are temporary they go with its end.
fn run_recorded(
    request: &LaunchRequest,
    output: &OutputFolder,
    mode: InjectionMode,
) -> Result<(EndedProgram, Follower), LauncherError> {
    let payload = Payload::provide(mode).map_err(LauncherError::Payload)?;
    let mut command = request.command();
    injection::inject(&mut command, &payload, mode, output.spool(), request);
    run(&mut command, request, |pid| {
        let is_alone = !request.with_children;
        Follower::start(Spools::of(
            output.clone(),
            request.format,
            Some(pid),
            is_alone,
        ))
    })
}

fn nothing_recorded(
    request: &LaunchRequest,
    output: &OutputFolder,
    mode: InjectionMode,
    ended: EndedProgram,
) -> NoTrace {
    let python = request.interpreter.path.clone();
    let refusals = unrecorded::refusals(output.spool());
    let own = refusals.iter().find(|refusal| refusal.pid == ended.pid);
    if let Some(refusal) = own.or(refusals.first()) {
        let reason = refusal.reason.clone();
        return NoTrace::Refused { python, reason };
    }
    match (ended.status, mode) {
        (ProgramStatus::Exited(0), InjectionMode::Preload) => NoTrace::NotPreloaded { python },
        (ProgramStatus::Exited(0), InjectionMode::SiteCustomize) => {
            NoTrace::NotCustomized { python }
        }
        _ => NoTrace::EndedEarly { python },
    }
}

fn run<T>(
    command: &mut Command,
    request: &LaunchRequest,
    meanwhile: impl FnOnce(u32) -> T,
) -> Result<(EndedProgram, T), LauncherError> {
    child::run(command, meanwhile).map_err(|source| LauncherError::NotStarted {
        python: request.interpreter.path.clone(),
        source,
    })
}
