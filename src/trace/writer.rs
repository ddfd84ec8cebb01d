//! Writes a trace folder.

use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use runtime_tracing::{TraceLowLevelEvent as Event, TraceMetadata};
use tempfile::NamedTempFile;

use super::modules::Document;
use super::{Format, METADATA_FILE, MODULES_FILE, PATHS_FILE, encoding, events};
use crate::failure::{Failure, Result};
use crate::recording::Recording;

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
    let document = Document::new(recording);
    let mut paths = Vec::new();
    let events = events::events(recording).inspect(|event| {
        if let Event::Path(path) = event {
            paths.push(path.clone());
        }
    });
    let mut staged = Staged::new(folder);
    staged.add(format.file_name(), |out| match format {
        Format::Binary => encoding::write_binary(out, events),
        Format::Json => encoding::write_json(out, events),
    })?;
    staged.add(METADATA_FILE, |out| {
        Ok(serde_json::to_writer(out, &metadata(&document))?)
    })?;
    staged.add(PATHS_FILE, |out| Ok(serde_json::to_writer(out, &paths)?))?;
    staged.add(MODULES_FILE, |out| document.write(out))?;
    staged.publish()?;
    remove_stale(&folder.join(format.other().file_name()))
}

/// What `trace_metadata.json` says of a recording.
pub(super) fn metadata(document: &Document) -> TraceMetadata {
    let program = document.process.program();
    TraceMetadata {
        workdir: PathBuf::from(&document.process.directory),
        program: program.text,
        args: program.arguments,
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

/// Files that are complete and wait for their names.
struct Staged<'a> {
    folder: &'a Path,
    files: Vec<(PathBuf, NamedTempFile)>,
}

impl<'a> Staged<'a> {
    fn new(folder: &'a Path) -> Self {
        Self {
            folder,
            files: Vec::new(),
        }
    }

    fn add(
        &mut self,
        name: &str,
        fill: impl FnOnce(&mut BufWriter<&mut File>) -> io::Result<()>,
    ) -> Result<()> {
        let target = self.folder.join(name);
        let file = fill_beside(&target, fill).map_err(|error| cannot("write", &target, &error))?;
        self.files.push((target, file));
        Ok(())
    }

    fn publish(self) -> Result<()> {
        for (target, file) in self.files {
            file.persist(&target)
                .map_err(|error| cannot("write", &target, &error.error))?;
        }
        Ok(())
    }
}

fn fill_beside(
    target: &Path,
    fill: impl FnOnce(&mut BufWriter<&mut File>) -> io::Result<()>,
) -> io::Result<NamedTempFile> {
    let folder = target.parent().unwrap_or(Path::new("."));
    // Made by hand rather than by `tempfile`, whose files are their owner's alone.
    let mut file = tempfile::Builder::new()
        .prefix(".truename-")
        .suffix(".part")
        .make_in(folder, |path| File::create_new(path))?;
    let mut out = BufWriter::new(file.as_file_mut());
    fill(&mut out)?;
    out.flush()?;
    drop(out);
    Ok(file)
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
        let failure = fill_beside(Path::new("/no/such/folder/trace.bin"), |_| Ok(())).unwrap_err();
        assert_eq!(
            failure.to_string(),
            "No such file or directory (os error 2)"
        );
    }

    #[test]
    fn a_file_that_cannot_be_filled_leaves_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let mut staged = Staged::new(folder.path());
        staged.add("first", |out| out.write_all(b"whole")).unwrap();
        let failure = staged
            .add("second", |out| {
                out.write_all(b"half")?;
                Err(io::Error::from_raw_os_error(28))
            })
            .unwrap_err();
        drop(staged);
        assert!(
            failure
                .to_string()
                .contains("second: No space left on device")
        );
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
    }
}
