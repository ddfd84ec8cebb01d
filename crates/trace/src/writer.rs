//! Writes a trace folder.

use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use runtime_tracing::{TraceLowLevelEvent as Event, TraceMetadata};
use spool::Process;
use tempfile::{NamedTempFile, TempPath};

use super::encoding::Sink;
use super::modules::{self, Lines};
use super::program::Program;
use super::{Format, METADATA_FILE, MODULES_FILE, PATHS_FILE, events};
use crate::recording::Recording;
use failure::{Failure, Result};

/// The extension of files that have not got their names yet.
pub const PART_EXTENSION: &str = "part";

/// Writes `recording` into `folder`, which is made when it is missing.
///
/// All files are written in full under other names before the first one gets its own: a failure
/// leaves no half file, and what was there before stays.
///
/// # Errors
///
/// Names the file or folder that could not be written, the reason and the remedy.
pub fn write(folder: &Path, recording: &Recording, format: Format) -> Result<()> {
    fs::create_dir_all(folder).map_err(|error| cannot("make the folder", folder, &error))?;
    let failed = |failed: Failed| failed.into_failure(folder);
    let mut parts = Parts::create(folder, format).map_err(failed)?;
    for event in events::events(recording) {
        parts.event(&event).map_err(failed)?;
    }
    parts
        .finish(recording, Lines::default())
        .map_err(failed)?
        .publish(folder)
}

/// What `trace_metadata.json` says of a process.
pub(super) fn metadata(process: &Process) -> TraceMetadata {
    let program = Program::of(&process.arguments);
    TraceMetadata {
        workdir: PathBuf::from(&process.directory),
        program: program.text,
        args: program.arguments,
    }
}

/// A file that could not be written, and why.
#[derive(Debug)]
pub(super) struct Failed {
    name: &'static str,
    error: io::Error,
}

impl Failed {
    fn at(name: &'static str) -> impl Fn(io::Error) -> Self {
        move |error| Self { name, error }
    }

    /// What to tell a person, where the file was to be in `folder`.
    pub(super) fn into_failure(self, folder: &Path) -> Failure {
        cannot("write", &folder.join(self.name), &self.error)
    }
}

/// The files of a trace, while they are written.
pub(super) struct Parts {
    folder: PathBuf,
    format: Format,
    events: Sink<File>,
    events_path: TempPath,
    /// The paths that the events define.
    paths: Vec<PathBuf>,
    /// In the order in which they are filled: metadata, paths, modules.
    others: [NamedTempFile; 3],
}

impl Parts {
    /// Makes the files, in `folder` under names that nobody else uses.
    pub(super) fn create(folder: &Path, format: Format) -> std::result::Result<Self, Failed> {
        let create = |name| create_beside(folder).map_err(Failed::at(name));
        let (events, events_path) = create(format.file_name())?.into_parts();
        Ok(Self {
            folder: folder.to_owned(),
            format,
            events: Sink::new(events, format).map_err(Failed::at(format.file_name()))?,
            events_path,
            paths: Vec::new(),
            others: [
                create(METADATA_FILE)?,
                create(PATHS_FILE)?,
                create(MODULES_FILE)?,
            ],
        })
    }

    /// Appends an event.
    pub(super) fn event(&mut self, event: &Event) -> std::result::Result<(), Failed> {
        if let Event::Path(path) = event {
            self.paths.push(path.clone());
        }
        self.events
            .event(event)
            .map_err(Failed::at(self.format.file_name()))
    }

    /// Appends events that were encoded before, none of which defines a path.
    #[inline]
    pub(super) fn encoded(&mut self, events: &[u8]) -> std::result::Result<(), Failed> {
        self.events
            .encoded(events)
            .map_err(Failed::at(self.format.file_name()))
    }

    /// How the events are stored.
    pub(super) fn format(&self) -> Format {
        self.format
    }

    /// Where the next event comes.
    #[inline]
    pub(super) fn position(&self) -> u64 {
        self.events.position()
    }

    /// Takes what is at a position out again. `false` when it is too late for that.
    pub(super) fn take_out(&mut self, start: u64, length: usize) -> bool {
        self.events.take_out(start, length)
    }

    /// Hands on to the compressor what waits for more, up to a position.
    pub(super) fn flush_to(&mut self, position: u64) -> std::result::Result<(), Failed> {
        self.events
            .flush_to(position)
            .map_err(Failed::at(self.format.file_name()))
    }

    /// Takes all events back.
    pub(super) fn restart(self) -> std::result::Result<Self, Failed> {
        let events = Failed::at(self.format.file_name());
        let (file, events_path) = create_beside(&self.folder).map_err(&events)?.into_parts();
        Ok(Self {
            events: Sink::new(file, self.format).map_err(&events)?,
            events_path,
            paths: Vec::new(),
            ..self
        })
    }

