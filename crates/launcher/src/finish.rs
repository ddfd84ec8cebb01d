//! Finishing: spools become traces.

use std::path::Path;

use trace::recording::ProcessEnd;
use trace::{CHILDREN_FOLDER, Format};

use super::child::{EndedProgram, ProgramStatus};
use super::error::LauncherError;
use super::folder_lock::FolderLock;
use super::followed::FollowedSpool;
use super::output_folder::OutputFolder;
use super::run_report::TraceSummary;
use super::spools::Spools;
use super::unrecorded::{self, UnrecordedProcess};

/// Returns whether `folder` holds a recording that was never finished: its truename was killed.
pub fn is_unfinished(folder: &Path) -> bool {
    OutputFolder::named(folder).is_ok_and(|output| output.unfinished().is_some())
}

/// Finishes a recording whose truename was killed.
///
/// # Errors
///
/// When `folder` holds none, when a process of it still runs, when another truename is at work in it, and when
/// the trace cannot be written; the recording is kept then.
pub fn finish(folder: &Path, format: Format) -> Result<TraceSummary, LauncherError> {
    let output = OutputFolder::named(folder)?;
    let shown = output.shown.clone();
    let folder = || shown.clone();
    let _lock = FolderLock::acquire(&output.folder)
        .ok_or_else(|| LauncherError::FolderInUse { folder: folder() })?;
    let output = output
        .unfinished()
        .ok_or_else(|| LauncherError::NothingUnfinished { folder: folder() })?;
    let mut spools = Spools::in_folder(output.spool().to_owned(), format, None);
    while spools.read() > 0 {}
    if let Some((file, source)) = spools.take_foreign() {
        return Err(LauncherError::ForeignSpool {
            folder: folder(),
            file,
            source,
        });
    }
    let (spools, unreadable) = readable(spools, &output)?;
    if let Some(running) = spools.iter().find(|spool| spool.is_running()) {
        return Err(LauncherError::StillRunning {
            folder: folder(),
            pid: pid_of(running),
        });
    }
    write_traces(&output, spools, unreadable, None)?
        .ok_or_else(|| LauncherError::EmptyRecording { folder: folder() })
}

/// Turns spools, by the time at which they begin, into traces and removes them; `None` when there
/// are none, and then all stays as it is. The first one of the program's own process gets the trace at the top.
pub(super) fn write_traces(
    output: &OutputFolder,
    mut spools: Vec<FollowedSpool>,
    unreadable: Vec<UnrecordedProcess>,
    program: Option<EndedProgram>,
) -> Result<Option<TraceSummary>, LauncherError> {
    if spools.is_empty() {
        return Ok(None);
    }
    end_processes(&mut spools, program);
    let pid = program.map(|program| program.pid);
    let is_main =
        |spool: &FollowedSpool| Some(pid_of(spool)) == pid && !spool.is_of_an_interpreter();
    let main = spools.remove(spools.iter().position(is_main).unwrap_or(0));
    let main = write_trace(main, output, &output.folder)?;
    let mut broken_off = usize::from(main.is_broken_off);
    let children = output.folder.join(CHILDREN_FOLDER);
    let interpreters = spools.iter().filter(|spool| spool.is_of_an_interpreter());
    let interpreters = interpreters.count();
    let count = spools.len() - interpreters;
    for (number, child) in (1..).zip(spools) {
        let written = write_trace(child, output, &children.join(number.to_string()))?;
        broken_off += usize::from(written.is_broken_off);
    }
    let mut unrecorded = unrecorded::unrecorded(output.spool());
    unrecorded.extend(unreadable);
    output.remove_spool();
    Ok(Some(TraceSummary {
        bodies: main.bodies,
        children: count,
        interpreters,
        broken_off,
        skipped: main.skipped,
        unrecorded,
    }))
}

/// Notes how the process of each spool ended, as far as that is known.
fn end_processes(spools: &mut [FollowedSpool], program: Option<EndedProgram>) {
    let mut later: Vec<u32> = Vec::new();
    for spool in spools.iter_mut().rev() {
        let pid = pid_of(spool);
        let end = match program {
            // It replaced itself (`os.execv`), and the other program was recorded as well.
            _ if later.contains(&pid) => Some(ProcessEnd::Exited),
            Some(program) if program.pid == pid => Some(match program.status {
                ProgramStatus::Exited(_) => ProcessEnd::Exited,
                ProgramStatus::Signalled(signal) => ProcessEnd::Killed(signal),
            }),
            _ => None,
        };
        spool.end(end);
        // Interpreters of a process come after it, and do not replace it.
        if !spool.is_of_an_interpreter() {
            later.push(pid);
        }
    }
}

fn pid_of(spool: &FollowedSpool) -> u32 {
    spool.trace.start().process.pid
}

/// Returns the spools that become traces, and the processes of those that cannot.
///
/// # Errors
///
/// When too many files were open for one, or the folder could not be listed, and nothing has been done to any.
pub(super) fn readable(
    mut spools: Spools,
    output: &OutputFolder,
) -> Result<(Vec<FollowedSpool>, Vec<UnrecordedProcess>), LauncherError> {
    let Some((file, source)) = spools.take_unread() else {
        let unreadable = spools.take_unreadable().into_iter();
        let unreadable = unreadable.map(UnrecordedProcess::unreadable).collect();
        return Ok((spools.into_followed(), unreadable));
    };
    Err(LauncherError::SpoolsNotRead {
        file,
        folder: output.shown.clone(),
        source,
    })
}

/// The trace of one process.
struct WrittenTrace {
    bodies: usize,
    skipped: u64,
    is_broken_off: bool,
}

/// Finishes the trace of one spool.
fn write_trace(
    spool: FollowedSpool,
    output: &OutputFolder,
    folder: &Path,
) -> Result<WrittenTrace, LauncherError> {
    let published = spool.trace.publish(folder);
    let recording = published.map_err(|source| LauncherError::TraceNotWritten {
        folder: output.shown.clone(),
        source,
    })?;
    let modules = recording.modules.iter();
    Ok(WrittenTrace {
        bodies: modules.filter(|module| module.name.is_some()).count(),
        skipped: recording.skipped,
        is_broken_off: recording.ending.is_broken_off(),
    })
}
