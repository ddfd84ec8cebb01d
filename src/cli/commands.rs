//! The commands.

use std::io::{self, Write};
use std::path::Path;

use trace::check::{CheckReport, Problem};
use trace::read::run_folders;
use truename::view::pythons::{write_json, write_list};

use super::advice;
use super::arguments::{CheckArguments, FinishArguments, PythonsArguments};
use super::failure::{Failure, Result};
use super::output::print;
use super::run::{show_next, warn};

pub fn finish(finish: &FinishArguments) -> Result<u8> {
    // Of several runs, one is the unfinished one.
    let mut runs = run_folders(&finish.folder)?.into_iter();
    let folder = runs.find(|run| launcher::is_unfinished(run));
    let folder = folder.unwrap_or_else(|| finish.folder.clone());
    let trace = launcher::finish(&folder, finish.format.into()).map_err(advice::on_finish)?;
    warn(&folder, &trace);
    show_next(&folder, 1, &trace);
    Ok(0)
}

pub fn check(check: &CheckArguments) -> Result<u8> {
    let mut is_ok = true;
    for run in run_folders(&check.folder)? {
        refuse_unfinished(&run)?;
        let report = truename::check(&run)?;
        is_ok &= report.is_ok();
        print(|out| {
            if run != check.folder {
                writeln!(out, "{}:", run.display())?;
            }
            write_report(out, &report)
        })?;
    }
    Ok(u8::from(!is_ok))
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
