//! The command that runs a program, once or several times.

use std::collections::BTreeSet;
use std::io::{self, IsTerminal, Write};
use std::path::Path;

use interpreters::Interpreter;
use interpreters::command_line::{PythonArguments, PythonProgram};
use launcher::{
    LaunchRequest, ProgramStatus, RunReport, RunsFolder, TraceSummary, UnrecordedProcess,
};
use spool::Recorded;
use trace::read::run_folders;

use super::advice;
use super::arguments::{DEFAULT_FOLDER, EventLevel, RecordingArguments, RunArguments, ValueLevel};
use super::failure::{Failure, Result};
use super::output::{self, report};
use super::program_words::refuse_command;

pub fn run(run: RunArguments) -> Result<u8> {
    let recorded = recorded(&run.recording)?;
    refuse_command("run", &run.arguments)?;
    let runs = run.repeat.map_or(1, usize::from);
    if runs > 1 {
        refuse_program_from_input(&PythonArguments::read(&run.arguments).program)?;
    }
    let RecordingArguments {
        format,
        filter,
        no_default_filter,
        ..
    } = run.recording;
    let filters = launcher::filters(&run.arguments, &filter, !no_default_filter)?;
    let quiet = run.quiet;
    let interpreter = interpreters::choose(run.python.as_deref())?;
    if run.python.is_none() && !quiet {
        name_unexpected(&interpreter);
    }
    let replaces = holds_unfinished(&run.out);
    let request = LaunchRequest {
        interpreter,
        arguments: run.arguments,
        folder: run.out,
        format: format.into(),
        recorded,
        filters,
        with_children: !run.no_children,
        everywhere: run.everywhere,
    };
    let run = match runs {
        1 => once(&request)?,
        _ => repeat(&request, runs)?,
    };
    if replaces {
        output::warn(&format!(
            "the recording that was in {} had never been finished, and this one replaced it. To keep such a \
             recording, run `truename finish` first.",
            request.folder.display()
        ));
    }
    if let (Some(trace), false) = (&run.trace, quiet) {
        show_next(&request.folder, runs, trace);
    }
    Ok(run.status.adopt())
}

/// Returns whether a folder holds a recording of which nobody has made a trace.
fn holds_unfinished(folder: &Path) -> bool {
    let runs = run_folders(folder).unwrap_or_default();
    runs.iter().any(|it| launcher::is_unfinished(it))
}

/// Runs a program once, and reports what is amiss with its recording.
pub fn once(request: &LaunchRequest) -> Result<RunReport> {
    let run = launcher::launch(request)?;
    if let Some(complaint) = &run.complaint {
        report(&complaint.into());
    }
    if let Some(trace) = &run.trace {
        warn(&request.folder, trace);
    }
    Ok(run)
}

/// Runs a program several times, each with a folder of its own. The first run that failed gives its status for all, and
/// none is made after one that a signal ended or that left no trace.
fn repeat(request: &LaunchRequest, runs: usize) -> Result<RunReport> {
    let folder = RunsFolder::prepare(&request.folder)?;
    let mut last = None;
    let mut failed = None;
    let mut statuses = Vec::new();
    for number in 1..=runs {
        let run = once(&LaunchRequest {
            folder: folder.of_run(number),
            ..request.clone()
        })?;
        statuses.push(run.status);
        if !run.status.is_success() {
            failed.get_or_insert(run.status);
        }
        let is_over = run.trace.is_none() || matches!(run.status, ProgramStatus::Signalled(_));
        last = Some(run);
        if is_over {
            break;
        }
    }
    warn_of_differences(&statuses, runs);
    let last = last.expect("a program runs once at least");
    Ok(RunReport {
        status: failed.unwrap_or(last.status),
        trace: last.trace.filter(|_| statuses.len() == runs),
        complaint: None,
    })
}

/// Warns if there are fewer runs than there should be, or if they did not end alike.
fn warn_of_differences(statuses: &[ProgramStatus], runs: usize) {
    let made = statuses.len();
    if made < runs {
        output::warn(&format!(
            "run {made} of {runs} {}, and no more were made.",
            ending(statuses[made - 1])
        ));
    } else if let Some(other) = statuses.iter().position(|it| *it != statuses[0]) {
        output::warn(&format!(
            "run {} of {runs} {}, and the first one {}.",
            other + 1,
            ending(statuses[other]),
            ending(statuses[0])
        ));
    }
}

