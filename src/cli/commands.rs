//! The commands.

use std::io::{self, IsTerminal, Write};
use std::path::Path;

use interpreters::Interpreter;
use launcher::{LaunchRequest, TraceSummary};
use spool::Recorded;
use trace::check::{CheckReport, Problem};
use truename::view::pythons::{write_json, write_list};

use super::advice;
use super::arguments::{
    CheckArguments, DEFAULT_FOLDER, EventLevel, FinishArguments, PythonsArguments, RunArguments,
    ValueLevel,
};
use super::failure::{Failure, Result};
use super::output::{print, report};
use super::program_words::refuse_command;

pub fn run(run: RunArguments) -> Result<u8> {
    refuse_values(run.events, run.values)?;
    refuse_command(&run.arguments)?;
    let filters = launcher::filters(&run.arguments, &run.filter, !run.no_default_filter)?;
    let quiet = run.quiet;
    let interpreter = interpreters::choose(run.python.as_deref())?;
    if run.python.is_none() && !quiet {
        name_unexpected(&interpreter);
    }
    let request = LaunchRequest {
        interpreter,
        arguments: run.arguments,
        folder: run.out,
        format: run.format.into(),
        recorded: Recorded {
            events: run.events.into(),
            values: run.values.into(),
        },
        filters,
        with_children: !run.no_children,
    };
    let run = launcher::launch(&request)?;
    if let Some(complaint) = &run.complaint {
        report(&complaint.into());
    }
    if let Some(trace) = &run.trace {
        warn(&request.folder, trace);
        if !quiet {
            show_next(&request.folder, trace);
        }
    }
    Ok(run.status.adopt())
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

/// Refuses values of events that are not recorded.
fn refuse_values(events: EventLevel, values: ValueLevel) -> Result<()> {
    let missing = match (values, events) {
        (ValueLevel::Args, EventLevel::Modules) => {
            "--values args needs recorded calls: add --events calls or --events lines."
        }
        (ValueLevel::Full, EventLevel::Modules | EventLevel::Calls) => {
            "--values full needs recorded lines: add --events lines, or say --values args."
        }
        _ => return Ok(()),
    };
    Err(Failure::usage(missing))
}

pub fn finish(finish: &FinishArguments) -> Result<u8> {
    let trace =
        launcher::finish(&finish.folder, finish.format.into()).map_err(advice::on_finish)?;
    warn(&finish.folder, &trace);
    show_next(&finish.folder, &trace);
    Ok(0)
}

pub fn check(check: &CheckArguments) -> Result<u8> {
    refuse_unfinished(&check.folder)?;
    let report = truename::check(&check.folder)?;
    print(|out| write_report(out, &report))?;
    Ok(u8::from(!report.is_ok()))
}

/// Writes what was found, with advice on files that cannot be read.
fn write_report(out: &mut dyn Write, report: &CheckReport) -> io::Result<()> {
    for problem in &report.problems {
        match problem {
            Problem::File(error) => writeln!(out, "{}", Failure::from(error))?,
            Problem::Content(_) => writeln!(out, "{problem}")?,
        }
    }
    for note in &report.notes {
        writeln!(out, "{note}")?;
    }
    writeln!(out, "{}", report.summary())
}

pub fn pythons(pythons: &PythonsArguments) -> Result<u8> {
    let installations = interpreters::find_all();
    let chosen = interpreters::choose(None).ok();
    print(|out| {
        if pythons.json {
            write_json(out, &installations, chosen.as_ref())
        } else {
            write_list(out, &installations, chosen.as_ref())
        }
    })
}

/// Refuses a folder in which a recording is not over.
pub fn refuse_unfinished(folder: &Path) -> Result<()> {
    if !launcher::is_unfinished(folder) {
        return Ok(());
    }
    let shown = folder.display();
    Err(Failure::usage(format!(
        "the recording in {shown} is not finished: its program still runs, or truename was killed. \
         If it was, run: truename finish {shown}"
    )))
}

/// Warns if a trace is not whole.
fn warn(folder: &Path, trace: &TraceSummary) {
    let mut stderr = io::stderr();
    let shown = folder.display();
    if trace.broken_off > 0 {
        let _ = writeln!(
            stderr,
            "truename: warning: the trace in {shown} is not whole: the recorder had to stop before \
             the program did. `truename check {shown}` says where and why."
        );
    }
    if let Some(first) = trace.unrecorded.first() {
        let (processes, example) = match trace.unrecorded.len() {
            1 => (
                "1 Python process that the program started was".to_owned(),
                "",
            ),
            count => (
                format!("{count} Python processes that the program started were"),
                "the first of them ",
            ),
        };
        let _ = writeln!(
            stderr,
            "truename: warning: {processes} not recorded: {example}{first}."
        );
    }
}

/// Shows a person at a terminal what was recorded and the next command.
fn show_next(folder: &Path, trace: &TraceSummary) {
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
    let _ = writeln!(
        stderr,
        "truename: {bodies} in {shown}{others}; see them: {command}"
    );
}

fn counted(count: usize, one: &str, many: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { many })
}
