//! A trace folder.

use std::collections::HashSet;
use std::error::Error;
use std::fs::{self, File};
use std::io::{self, BufReader};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use runtime_tracing::{
    TraceEventsFileFormat, TraceLowLevelEvent as Event, TraceMetadata, create_trace_reader,
};
use serde::de::DeserializeOwned;

use super::binary::{self, Flaw};
use super::catch_panic::catch_panic;
use super::event_stream::{Undecompressed, read_events};
use crate::document::{Cause, Document, FORMAT};
use crate::error::TraceError;
use crate::format::{
    CHILDREN_FOLDER, Format, METADATA_FILE, MODULES_FILE, PATHS_FILE, events_file_name,
};

/// The damage of events that cannot be decoded.
const UNDECODABLE: &str = "runtime_tracing cannot decode it";

type Result<T> = std::result::Result<T, TraceError>;

/// A folder that holds a trace.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Folder {
    path: PathBuf,
    /// Its events are JSON.
    is_json: bool,
}

impl Folder {
    /// Finds the trace in the folder at `path`, and reads none of it.
    ///
    /// # Errors
    ///
    /// When there is no folder, when it cannot be read, and when it holds no trace or more than
    /// one.
    pub fn open(path: &Path) -> Result<Self> {
        match fs::metadata(path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                return Err(TraceError::NoFolder(path.to_owned()));
            }
            Err(error) => return Err(unreadable(path)(error)),
            Ok(found) if !found.is_dir() => return Err(TraceError::NotAFolder(path.to_owned())),
            Ok(_) => {}
        }
        match (exists(path, Format::Binary)?, exists(path, Format::Json)?) {
            (true, false) => Ok(false),
            (false, true) => Ok(true),
            (false, false) => Err(TraceError::NotATrace(path.to_owned())),
            (true, true) => Err(TraceError::TwoTraces(path.to_owned())),
        }
        .map(|is_json| Self {
            path: path.to_owned(),
            is_json,
        })
    }

    /// Returns the folder.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Returns the path of a file of the trace.
    pub fn file(&self, name: &str) -> PathBuf {
        self.path.join(name)
    }

    /// Returns the path of the file that holds the events.
    pub fn events_file(&self) -> PathBuf {
        self.file(self.events_file_name())
    }

    /// Returns the name of the file that holds the events.
    pub fn events_file_name(&self) -> &'static str {
        events_file_name(self.is_json)
    }

    /// Reads all events, of either dialect.
    ///
    /// # Errors
    ///
    /// When the file cannot be read, is truncated, or does not hold events.
    pub fn events(&self) -> Result<Vec<Event>> {
        self.verify(binary::verify_binary)?;
        let file = self.events_file();
        let mut reader = create_trace_reader(match self.is_json {
            true => TraceEventsFileFormat::Json,
            false => TraceEventsFileFormat::Binary,
        });
        // The reader panics on some damaged files.
        let error = match catch_panic(|| reader.load_trace_events(&file)) {
            Some(Ok(events)) => return Ok(events),
            Some(Err(error)) => not_events(&file, error),
            None => damaged(&file, UNDECODABLE),
        };
        // It refuses floats that are texts, too.
        let mut events = Vec::new();
        let result = self.each_event(|event| {
            events.push(event);
            ControlFlow::Continue(())
        });
        result.map(|()| events).map_err(|_| error)
    }

    /// Reads the events one after the other, of either dialect, until one breaks it off.
    ///
    /// # Errors
    ///
    /// When the file cannot be read, is truncated, or does not hold events.
    pub fn each_event(&self, mut take: impl FnMut(Event) -> ControlFlow<()>) -> Result<()> {
        self.verify(binary::verify_marks)?;
        let file = self.events_file();
        read_events(&file, self.is_json, &mut take).map_err(|error| not_events(&file, error))
    }

    /// Distinguishes a foreign file from a damaged one, and keeps both from a reader that cannot stand them.
    fn verify(
        &self,
        verify: impl FnOnce(BufReader<File>) -> io::Result<std::result::Result<(), Flaw>>,
    ) -> Result<()> {
        if self.is_json {
            return Ok(());
        }
        let file = self.events_file();
        let input = BufReader::new(File::open(&file).map_err(unreadable(&file))?);
        match catch_panic(|| verify(input)) {
            Some(Ok(Ok(()))) => Ok(()),
            Some(Ok(Err(Flaw::Foreign))) => Err(foreign(
                &file,
                "it does not start as runtime_tracing's files do",
            )),
            Some(Ok(Err(Flaw::Truncated))) => Err(TraceError::Truncated(file)),
            Some(Ok(Err(Flaw::Surplus(count)))) => Err(damaged(
                &file,
                format!("the trace in it is whole, and {count} more bytes follow"),
            )),
            Some(Ok(Err(Flaw::Damaged))) | None => Err(damaged(&file, Undecompressed.to_string())),
            Some(Err(error)) => Err(unreadable(&file)(error)),
        }
    }

    /// Reads `trace_metadata.json`.
    ///
    /// # Errors
    ///
    /// When the file cannot be read, is truncated, or does not hold that.
    pub fn metadata(&self) -> Result<TraceMetadata> {
        read_json(&self.file(METADATA_FILE))
    }

    /// Reads `trace_paths.json`.
    ///
    /// # Errors
    ///
    /// When the file cannot be read, is truncated, or does not hold that.
    pub fn paths(&self) -> Result<Vec<PathBuf>> {
        read_json(&self.file(PATHS_FILE))
    }

    /// Reads `trace_modules.json`.
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
        if format != FORMAT {
            return Err(TraceError::OtherFormat { path: file, format });
        }
        let document: Document = read_json(&file)?;
        check_parents(&file, &document)?;
        check_causes(&file, &document)?;
        Ok(document)
    }

    /// Finds the folders of the child processes' traces, by number.
    ///
    /// # Errors
    ///
    /// When `children` cannot be read, or holds something that is not named by a number.
    pub fn children(&self) -> Result<Vec<PathBuf>> {
        let folder = self.file(CHILDREN_FOLDER);
        let entries = match fs::read_dir(&folder) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            other => other.map_err(unreadable(&folder))?,
        };
        let mut children = Vec::new();
        for entry in entries {
            let path = entry.map_err(unreadable(&folder))?.path();
            children.push((number(&path)?, path));
        }
        children.sort();
        Ok(children.into_iter().map(|(_, path)| path).collect())
    }
}