    /// Fills the other files, of a recording that is over.
    pub(super) fn finish(
        self,
        recording: &Recording,
        lines: Lines,
    ) -> std::result::Result<Complete, Failed> {
        let name = self.format.file_name();
        self.events.finish().map_err(Failed::at(name))?;
        let run = modules::process_run(recording);
        let [metadata_file, paths, modules] = self.others;
        let fill = |file, name, fill: &mut Fill<'_>| fill_in(file, fill).map_err(Failed::at(name));
        let others = [
            fill(metadata_file, METADATA_FILE, &mut |out| {
                Ok(serde_json::to_writer(out, &metadata(&run.process))?)
            })?,
            fill(paths, PATHS_FILE, &mut |out| {
                Ok(serde_json::to_writer(out, &self.paths)?)
            })?,
            fill(modules, MODULES_FILE, &mut |out| {
                lines.write(out, &run, recording)
            })?,
        ];
        let [metadata, paths, modules] = others;
        Ok(Complete {
            format: self.format,
            files: [
                (name, self.events_path),
                (METADATA_FILE, metadata),
                (PATHS_FILE, paths),
                (MODULES_FILE, modules),
            ],
        })
    }
}

/// Files that are complete and wait for their names.
pub(super) struct Complete {
    format: Format,
    files: [(&'static str, TempPath); 4],
}

impl Complete {
    /// Puts the files into `folder`, on the same disk.
    pub(super) fn publish(self, folder: &Path) -> Result<()> {
        fs::create_dir_all(folder).map_err(|error| cannot("make the folder", folder, &error))?;
        for (name, file) in self.files {
            let target = folder.join(name);
            file.persist(&target)
                .map_err(|error| cannot("write", &target, &error.error))?;
        }
        remove_stale(&folder.join(self.format.other().file_name()))
    }
}

/// A folder holds one trace: events of an earlier one in the other format would contradict it.
fn remove_stale(file: &Path) -> Result<()> {
    match fs::remove_file(file) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            Err(cannot("remove", file, &error))
        }
        _ => Ok(()),
    }
}

fn create_beside(folder: &Path) -> io::Result<NamedTempFile> {
    // Made by hand rather than by `tempfile`, whose files are their owner's alone.
    tempfile::Builder::new()
        .prefix(".truename-")
        .suffix(&format!(".{PART_EXTENSION}"))
        .make_in(folder, |path| File::create_new(path))
}

type Fill<'a> = dyn FnMut(&mut BufWriter<&mut File>) -> io::Result<()> + 'a;

fn fill_in(mut file: NamedTempFile, fill: &mut Fill<'_>) -> io::Result<TempPath> {
    let mut out = BufWriter::with_capacity(1 << 16, file.as_file_mut());
    fill(&mut out)?;
    out.flush()?;
    drop(out);
    Ok(file.into_temp_path())
}

fn cannot(verb: &str, path: &Path, error: &io::Error) -> Failure {
    let remedy = match error.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
            "Free some space there, or name a folder on another disk with --out."
        }
        _ => "Name a folder that can be written with --out.",
    };
    Failure::new(format!(
        "cannot {verb} {}: {error}. {remedy}",
        path.display()
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_names_the_file_the_reason_and_the_remedy() {
        let full = io::Error::from_raw_os_error(28);
        assert_eq!(
            cannot("write", Path::new("/t/trace.bin"), &full).to_string(),
            "cannot write /t/trace.bin: No space left on device (os error 28). \
             Free some space there, or name a folder on another disk with --out."
        );
        let denied = io::Error::from_raw_os_error(13);
        assert_eq!(
            cannot("make the folder", Path::new("/t"), &denied).to_string(),
            "cannot make the folder /t: Permission denied (os error 13). \
             Name a folder that can be written with --out."
        );
    }

    #[test]
    fn a_temporary_name_is_not_mentioned() {
        let nowhere = Path::new("/no/such/folder");
        let failed = Parts::create(nowhere, Format::Json).err().unwrap();
        assert_eq!(
            failed.into_failure(nowhere).to_string(),
            "cannot write /no/such/folder/trace.json: No such file or directory (os error 2). \
             Name a folder that can be written with --out."
        );
    }

    #[test]
    fn a_file_that_cannot_be_filled_leaves_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let file = create_beside(folder.path()).unwrap();
        let error = fill_in(file, &mut |out| {
            out.write_all(b"half")?;
            Err(io::Error::from_raw_os_error(28))
        })
        .unwrap_err();
        let failure = Failed::at("second")(error).into_failure(folder.path());
        assert!(
            failure
                .to_string()
                .contains("second: No space left on device")
        );
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
    }
}
