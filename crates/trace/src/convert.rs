//! Traces in another format.

use std::fs::{self, Permissions};
use std::io;
use std::ops::ControlFlow;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use tempfile::TempPath;

use crate::document::Document;
use crate::encode::EventSink;
use crate::error::{TraceError, WriteAction};
use crate::format::{CHILDREN_FOLDER, Format, METADATA_FILE, MODULES_FILE, PATHS_FILE};
use crate::read::Folder;
use crate::write::{
    Fill, StagedTrace, WriteError, create_beside, fill_in, remove_parts, write_document,
};

/// Traces in another format, complete, that wait for their names.
#[derive(Default)]
pub struct Conversion {
    /// By the folder that each belongs into.
    staged: Vec<(PathBuf, StagedTrace)>,
    /// The folders that were made, each after the one that it is in.
    made: Vec<PathBuf>,
}

impl Conversion {
    /// Adds the trace in `folder`, and those of its child processes, which are to be in `target`. The two may be one
    /// folder. The events are read and written one after the other.
    ///
    /// # Errors
    ///
    /// When a trace cannot be read or written.
    pub fn add(&mut self, folder: &Path, format: Format, target: &Path) -> Result<(), TraceError> {
        let folder = Folder::open(folder)?;
        self.make_folder(target)?;
        if folder.path() == target {
            remove_parts(target);
        }
        let staged = stage(&folder, format, target)?;
        self.staged.push((target.to_owned(), staged));
        for child in folder.children()? {
            let name = child.file_name().unwrap_or_default();
            self.add(&child, format, &target.join(CHILDREN_FOLDER).join(name))?;
        }
        Ok(())
    }

    /// Gives all traces their names. Returns their number.
    ///
    /// # Errors
    ///
    /// When a file cannot be renamed.
    pub fn publish(mut self) -> Result<usize, TraceError> {
        let staged = std::mem::take(&mut self.staged);
        let count = staged.len();
        for (folder, trace) in staged {
            trace.publish(&folder)?;
        }
        self.made.clear();
        Ok(count)
    }

    fn make_folder(&mut self, folder: &Path) -> Result<(), TraceError> {
        let missing: Vec<_> = folder
            .ancestors()
            .take_while(|folder| !folder.as_os_str().is_empty() && !folder.exists())
            .collect();
        for folder in missing.into_iter().rev() {
            fs::create_dir(folder).map_err(|source| TraceError::Unwritable {
                action: WriteAction::MakeFolder,
                path: folder.to_owned(),
                source,
            })?;
            self.made.push(folder.to_owned());
        }
        Ok(())
    }
}

/// Leaves nothing of traces that did not get their names.
impl Drop for Conversion {
    fn drop(&mut self) {
        self.staged.clear();
        for folder in self.made.iter().rev() {
            let _ = fs::remove_dir(folder);
        }
    }
}

/// Writes the files of a trace in another format, beside where they belong.
fn stage(folder: &Folder, format: Format, target: &Path) -> Result<StagedTrace, TraceError> {
    let document = Document {
        dialect: format.dialect(),
        ..folder.modules()?
    };
    let (metadata, paths) = (folder.metadata()?, folder.paths()?);
    let fill = |source: &str, name, fill: &mut Fill<'_>| {
        let path = write_like(&folder.file(source), target, fill);
        let path = path.map_err(|error| WriteError::of(name)(error).in_folder(target))?;
        Ok::<_, TraceError>((name, path))
    };
    let events_name = folder.events_file_name();
    let mut is_read = Ok(());
    let events = fill(events_name, format.file_name(), &mut |out| {
        let mut sink = EventSink::new(out, format)?;
        let mut is_written = Ok(());
        is_read = folder.each_event(|event| {
            is_written = sink.event(&event);
            match is_written {
                Ok(()) => ControlFlow::Continue(()),
                Err(_) => ControlFlow::Break(()),
            }
        });
        is_written?;
        sink.finish().map(drop)
    })?;
    is_read?;
    let files = [
        events,
        fill(METADATA_FILE, METADATA_FILE, &mut |out| {
            Ok(serde_json::to_writer(out, &metadata)?)
        })?,
        fill(PATHS_FILE, PATHS_FILE, &mut |out| {
            Ok(serde_json::to_writer(out, &paths)?)
        })?,
        fill(MODULES_FILE, MODULES_FILE, &mut |out| {
            write_document(out, &document)
        })?,
    ];
    Ok(StagedTrace { format, files })
}

/// Writes a file with the permissions of another one.
fn write_like(source: &Path, target: &Path, fill: &mut Fill<'_>) -> io::Result<TempPath> {
    let mode = fs::metadata(source)?.permissions().mode() & 0o777;
    // It is never open to more people than the other, since values may be secrets.
    let path = create_beside(target, mode | 0o200).and_then(|file| fill_in(file, fill))?;
    fs::set_permissions(&path, Permissions::from_mode(mode))?;
    Ok(path)
}
