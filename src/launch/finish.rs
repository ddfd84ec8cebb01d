//! Spools become traces.

use std::fs;
use std::path::{Path, PathBuf};

use spool::{Reader, Record};

use super::output::{self, Output, REFUSAL_EXTENSION};
use crate::failure::{Failure, Result};
use crate::recording::{Ending, Recording};
use crate::trace::{CHILDREN_FOLDER, Format, writer};

/// What became of a recording.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Finished {
    /// The module bodies of the program's own process.
    pub bodies: usize,
    /// The child processes that were recorded.
    pub children: usize,
    /// The processes whose recording broke off before they ended.
    pub broken_off: usize,
}

impl Finished {
    /// Whether no module's body ran at all.
    pub(super) fn is_empty(&self) -> bool {
        self.bodies == 0 && self.children == 0
    }
}

/// Which processes of a recording get a trace.
#[derive(Clone, Copy, Debug)]
pub(super) struct Selection {
    /// The program's own process, where it is known.
    pub(super) pid: Option<u32>,
    pub(super) with_children: bool,
}

/// One spool, and what its first record says.
struct Spool {
    file: PathBuf,
    pid: u32,
    time: u64,
}

/// Whether `folder` holds a recording that was never finished: its truename was killed.
pub fn is_unfinished(folder: &Path) -> bool {
    Output::named(folder).is_ok_and(|output| output.spool().is_dir())
}

/// Finishes a recording whose truename was killed.
///
/// # Errors
///
/// When `folder` holds none, when a process of it still runs, and when the trace cannot be written;
/// the recording is kept then.
pub fn finish(folder: &Path, format: Format) -> Result<Finished> {
    let output = Output::named(folder)?;
    let shown = folder.display();
    if !output.spool().is_dir() {
        return Err(Failure::usage(format!(
            "{shown} holds no unfinished recording. Name a folder that `truename run` was writing \
             to when it was killed."
        )));
    }
    if let Some(running) = spools(&output.spool())?
        .iter()
        .find(|spool| spool.is_running())
    {
        return Err(Failure::new(format!(
            "the recording in {shown} is not over: its process {} still runs. Wait for it, or stop \
             it, then run truename finish again.",
            running.pid
        )));
    }
    let selection = Selection {
        pid: None,
        with_children: true,
    };
    write_traces(&output, selection, format)?.ok_or_else(|| {
        Failure::new(format!(
            "nothing was recorded in {shown} before truename was killed. Record the program again."
        ))
    })
}

/// Turns the spools of a recording into traces and removes them; `None` when there are none, and
/// then all stays as it is.
pub(super) fn write_traces(
    output: &Output,
    selection: Selection,
    format: Format,
) -> Result<Option<Finished>> {
    let mut spools = spools(&output.spool())?;
    let of_the_program = |spool: &Spool| Some(spool.pid) == selection.pid;
    let Some(main) = spools
        .iter()
        .position(of_the_program)
        .or(match spools.len() {
            0 => None,
            _ => Some(0),
        })
    else {
        return Ok(None);
    };
    let main = spools.remove(main);
    if !selection.with_children {
        spools.clear();
    }
    let main = write_trace(&main, output, &output.folder, format)?;
    let mut broken_off = usize::from(main.is_broken_off);
    let children = output.folder.join(CHILDREN_FOLDER);
    for (number, child) in (1..).zip(&spools) {
        let written = write_trace(child, output, &children.join(number.to_string()), format)?;
        broken_off += usize::from(written.is_broken_off);
    }
    output.remove_spool();
    Ok(Some(Finished {
        bodies: main.bodies,
        children: spools.len(),
        broken_off,
    }))
}

