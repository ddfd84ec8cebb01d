//! Reads a trace folder back.

use std::error::Error;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use runtime_tracing::{TraceLowLevelEvent as Event, TraceMetadata, create_trace_reader};
use serde::de::DeserializeOwned;

use super::document::{self, Document};
use super::encoding::{self, Flaw};
use super::{CHILDREN_FOLDER, Format, METADATA_FILE, MODULES_FILE, PATHS_FILE, quiet};
use failure::{Failure, Result};

const RECORD_AGAIN: &str = "Record the program again.";

/// A folder that holds a trace.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Folder {
    path: PathBuf,
    format: Format,
}

/// The module bodies of a process and of its child processes.
#[derive(Clone, Debug, PartialEq)]
pub struct Family {
    /// The trace folder.
    pub folder: PathBuf,
    /// The module bodies of the process itself.
    pub document: Document,
    /// The child processes, by number.
    pub children: Vec<Family>,
}

impl Folder {
    /// Finds the trace in the folder at `path`; reads none of it.
    ///
    /// # Errors
    ///
    /// When there is no folder, when it cannot be read, and when it holds no trace or more than
    /// one.
    pub fn open(path: &Path) -> Result<Self> {
        let shown = path.display();
        match fs::metadata(path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                return Err(Failure::usage(format!(
                    "there is no folder {shown}. \
                     Name the folder of a trace, or make one: truename run --out {shown} ..."
                )));
            }
            Err(error) => return Err(unreadable(path, &error)),
            Ok(found) if !found.is_dir() => {
                return Err(Failure::usage(format!(
                    "{shown} is no folder, so it is not a trace. \
                     Name the folder that holds trace.bin or trace.json."
                )));
            }
            Ok(_) => {}
        }
        match (exists(path, Format::Binary)?, exists(path, Format::Json)?) {
            (true, false) => Ok(Format::Binary),
            (false, true) => Ok(Format::Json),
            (false, false) => Err(Failure::usage(format!(
                "{shown} is not a trace: it holds neither trace.bin nor trace.json. \
                 Name the folder of a trace, or make one: truename run --out DIR ..."
            ))),
            (true, true) => Err(Failure::usage(format!(
                "{shown} holds both trace.bin and trace.json, and a trace is one of them. \
                 Remove the one that does not belong."
            ))),
        }
        .map(|format| Self {
            path: path.to_owned(),
            format,
        })
    }

    /// The folder.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// How the events are stored.
    pub fn format(&self) -> Format {
        self.format
    }

    /// A file of the trace.
    pub fn file(&self, name: &str) -> PathBuf {
        self.path.join(name)
    }

    /// The file that holds the events.
    pub fn events_file(&self) -> PathBuf {
        self.file(self.format.file_name())
    }

    /// All events, read by `runtime_tracing`.
    ///
    /// # Errors
    ///
    /// When the file cannot be read, is truncated, or does not hold events.
    pub fn events(&self) -> Result<Vec<Event>> {
        let file = self.events_file();
        if self.format == Format::Binary {
            verify_binary(&file)?;
        }
        let mut reader = create_trace_reader(self.format.for_reader());
        // The reader panics on some damaged files.
        match quiet::catch(|| reader.load_trace_events(&file)) {
            Some(Ok(events)) => Ok(events),
            Some(Err(error)) => Err(not_events(&file, error.as_ref())),
            None => Err(damaged(&file, "runtime_tracing cannot decode it")),
        }
    }

    /// What `trace_metadata.json` says.
    ///
    /// # Errors
    ///
    /// When the file cannot be read, is truncated, or does not hold that.
    pub fn metadata(&self) -> Result<TraceMetadata> {
        read_json(&self.file(METADATA_FILE))
    }

    /// What `trace_paths.json` says.
    ///
    /// # Errors
    ///
    /// When the file cannot be read, is truncated, or does not hold that.
    pub fn paths(&self) -> Result<Vec<PathBuf>> {
        read_json(&self.file(PATHS_FILE))
    }

    /// What `trace_modules.json` says.
    ///
    /// # Errors
    ///
    /// When the file cannot be read, is truncated, does not hold that, or is of another version.
    pub fn modules(&self) -> Result<Document> {
        #[derive(serde::Deserialize)]
        struct Version {
            format: u32,
        }
        let file = self.file(MODULES_FILE);
        let Version { format } = read_json(&file)?;
        if format != document::FORMAT {
            return Err(Failure::new(format!(
                "{} is of format {format}, and this truename reads format {}. \
                 Use the truename that wrote it, or record the program again.",
                file.display(),
                document::FORMAT
            )));
        }
        let document: Document = read_json(&file)?;
        check_parents(&file, &document)?;
        Ok(document)
    }

    /// The folders of the child processes' traces, by number.
    ///
    /// # Errors
    ///
    /// When `children` cannot be read, or holds something that is not named by a number.
    pub fn children(&self) -> Result<Vec<PathBuf>> {
        let folder = self.file(CHILDREN_FOLDER);
        let entries = match fs::read_dir(&folder) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            other => other.map_err(|error| unreadable(&folder, &error))?,
        };
        let mut children = Vec::new();
        for entry in entries {
            let path = entry.map_err(|error| unreadable(&folder, &error))?.path();
            children.push((number(&path)?, path));
        }
        children.sort();
        Ok(children.into_iter().map(|(_, path)| path).collect())
    }
}

