//! Outcomes that are kept while a session runs, so that an interrupted one can go on.

use std::collections::HashMap;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::UNIX_EPOCH;

use interpreters::Interpreter;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::error::ConformError;
use super::outcome::Outcome;
use super::profile::Profile;
use super::scenario::Scenario;
use crate::sandbox::version::dotted;

/// A digest of all that an outcome depends on.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub(super) struct Key(String);

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
    /// Opens the file at a path. What it holds counts if `resume` is set, and is dropped otherwise.
    pub(super) fn open(path: Option<&Path>, resume: bool) -> Result<Self, ConformError> {
        let Some(path) = path else {
            return Ok(Self {
                earlier: HashMap::new(),
                file: None,
                path: PathBuf::new(),
            });
        };
        let failed = |source| ConformError::Unreadable {
            path: path.to_owned(),
            source,
        };
        let text = match fs::read_to_string(path) {
            Ok(text) if resume => text,
            Ok(_) => String::new(),
            Err(error) if error.kind() == io::ErrorKind::NotFound => String::new(),
            Err(error) => return Err(failed(error)),
        };
        // The last line of an interrupted session may be half a line.
        let lines = text.lines().filter_map(|it| serde_json::from_str(it).ok());
        let earlier: HashMap<_, _> = lines.map(|it: Line| (it.key, it.outcome)).collect();
        path.parent()
            .map_or(Ok(()), fs::create_dir_all)
            .map_err(failed)?;
        let mut options = OpenOptions::new();
        options.create(true).write(true);
        let options = match resume {
            true => options.append(true),
            false => options.truncate(true),
        };
        let mut file = options.open(path).map_err(failed)?;
        if !text.is_empty() && !text.ends_with('\n') {
            file.write_all(b"\n").map_err(failed)?;
        }
        Ok(Self {
            earlier,
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

impl Key {
    /// The key of a scenario under a recorder on a Python: it changes with the profile and the files that it
    /// speaks of, with the fixture and its goldens.
    pub(super) fn of(
        profile: &Profile,
        scenario: &Scenario,
        interpreter: &Interpreter,
        truename: &Path,
    ) -> Self {
        let mut digest = Sha256::new();
        let mut add = |text: &str| {
            digest.update(text.len().to_le_bytes());
            digest.update(text.as_bytes());
        };
        add(&profile.text);
        add(&dotted(interpreter));
        add(&interpreter.path.to_string_lossy());
        add(&scenario.slug());
        add(&format!("{scenario:?}"));
        let folder = profile.file.parent().unwrap_or(Path::new("."));
        for word in profile.words() {
            if let Some(file) = word.strip_prefix("{profile}/") {
                add(&fs::read_to_string(folder.join(file)).unwrap_or_default());
            }
            if word.contains("{truename}")
                && let Ok(about) = fs::metadata(truename)
            {
                let time = about
                    .modified()
                    .ok()
                    .and_then(|it| it.duration_since(UNIX_EPOCH).ok());
                add(&format!("{} {time:?}", about.len()));
            }
        }
        let digest = digest.finalize();
        Self(digest[..12].iter().map(|it| format!("{it:02x}")).collect())
    }
}
