//! The commands.

use std::fs;
use std::io::{self, Write};
use std::ops::ControlFlow;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use serde_json::json;
use trace::Conversion;
use trace::check::{CheckReport, Problem};
use trace::read::{Folder, each_call, run_folders};
use truename::view::pythons::{write_json, write_list};

use super::advice;
use super::arguments::{
    CallsArguments, CheckArguments, ConvertArguments, FinishArguments, PythonsArguments,
    RecorderArguments,
};
use super::failure::{Failure, Result};
use super::output::print;
use super::progress::Progress;
use super::run::{show_next, warn};

pub fn finish(finish: &FinishArguments) -> Result<u8> {
    // Of several runs, one is the unfinished one.
    let mut runs = run_folders(&finish.folder)?.into_iter();
    let folder = runs.find(|run| launcher::is_unfinished(run));
    let folder = folder.unwrap_or_else(|| finish.folder.clone());
    let trace =
        launcher::finish(&folder, finish.format.map(Into::into)).map_err(advice::on_finish)?;
    warn(&folder, &trace);
    show_next(&folder, 1, &trace);
    Ok(0)
}

pub fn convert(convert: &ConvertArguments) -> Result<u8> {
    let target = convert.out.as_deref().unwrap_or(&convert.folder);
    if convert.out.is_some() && !is_free(target) {
        let shown = target.display();
        return Err(Failure::usage(format!(
            "{shown} is not empty, and `convert` writes into a new folder. Name another one with --out, or remove \
             {shown}."
        )));
    }
    let progress = Progress::of_reading(&convert.folder);
    let mut conversion = Conversion::default();
    for run in run_folders(&convert.folder)? {
        refuse_unfinished(&run)?;
        let place = run.strip_prefix(&convert.folder).unwrap_or(Path::new(""));
        let target = match place.as_os_str().is_empty() {
            true => target.to_owned(),
            false => target.join(place),
        };
        conversion.add(&run, convert.format.into(), &target)?;
    }
    let count = conversion.publish()?;
    drop(progress);
    print(|out| {
        let traces = if count == 1 { "trace" } else { "traces" };
        writeln!(out, "wrote {count} {traces} to {}", target.display())
    })?;
    Ok(0)
}

/// Returns whether there is nothing at a path, or an empty folder.
pub fn is_free(path: &Path) -> bool {
    match fs::read_dir(path) {
        Ok(mut entries) => entries.next().is_none(),
        Err(error) => error.kind() == io::ErrorKind::NotFound,
    }
}

pub fn check(check: &CheckArguments) -> Result<u8> {
    let mut is_ok = true;
    for run in run_folders(&check.folder)? {
        refuse_unfinished(&run)?;
        let report = {
            let _progress = Progress::of_reading(&run);
            truename::check(&run)?
        };
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

/// Prints each call of a trace: its name, file, line and depth.
pub fn calls(calls: &CallsArguments) -> Result<u8> {
    refuse_unfinished(&calls.folder)?;
    let folder = Folder::open(&calls.folder)?;
    let mut read = Ok(());
    let printed = print(|out| {
        let mut written = Ok(());
        read = each_call(&folder, |call| {
            let file = call.file.to_string_lossy();
            let line = json!([call.name, file, call.line, call.depth]);
            written = writeln!(out, "{line}");
            match written {
                Ok(()) => ControlFlow::Continue(()),
                Err(_) => ControlFlow::Break(()),
            }
        });
        written
    });
    read?;
    printed
}

/// Prints the path of the recorder's library.
pub fn recorder(recorder: &RecorderArguments) -> Result<u8> {
    let file = launcher::provide_recorder(recorder.folder.as_deref()).map_err(|error| {
        Failure::new(format!(
            "the recorder's library cannot be put on disk: {error}. Name a private folder for it: truename recorder DIR"
        ))
    })?;
    print(|out| {
        out.write_all(file.as_os_str().as_bytes())?;
        out.write_all(b"\n")
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