fn ending(status: ProgramStatus) -> String {
    match status {
        ProgramStatus::Exited(status) => format!("exited with {status}"),
        ProgramStatus::Signalled(signal) => format!("was ended by signal {signal}"),
    }
}

/// Refuses a program that is on standard input, where a second run finds nothing more.
pub fn refuse_program_from_input(program: &PythonProgram) -> Result<()> {
    match program {
        PythonProgram::Stdin | PythonProgram::Interactive => Err(Failure::usage(
            "the program has to run several times, and standard input can be read once only. Name a file, a \
             module with -m, or code with -c.",
        )),
        _ => Ok(()),
    }
}

/// Names an interpreter to a person at a terminal where it is not the one that `python3` starts.
fn name_unexpected(interpreter: &Interpreter) {
    let mut stderr = io::stderr();
    if !stderr.is_terminal() {
        return;
    }
    if let Some(deviation) = interpreters::deviation_from_path(interpreter) {
        let _ = writeln!(
            stderr,
            "truename: recording with {} (CPython {}), since {deviation}",
            interpreter.path.display(),
            interpreter.shown_version()
        );
    }
}

/// Returns what is to be recorded. Refuses values of events that are not.
pub fn recorded(recording: &RecordingArguments) -> Result<Recorded> {
    let missing = match (recording.values, recording.events) {
        (ValueLevel::Args, EventLevel::Modules) => {
            "--values args needs recorded calls: add --events calls or --events lines."
        }
        (ValueLevel::Full, EventLevel::Modules | EventLevel::Calls) => {
            "--values full needs recorded lines: add --events lines, or say --values args."
        }
        (values, events) => {
            return Ok(Recorded {
                events: events.into(),
                values: values.into(),
            });
        }
    };
    Err(Failure::usage(missing))
}

/// Warns if a trace is not whole.
pub fn warn(folder: &Path, trace: &TraceSummary) {
    let mut stderr = io::stderr();
    let shown = folder.display();
    if trace.broken_off > 0 {
        let _ = writeln!(
            stderr,
            "truename: warning: the trace in {shown} is not whole: the recorder had to stop before \
             the program did. `truename check {shown}` says where and why."
        );
    }
    let _ = write_unrecorded(&mut stderr, &trace.unrecorded);
}

/// Shows a person at a terminal what was recorded and the next command.
pub fn show_next(folder: &Path, runs: usize, trace: &TraceSummary) {
    let mut stderr = io::stderr();
    if !stderr.is_terminal() {
        return;
    }
    let shown = folder.display();
    let bodies = counted(trace.bodies, "module body", "module bodies");
    let others = [
        (trace.children, "child process", "child processes"),
        (trace.interpreters, "sub-interpreter", "sub-interpreters"),
    ];
    let others = others.into_iter().filter(|(count, ..)| *count > 0);
    let others: String = others
        .map(|(count, one, many)| format!(", and {}", counted(count, one, many)))
        .collect();
    let command = if folder == Path::new(DEFAULT_FOLDER) {
        "truename tree".to_owned()
    } else {
        format!("truename tree {shown}")
    };
    let runs = match runs {
        1 => String::new(),
        runs => format!("{runs} runs, "),
    };
    let _ = writeln!(
        stderr,
        "truename: {runs}{bodies} in {shown}{others}; see them: {command}"
    );
}

/// Names the processes that were not recorded, and says what to do about them.
fn write_unrecorded(out: &mut impl Write, processes: &[UnrecordedProcess]) -> io::Result<()> {
    /// More are counted.
    const NAMED: usize = 10;
    let advice: BTreeSet<_> = processes.iter().flat_map(advice::on_unrecorded).collect();
    let advice = Vec::from_iter(advice).join(" ");
    match processes {
        [] => Ok(()),
        [only] => {
            let line = format!(
                "truename: warning: 1 Python process that the program started was not recorded: {only}. {advice}"
            );
            writeln!(out, "{}", line.trim_end())
        }
        _ => {
            writeln!(
                out,
                "truename: warning: {} Python processes that the program started were not recorded:",
                processes.len()
            )?;
            for process in processes.iter().take(NAMED) {
                writeln!(out, "  {process}")?;
            }
            if processes.len() > NAMED {
                writeln!(out, "  and {} more", processes.len() - NAMED)?;
            }
            match advice.is_empty() {
                true => Ok(()),
                false => writeln!(out, "truename: {advice}"),
            }
        }
    }
}

fn counted(count: usize, one: &str, many: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { many })
}
