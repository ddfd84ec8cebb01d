//! Finishing: spools become traces.

use std::fs;
use std::io;
use std::path::Path;

use trace::{Format, TraceError, WriteAction};

use super::child::EndedProgram;
use super::error::{FolderAction, LauncherError};
use super::finished::FinishedTrace;
use super::folder_lock::FolderLock;
use super::follow::Follower;
use super::output_folder::OutputFolder;
use super::run_report::TraceSummary;
use super::spool_folder;
use super::spools::Spools;
use super::unrecorded;

/// Returns whether `folder` holds a recording that was never finished: its truename was killed.
pub fn is_unfinished(folder: &Path) -> bool {
    OutputFolder::named(folder).is_ok_and(|output| output.unfinished().is_some())
}

/// Finishes a recording whose truename was killed, in the format that it was asked for where `format` is `None`. As at
/// the end of a run, processes that outlive the program are recorded so far.
///
/// # Errors
///
/// When `folder` holds none, when its program still runs, when another truename is at work in it, and when
/// the trace cannot be written; the recording is kept then.
pub fn finish(folder: &Path, format: Option<Format>) -> Result<TraceSummary, LauncherError> {
    let output = OutputFolder::named(folder)?;
    let shown = output.shown.clone();
    let folder = || shown.clone();
    let _lock = FolderLock::acquire(&output.folder)
        .ok_or_else(|| LauncherError::FolderInUse { folder: folder() })?;
    let output = output
        .unfinished()
        .ok_or_else(|| LauncherError::NothingUnfinished { folder: folder() })?;
    let format = format.or_else(|| output.format()).unwrap_or_default();
    let mut spools = Spools::of(output.clone(), format, None, false);
    let running = spools.running_program();
    if let Some((file, source)) = spools.take_foreign() {
        return Err(LauncherError::ForeignSpool {
            folder: folder(),
            file,
            source,
        });
    }
    if let Some(pid) = running {
        return Err(LauncherError::StillRunning {
            folder: folder(),
            pid,
        });
    }
    spools.take_over().map_err(|source| LauncherError::Folder {
        folder: folder(),
        action: FolderAction::Read,
        source,
    })?;
    write_traces(&output, spools, None)?
        .ok_or_else(|| LauncherError::EmptyRecording { folder: folder() })
}

/// Ends the following of a recording, whose folder must still be there.
pub(super) fn stop_following(
    follower: Follower,
    output: &OutputFolder,
    lock: &FolderLock,
) -> Result<Spools, LauncherError> {
    let folder = || output.shown.clone();
    let spools = follower.stop();
    let spools = spools.ok_or_else(|| LauncherError::NotFollowed { folder: folder() })?;
    match output.spool().is_dir() {
        true => Ok(spools),
        false => Err(LauncherError::FolderGone {
            folder: folder(),
            moved_to: lock.find(),
        }),
    }
}

/// Turns the rest of the spools into traces and gives each trace its place: the program's at the top, the others
/// by the time at which they begin. `None` when there are none, and then all stays as it is. The `program` is known to have
/// ended.
pub(super) fn write_traces(
    output: &OutputFolder,
    mut spools: Spools,
    program: Option<EndedProgram>,
) -> Result<Option<TraceSummary>, LauncherError> {
    let not_written = |source| LauncherError::TraceNotWritten {
        folder: output.shown.clone(),
        source,
    };
    spools.finish(program).map_err(not_written)?;
    if let Some((file, source)) = spools.take_unread() {
        return Err(LauncherError::SpoolsNotRead {
            file,
            folder: output.shown.clone(),
            source,
        });
    }
    let traces = spools.take_finished();
    if traces.is_empty() {
        return Ok(None);
    }
    let placed = place(output, traces).map_err(not_written)?;
    let mut unrecorded = unrecorded::unrecorded(output.spool());
    unrecorded.extend(spools.take_unrecorded());
    output.remove_spool();
    Ok(Some(TraceSummary {
        unrecorded,
        ..placed
    }))
}

/// Gives traces their places. The one at the top comes last: until then it is known which one that is, should
/// truename be killed meanwhile.
fn place(
    output: &OutputFolder,
    mut traces: Vec<FinishedTrace>,
) -> Result<TraceSummary, TraceError> {
    traces.sort_by(|a, b| (a.time, &a.folder).cmp(&(b.time, &b.folder)));
    let is_placed = |trace: &FinishedTrace| trace.folder == output.folder;
    let is_first = |trace: &FinishedTrace| !trace.is_interpreter;
    let main = traces.iter().position(is_placed);
    let main = main.or_else(|| traces.iter().position(is_first));
    let main = traces.remove(main.unwrap_or(0));
    let folder = output.children();
    let before = placed_before(&folder)?;
    if !traces.is_empty() {
        fs::create_dir_all(&folder).map_err(unwritable(&folder))?;
    }
    for (number, trace) in (before + 1..).zip(&traces) {
        let place = folder.join(number.to_string());
        fs::rename(&trace.folder, &place).map_err(unwritable(&place))?;
    }
    main.move_into(&output.folder)
        .map_err(unwritable(&output.folder))?;
    let broken_off = traces.iter().filter(|trace| trace.is_broken_off).count();
    let interpreters = traces.iter().filter(|trace| trace.is_interpreter).count();
    Ok(TraceSummary {
        bodies: main.bodies,
        children: before + traces.len() - interpreters,
        interpreters,
        broken_off: broken_off + usize::from(main.is_broken_off),
        skipped: main.skipped,
        unrecorded: Vec::new(),
    })
}

/// Returns the number of traces that a truename that was killed had given their places.
fn placed_before(children: &Path) -> Result<usize, TraceError> {
    let entries = spool_folder::entries(children).map_err(unwritable(children))?;
    let numbers = entries.iter().filter_map(|(name, _)| name.parse().ok());
    Ok(numbers.max().unwrap_or(0))
}

fn unwritable(path: &Path) -> impl FnOnce(io::Error) -> TraceError {
    let path = path.to_owned();
    move |source| TraceError::Unwritable {
        action: WriteAction::Write,
        path,
        source,
    }
}