fn exists(folder: &Path, format: Format) -> Result<bool> {
    let file = folder.join(format.file_name());
    file.try_exists().map_err(unreadable(&file))
}

fn number(child: &Path) -> Result<u64> {
    let name = child.file_name().and_then(|name| name.to_str());
    name.and_then(|name| name.parse().ok())
        .ok_or_else(|| TraceError::NotAChild(child.to_owned()))
}

/// Verifies that a parent begins before its children, so that whoever follows parents comes to an end.
fn check_parents(file: &Path, document: &Document) -> Result<()> {
    let bad = document
        .modules
        .iter()
        .enumerate()
        .find(|(index, module)| module.parent.is_some_and(|parent| parent >= *index));
    bad.map_or(Ok(()), |(index, _)| {
        Err(damaged(
            file,
            format!("module {index} has a parent that starts after it"),
        ))
    })
}

/// Verifies that what imports and bodies began within is there, and that whoever follows it comes to an end.
fn check_causes(file: &Path, document: &Document) -> Result<()> {
    let (imports, modules) = (document.imports.len(), document.modules.len());
    if let Some(index) = document
        .imports
        .iter()
        .position(|import| import.body.is_some_and(|body| body >= modules))
    {
        return Err(damaged(file, format!("import {index} has no such body")));
    }
    let all = (0..imports)
        .map(Cause::Import)
        .chain((0..modules).map(Cause::Body));
    let mut sound = HashSet::new();
    for cause in all {
        let mut path = Vec::new();
        let mut next = Some(cause);
        while let Some(it) = next.filter(|it| !sound.contains(it)) {
            let is_there = match it {
                Cause::Import(index) => index < imports,
                Cause::Body(index) => index < modules,
            };
            if !is_there || path.len() > imports + modules {
                let what = "what an import or a body began within is not there, or is within it";
                return Err(damaged(file, what));
            }
            path.push(it);
            next = document.around(it);
        }
        sound.extend(path);
    }
    Ok(())
}

fn read_json<T: DeserializeOwned>(file: &Path) -> Result<T> {
    let bytes = fs::read(file).map_err(unreadable(file))?;
    serde_json::from_slice(&bytes).map_err(|error| not_events(file, error.into()))
}

fn not_events(file: &Path, error: Box<dyn Error>) -> TraceError {
    let error = match error.downcast::<io::Error>() {
        Ok(error) => {
            return match error.kind() {
                io::ErrorKind::InvalidData => foreign(file, "it is not text"),
                io::ErrorKind::Other => damaged(file, UNDECODABLE),
                _ => unreadable(file)(*error),
            };
        }
        Err(error) => error,
    };
    if error.is::<Undecompressed>() {
        return damaged(file, error.to_string());
    }
    match error.downcast_ref::<serde_json::Error>() {
        Some(error) if error.is_eof() => TraceError::Truncated(file.to_owned()),
        Some(error) => foreign(file, error.to_string()),
        None => damaged(file, UNDECODABLE),
    }
}

fn unreadable(path: &Path) -> impl FnOnce(io::Error) -> TraceError {
    let path = path.to_owned();
    move |source| TraceError::Unreadable { path, source }
}

fn foreign(path: &Path, reason: impl Into<String>) -> TraceError {
    TraceError::Foreign {
        path: path.to_owned(),
        reason: reason.into(),
    }
}

fn damaged(path: &Path, reason: impl Into<String>) -> TraceError {
    TraceError::Damaged {
        path: path.to_owned(),
        reason: reason.into(),
    }
}
