//! The files of a trace while they are written.

use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use spool::ValueDetail;
use tempfile::{NamedTempFile, TempPath};

use super::metadata::metadata;
use super::modules_text::{ModulesText, process_run};
use super::staged_trace::StagedTrace;
use crate::build::FilteredCounts;
use crate::encode::EventSink;
use crate::error::{TraceError, WriteAction};
use crate::format::{Format, METADATA_FILE, MODULES_FILE, PATHS_FILE};
use crate::program::RecordedProgram;
use crate::recording::Recording;

/// The extension of files that have not got their names yet.
pub const PART_EXTENSION: &str = "part";
/// The beginning of their names.
const PART_PREFIX: &str = ".truename-";

/// An error in writing a file that has not got its name yet.
#[derive(Debug)]
pub struct WriteError {
    /// The name to come.
    name: &'static str,
    source: io::Error,
}

impl WriteError {
    pub fn of(name: &'static str) -> impl Fn(io::Error) -> Self {
        move |source| Self { name, source }
    }

    /// Returns the error of a trace that was to be in `folder`.
    pub fn in_folder(self, folder: &Path) -> TraceError {
        TraceError::Unwritable {
            action: WriteAction::Write,
            path: folder.join(self.name),
            source: self.source,
        }
    }
}

/// The files of a trace, while they are written.
pub struct PendingFiles {
    folder: PathBuf,
    format: Format,
    /// The permissions of each file, before the umask.
    mode: u32,
    events: EventSink<File>,
    events_path: TempPath,
}

impl PendingFiles {
    /// Makes the file of the events, in `folder` under a name that nobody else uses. The others, which are short, are made
    /// one after the other in the end, so that a trace keeps one file open.
    ///
    /// A trace with values is its owner's alone: values may be secrets.
    pub fn create(folder: &Path, format: Format, values: ValueDetail) -> Result<Self, WriteError> {
        let mode = permissions(values);
        let failed = WriteError::of(format.file_name());
        let file = create_beside(folder, mode).map_err(&failed)?;
        let (file, events_path) = file.into_parts();
        let events = EventSink::new(file, format).map_err(&failed)?;
        Ok(Self {
            folder: folder.to_owned(),
            format,
            mode,
            events,
            events_path,
        })
    }

    /// Returns the file of the events.
    #[inline]
    pub fn events(&mut self) -> &mut EventSink<File> {
        &mut self.events
    }

    /// Names the file of the events in an error.
    pub fn event_error(&self, error: io::Error) -> WriteError {
        WriteError::of(self.format.file_name())(error)
    }

    /// Takes all events back.
    pub fn restart(self) -> Result<Self, WriteError> {
        let failed = WriteError::of(self.format.file_name());
        let (file, events_path) = create_beside(&self.folder, self.mode)
            .map_err(&failed)?
            .into_parts();
        Ok(Self {
            events: EventSink::new(file, self.format).map_err(&failed)?,
            events_path,
            ..self
        })
    }

    /// Fills the other files, of a recording that is over.
    pub fn finish(
        self,
        recording: &Recording,
        program: RecordedProgram,
        modules: &ModulesText,
        filtered: FilteredCounts,
    ) -> Result<StagedTrace, WriteError> {
        let events_name = self.format.file_name();
        let paths = self.events.finish().map_err(WriteError::of(events_name))?;
        let run = process_run(recording);
        let metadata = metadata(&run.process, program);
        let fill = |name, fill: &mut Fill<'_>| {
            let file = create_beside(&self.folder, self.mode);
            file.and_then(|file| fill_in(file, fill))
                .map_err(WriteError::of(name))
        };
        let metadata_path = fill(METADATA_FILE, &mut |out| {
            Ok(serde_json::to_writer(out, &metadata)?)
        })?;
        let paths_path = fill(PATHS_FILE, &mut |out| {
            Ok(serde_json::to_writer(out, &paths)?)
        })?;
        let dialect = self.format.dialect();
        let modules_path = fill(MODULES_FILE, &mut |out| {
            modules.write(out, dialect, &run, recording, filtered)
        })?;
        Ok(StagedTrace {
            format: self.format,
            files: [
                (events_name, self.events_path),
                (METADATA_FILE, metadata_path),
                (PATHS_FILE, paths_path),
                (MODULES_FILE, modules_path),
            ],
        })
    }
}

/// Returns the permissions of the files of a trace, before the umask: values may be secrets.
fn permissions(values: ValueDetail) -> u32 {
    match values {
        ValueDetail::None => 0o666,
        ValueDetail::Args | ValueDetail::Full => 0o600,
    }
}

/// Removes the files in a folder that never got their names.
pub fn remove_parts(folder: &Path) {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    for entry in entries {
        let name = entry.file_name();
        let is_part = |name: &str| name.starts_with(PART_PREFIX) && name.ends_with(&part_suffix());
        if name.to_str().is_some_and(is_part) {
            // One that stays does no harm.
            let _ = fs::remove_file(entry.path());
        }
    }
}

fn part_suffix() -> String {
    format!(".{PART_EXTENSION}")
}

/// Makes a file that gets its name later, in the folder of the trace.
pub fn create_beside(folder: &Path, mode: u32) -> io::Result<NamedTempFile> {
    // Made by hand rather than by `tempfile`, whose files are always their owner's alone.
    tempfile::Builder::new()
        .prefix(PART_PREFIX)
        .suffix(&part_suffix())
        .make_in(folder, |path| {
            let mut options = File::options();
            let options = options.read(true).write(true).create_new(true);
            options.mode(mode).open(path)
        })
}

/// Writes the content of a file.
pub type Fill<'a> = dyn FnMut(&mut BufWriter<&mut File>) -> io::Result<()> + 'a;

/// Fills a file, and closes it.
pub fn fill_in(mut file: NamedTempFile, fill: &mut Fill<'_>) -> io::Result<TempPath> {
    let mut out = BufWriter::with_capacity(1 << 16, file.as_file_mut());
    fill(&mut out)?;
    out.flush()?;
    drop(out);
    Ok(file.into_temp_path())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_temporary_name_is_not_mentioned() {
        let nowhere = Path::new("/no/such/folder");
        let error = PendingFiles::create(nowhere, Format::Json, ValueDetail::None)
            .err()
            .unwrap();
        assert_eq!(
            error.in_folder(nowhere).to_string(),
            "cannot write /no/such/folder/trace.json: No such file or directory (os error 2)"
        );
    }

    #[test]
    fn a_file_that_cannot_be_filled_leaves_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let file = create_beside(folder.path(), 0o666).unwrap();
        let error = fill_in(file, &mut |out| {
            out.write_all(b"half")?;
            Err(io::Error::from_raw_os_error(28))
        })
        .unwrap_err();
        let error = WriteError::of("second")(error).in_folder(folder.path());
        assert!(
            error
                .to_string()
                .contains("second: No space left on device")
        );
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
    }
}