/// Why processes that were to be recorded were not, by their ids.
pub(super) fn refusals(output: &Output) -> Vec<(u32, String)> {
    let entries = output::entries(&output.spool()).unwrap_or_default();
    let files = entries.into_iter().map(|(_, file)| file);
    files
        .filter(|file| file.extension().is_some_and(|it| it == REFUSAL_EXTENSION))
        .filter_map(|file| {
            let pid = file.file_stem()?.to_str()?.parse().ok()?;
            let reason = fs::read(&file).ok()?;
            Some((pid, String::from_utf8_lossy(&reason).into_owned()))
        })
        .collect()
}

/// The spools in a folder by the time at which they begin. A process that ended before it could
/// say who it is ran no module body either.
fn spools(folder: &Path) -> Result<Vec<Spool>> {
    let entries = output::entries(folder).map_err(|error| {
        Failure::new(format!(
            "{} cannot be read: {error}. Make it readable, then run truename finish.",
            folder.display()
        ))
    })?;
    let mut spools: Vec<_> = entries
        .into_iter()
        .map(|(_, file)| file)
        .filter(|file| {
            file.extension()
                .is_some_and(|it| it == spool::FILE_EXTENSION)
        })
        .filter_map(Spool::at)
        .collect();
    spools.sort_by(|a, b| (a.time, &a.file).cmp(&(b.time, &b.file)));
    Ok(spools)
}

impl Spool {
    fn at(file: PathBuf) -> Option<Self> {
        let reader = Reader::open(&file)
            .inspect_err(|error| log::warn!("{}: {error}", file.display()))
            .ok()?;
        let (pid, time) = match reader.records().next()? {
            Ok(Record::Process(process)) => (process.pid, process.time),
            _ => {
                log::warn!("{} does not say whose it is", file.display());
                return None;
            }
        };
        Some(Self { file, pid, time })
    }

    /// Whether the process still runs, or another one has its id by now.
    fn is_running(&self) -> bool {
        let Ok(pid) = libc::pid_t::try_from(self.pid) else {
            return false;
        };
        // One that is dead and that nobody has waited for keeps its id. (There is no `/proc` on
        // macOS, where such a process counts as running.)
        let state = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
        let is_dead = state
            .rsplit(") ")
            .next()
            .is_some_and(|rest| rest.starts_with('Z'));
        // SAFETY: signal 0 is never delivered: the call only looks for the process.
        !is_dead && unsafe { libc::kill(pid, 0) == 0 }
    }
}

/// What is in the trace of one process.
struct Written {
    bodies: usize,
    is_broken_off: bool,
}

/// Writes the trace of one spool.
fn write_trace(spool: &Spool, output: &Output, folder: &Path, format: Format) -> Result<Written> {
    let kept = |failure: String| {
        Failure::new(format!(
            "{failure} What was recorded is kept: truename finish {} makes a trace of it.",
            output.shown.display()
        ))
    };
    let recording = read(spool).map_err(kept)?;
    writer::write(folder, &recording, format).map_err(|failure| kept(failure.to_string()))?;
    let bodies = recording.bodies.iter();
    Ok(Written {
        bodies: bodies.filter(|body| body.identity.name.is_some()).count(),
        is_broken_off: matches!(recording.ending, Ending::Lost { .. }),
    })
}

fn read(spool: &Spool) -> std::result::Result<Recording, String> {
    let cannot = |error: &dyn std::fmt::Display| {
        format!("{} cannot be read: {error}.", spool.file.display())
    };
    let reader = Reader::open(&spool.file).map_err(|error| cannot(&error))?;
    let mut latest = spool.time;
    let records = reader.records().map(|record| match record {
        Ok(record) => {
            latest = time(&record);
            record
        }
        Err(damage) => Record::Lost {
            time: latest,
            reason: format!("the spool is damaged: {damage}").into(),
        },
    });
    Recording::from_records(records).map_err(|error| cannot(&error))
}

fn time(record: &Record<'_>) -> u64 {
    match record {
        Record::Process(process) => process.time,
        Record::Begin(begin) => begin.time,
        Record::End(end) => end.time,
        Record::Stop { time } | Record::Lost { time, .. } => *time,
    }
}
