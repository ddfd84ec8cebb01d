//! Outcomes that are kept while a session runs, so that an interrupted one can go on.

use std::collections::{HashMap, HashSet};
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use serde::{Deserialize, Serialize};
use tempfile::NamedTempFile;

use super::error::ConformError;
use super::key::Key;
use super::outcome::Outcome;

/// Outcomes that an earlier session found, and a file to which new ones are added.
pub(super) struct Journal {
    earlier: HashMap<Key, Outcome>,
    file: Option<Mutex<File>>,
    path: PathBuf,
}

#[derive(Serialize, Deserialize)]
struct Line {
    key: Key,
    outcome: Outcome,
}

impl Journal {
    /// Opens the file at a path, which sessions share. What it holds of these keys counts if `resume` is set, and is
    /// dropped otherwise; what it holds of others stays.
    pub(super) fn open(
        path: Option<&Path>,
        keys: &HashSet<&Key>,
        resume: bool,
    ) -> Result<Self, ConformError> {
        let Some(path) = path else {
            return Ok(Self {
                earlier: HashMap::new(),
                file: None,
                path: PathBuf::new(),
            });
        };
        Self::open_file(path, keys, resume).map_err(|source| ConformError::Unreadable {
            path: path.to_owned(),
            source,
        })
    }

    fn open_file(path: &Path, keys: &HashSet<&Key>, resume: bool) -> io::Result<Self> {
        let text = match fs::read_to_string(path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => String::new(),
            text => text?,
        };
        // The last line of an interrupted session may be half a line.
        let lines = text.lines();
        let lines = lines.filter_map(|it| Some((it, serde_json::from_str::<Line>(it).ok()?)));
        let (same, others): (Vec<_>, Vec<_>) = lines.partition(|(_, it)| keys.contains(&it.key));
        let folder = path.parent().unwrap_or(Path::new("."));
        fs::create_dir_all(folder)?;
        if !resume && !same.is_empty() {
            let mut kept = NamedTempFile::new_in(folder)?;
            for (line, _) in &others {
                writeln!(kept, "{line}")?;
            }
            kept.persist(path)?;
        }
        let mut file = OpenOptions::new().create(true).append(true).open(path)?;
        if !text.is_empty() && !text.ends_with('\n') {
            file.write_all(b"\n")?;
        }
        let earlier = same.into_iter().filter(|_| resume);
        Ok(Self {
            earlier: earlier.map(|(_, it)| (it.key, it.outcome)).collect(),
            file: Some(Mutex::new(file)),
            path: path.to_owned(),
        })
    }

    /// Returns what an earlier session found.
    pub(super) fn find(&self, key: &Key) -> Option<Outcome> {
        self.earlier.get(key).cloned()
    }

    /// Adds an outcome to the file.
    pub(super) fn keep(&self, key: &Key, outcome: &Outcome) -> Result<(), ConformError> {
        let Some(file) = &self.file else {
            return Ok(());
        };
        let line = Line {
            key: key.clone(),
            outcome: outcome.clone(),
        };
        let text = serde_json::to_string(&line).map_err(io::Error::from);
        let mut file = file.lock().unwrap_or_else(PoisonError::into_inner);
        let written = text.and_then(|text| file.write_all(format!("{text}\n").as_bytes()));
        written.map_err(|source| ConformError::Unreadable {
            path: self.path.clone(),
            source,
        })
    }
}
