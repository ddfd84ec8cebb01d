//! Folders and an environment for one run of one scenario.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use tempfile::TempDir;

/// A temporary folder that holds all that a run reads and writes.
pub(super) struct Sandbox {
    folder: PathBuf,
    temporary: Option<TempDir>,
}

impl Sandbox {
    pub(super) fn new(around: &Path) -> io::Result<Self> {
        let temporary = tempfile::Builder::new()
            .prefix("truename-")
            .tempdir_in(around)?;
        let sandbox = Self {
            // Python follows symbolic links in some file names and not in others.
            folder: temporary.path().canonicalize()?,
            temporary: Some(temporary),
        };
        for folder in [sandbox.tree(), sandbox.home(), sandbox.temporary()] {
            fs::create_dir(folder)?;
        }
        Ok(sandbox)
    }

    /// What holds all of it.
    pub(super) fn folder(&self) -> &Path {
        &self.folder
    }

    /// The scenario's files.
    pub(super) fn tree(&self) -> PathBuf {
        self.folder.join("tree")
    }

    pub(super) fn home(&self) -> PathBuf {
        self.folder.join("home")
    }

    pub(super) fn temporary(&self) -> PathBuf {
        self.folder.join("tmp")
    }

    pub(super) fn trace(&self) -> PathBuf {
        self.folder.join("trace")
    }

    /// The filter with this number.
    pub(super) fn filter(&self, number: usize) -> PathBuf {
        self.folder.join(format!("filter-{number}.toml"))
    }

    pub(super) fn stdin(&self) -> PathBuf {
        self.folder.join("stdin")
    }

    pub(super) fn stdout(&self) -> PathBuf {
        self.folder.join("stdout")
    }

    pub(super) fn stderr(&self) -> PathBuf {
        self.folder.join("stderr")
    }

    /// Keeps the folder when the run is over, for a person to look at.
    pub(super) fn keep(&mut self) -> &Path {
        if let Some(temporary) = self.temporary.take() {
            let _ = temporary.keep();
        }
        &self.folder
    }

    /// What each run has in its environment. It is built, not inherited, so that the outcome is the
    /// same on every machine.
    pub(super) fn variables(&self) -> Vec<(String, String)> {
        let text = |path: PathBuf| path.to_string_lossy().into_owned();
        let variables = [
            // No user site-packages, start-up files or history.
            ("HOME", text(self.home())),
            // What a program may start is the same everywhere.
            ("PATH", "/usr/bin:/bin".to_owned()),
            // Temporary files go with the scenario.
            ("TMPDIR", text(self.temporary())),
            // File names and output are UTF-8.
            ("LC_ALL", "C.UTF-8".to_owned()),
            // Each interpreter meets the same files.
            ("PYTHONDONTWRITEBYTECODE", "1".to_owned()),
            // The order of sets does not change between runs.
            ("PYTHONHASHSEED", "0".to_owned()),
        ];
        variables
            .map(|(name, value)| (name.to_owned(), value))
            .into()
    }
}
