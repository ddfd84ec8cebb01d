//! Spools become traces.

use std::path::Path;

use super::claim::Claim;
use super::follow::{Followed, Spools};
use super::output::Output;
use super::unrecorded;
use failure::{Failure, Result};
use trace::document::Ending;
use trace::{CHILDREN_FOLDER, Format};

/// The result of a recording.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finished {
    /// The module bodies of the program's own process.
    pub bodies: usize,
    /// The child processes that were recorded.
    pub children: usize,
    /// The processes whose recording broke off before they ended.
    pub broken_off: usize,
    /// The number of times that filters kept code out of the program's own process.
    pub skipped: u64,
    /// The Python processes that the program started and that are not recorded: each one's command line,
    /// and why.
    pub unrecorded: Vec<String>,
}

impl Finished {
    /// Returns whether no module's body ran at all, recorded or not.
    pub(super) fn is_empty(&self) -> bool {
        self.bodies == 0 && self.children == 0 && self.skipped == 0
    }
}

/// Returns whether `folder` holds a recording that was never finished: its truename was killed.
pub fn is_unfinished(folder: &Path) -> bool {
    Output::named(folder).is_ok_and(|output| output.unfinished().is_some())
}

/// Finishes a recording whose truename was killed.
///
/// # Errors
///
/// When `folder` holds none, when a process of it still runs, when another truename is at work in it, and when
/// the trace cannot be written; the recording is kept then.
pub fn finish(folder: &Path, format: Format) -> Result<Finished> {
    let output = Output::named(folder)?;
    let shown = folder.display();
    let _claim = Claim::lay(&output.folder).ok_or_else(|| {
        Failure::new(format!(
            "another truename is recording into {shown}, or finishing what is in it. Wait until that has ended."
        ))
    })?;
    let output = output.unfinished().ok_or_else(|| {
        Failure::usage(format!(
            "{shown} holds no unfinished recording. Name a folder that `truename run` was writing \
             to when it was killed."
        ))
    })?;
    let mut spools = Spools::in_folder(output.spool().to_owned(), format, None);
    while spools.read() > 0 {}
    if let Some((file, error)) = spools.foreign() {
        return Err(Failure::new(format!(
            "cannot finish {shown}: {}: {error}. Use the truename that recorded it, or record the \
             program again.",
            file.display()
        )));
    }
    let spools = readable(spools, &output)?;
    if let Some(running) = spools.iter().find(|spool| spool.is_running()) {
        return Err(Failure::new(format!(
            "the recording in {shown} is not over: its process {} still runs. Wait for it, or stop \
             it, then run truename finish again.",
            running.draft.start().process.pid
        )));
    }
    write_traces(&output, spools, None)?.ok_or_else(|| {
        Failure::new(format!(
            "nothing was recorded in {shown} before truename was killed. Record the program again."
        ))
    })
}

/// Turns spools, by the time at which they begin, into traces and removes them; `None` when there
/// are none, and then all stays as it is. The first one of the process `pid`, the program's own,
/// gets the trace at the top.
pub(super) fn write_traces(
    output: &Output,
    mut spools: Vec<Followed>,
    pid: Option<u32>,
) -> Result<Option<Finished>> {
    if spools.is_empty() {
        return Ok(None);
    }
    let of_the_program = |spool: &Followed| Some(spool.draft.start().process.pid) == pid;
    let main = spools.remove(spools.iter().position(of_the_program).unwrap_or(0));
    let main = write_trace(main, output, &output.folder)?;
    let mut broken_off = usize::from(main.is_broken_off);
    let children = output.folder.join(CHILDREN_FOLDER);
    let count = spools.len();
    for (number, child) in (1..).zip(spools) {
        let written = write_trace(child, output, &children.join(number.to_string()))?;
        broken_off += usize::from(written.is_broken_off);
    }
    let unrecorded = unrecorded::unrecorded(output);
    output.remove_spool();
    Ok(Some(Finished {
        bodies: main.bodies,
        children: count,
        broken_off,
        skipped: main.skipped,
        unrecorded,
    }))
}

/// All spools, of which each could be read.
///
/// # Errors
///
/// When too many files were open for one, and nothing has been done to any.
pub(super) fn readable(spools: Spools, output: &Output) -> Result<Vec<Followed>> {
    let Some((file, error)) = spools.unread() else {
        return Ok(spools.into_followed());
    };
    Err(Failure::new(format!(
        "{} cannot be read: {error}. What was recorded is kept: truename finish {} makes a trace of it \
         where more files may be open (`ulimit -n`).",
        file.display(),
        output.shown.display()
    )))
}

/// The content of the trace of one process.
struct Written {
    bodies: usize,
    skipped: u64,
    is_broken_off: bool,
}

/// Finishes the trace of one spool.
fn write_trace(spool: Followed, output: &Output, folder: &Path) -> Result<Written> {
    let recording = spool.draft.publish(folder).map_err(|failure| {
        Failure::new(format!(
            "{failure} What was recorded is kept: truename finish {} makes a trace of it.",
            output.shown.display()
        ))
    })?;
    let modules = recording.modules.iter();
    Ok(Written {
        bodies: modules.filter(|module| module.name.is_some()).count(),
        skipped: recording.skipped,
        is_broken_off: recording.ending == Ending::Lost,
    })
}