impl Family {
    /// Reads `trace_modules.json` of the trace in `folder` and of its children.
    ///
    /// # Errors
    ///
    /// As [`Folder::open`] and [`Folder::modules`], for the first of them that cannot be read.
    pub fn read(folder: &Path) -> Result<Self> {
        let folder = Folder::open(folder)?;
        let children = folder.children()?;
        Ok(Self {
            document: folder.modules()?,
            children: children
                .iter()
                .map(|child| Self::read(child))
                .collect::<Result<_>>()?,
            folder: folder.path,
        })
    }
}

fn exists(folder: &Path, format: Format) -> Result<bool> {
    let file = folder.join(format.file_name());
    file.try_exists().map_err(|error| unreadable(&file, &error))
}

fn number(child: &Path) -> Result<u64> {
    let name = child.file_name().and_then(|name| name.to_str());
    name.and_then(|name| name.parse().ok()).ok_or_else(|| {
        Failure::new(format!(
            "{} is not a child's trace: those are named by a number. Move it away.",
            child.display()
        ))
    })
}

/// Tells a foreign file from a damaged one, and keeps both from a reader that cannot stand them.
fn verify_binary(file: &Path) -> Result<()> {
    let bytes = fs::read(file).map_err(|error| unreadable(file, &error))?;
    match quiet::catch(|| encoding::verify_binary(&bytes)) {
        Some(Ok(())) => Ok(()),
        Some(Err(Flaw::Foreign)) => Err(foreign(
            file,
            "it does not start as runtime_tracing's files do",
        )),
        Some(Err(Flaw::Truncated)) => Err(truncated(file)),
        Some(Err(Flaw::Damaged)) | None => Err(damaged(file, "it cannot be decompressed")),
    }
}

/// A parent begins before its children, so that whoever follows parents comes to an end.
fn check_parents(file: &Path, document: &Document) -> Result<()> {
    let bad = document
        .modules
        .iter()
        .enumerate()
        .find(|(index, module)| module.parent.is_some_and(|parent| parent >= *index));
    bad.map_or(Ok(()), |(index, _)| {
        Err(damaged(
            file,
            &format!("module {index} has a parent that starts after it"),
        ))
    })
}

fn read_json<T: DeserializeOwned>(file: &Path) -> Result<T> {
    let bytes = fs::read(file).map_err(|error| unreadable(file, &error))?;
    serde_json::from_slice(&bytes).map_err(|error| not_events(file, &error))
}

fn not_events(file: &Path, error: &(dyn Error + 'static)) -> Failure {
    if let Some(error) = error.downcast_ref::<io::Error>() {
        return match error.kind() {
            io::ErrorKind::InvalidData => foreign(file, "it is not text"),
            io::ErrorKind::Other => damaged(file, "runtime_tracing cannot decode it"),
            _ => unreadable(file, error),
        };
    }
    match error.downcast_ref::<serde_json::Error>() {
        Some(error) if error.is_eof() => truncated(file),
        Some(error) => foreign(file, &error.to_string()),
        None => damaged(file, "runtime_tracing cannot decode it"),
    }
}

fn unreadable(path: &Path, error: &io::Error) -> Failure {
    let remedy = match error.kind() {
        io::ErrorKind::PermissionDenied => "Ask its owner for permission to read it.",
        io::ErrorKind::NotFound => "It belongs to the trace: record the program again.",
        _ => RECORD_AGAIN,
    };
    Failure::new(format!("cannot read {}: {error}. {remedy}", path.display()))
}

fn foreign(path: &Path, why: &str) -> Failure {
    Failure::new(format!(
        "{} does not hold what truename writes there: {why}. {RECORD_AGAIN}",
        path.display()
    ))
}

fn truncated(path: &Path) -> Failure {
    Failure::new(format!(
        "{} is truncated: its end is missing. {RECORD_AGAIN}",
        path.display()
    ))
}

fn damaged(path: &Path, why: &str) -> Failure {
    Failure::new(format!(
        "{} is damaged: {why}. {RECORD_AGAIN}",
        path.display()
    ))
}
