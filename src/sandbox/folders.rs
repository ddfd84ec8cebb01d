//! Folders and an environment for one run of one scenario.

use std::fs;
use std::io;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use tempfile::TempDir;

/// A temporary folder that holds all that a run reads and writes.
pub struct Sandbox {
    folder: PathBuf,
    temporary: Option<TempDir>,
    link: PathBuf,
}

/// The beginning of the folders' names.
const PREFIX: &str = "truename-";

impl Sandbox {
    /// Makes the folder in another one. `link` is where it can be found when it is kept; what the last run
    /// kept there goes.
    pub(crate) fn new(around: &Path, link: PathBuf) -> io::Result<Self> {
        remove_kept(&link)?;
        let temporary = tempfile::Builder::new().prefix(PREFIX).tempdir_in(around)?;
        let sandbox = Self {
            // Python follows symbolic links in some file names and not in others.
            folder: temporary.path().canonicalize()?,
            temporary: Some(temporary),
            link,
        };
        sandbox.make_folders()?;
        Ok(sandbox)
    }

    /// Makes the folders in one that is there, and stays.
    pub(crate) fn at(folder: &Path) -> io::Result<Self> {
        let sandbox = Self::find(folder)?;
        sandbox.make_folders()?;
        Ok(sandbox)
    }

    /// Finds the folders that [`Self::at`] made.
    pub(crate) fn find(folder: &Path) -> io::Result<Self> {
        Ok(Self {
            folder: folder.canonicalize()?,
            temporary: None,
            link: PathBuf::new(),
        })
    }

    fn make_folders(&self) -> io::Result<()> {
        for folder in [self.tree(), self.home(), self.temporary()] {
            fs::create_dir(folder)?;
        }
        Ok(())
    }

    /// The folder that holds all of it.
    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    /// The scenario's files.
    pub(crate) fn tree(&self) -> PathBuf {
        self.folder.join("tree")
    }

    pub(crate) fn home(&self) -> PathBuf {
        self.folder.join("home")
    }

    pub(crate) fn temporary(&self) -> PathBuf {
        self.folder.join("tmp")
    }

    pub(crate) fn trace(&self) -> PathBuf {
        self.folder.join("trace")
    }

    /// The filter with this number.
    pub(crate) fn filter(&self, number: usize) -> PathBuf {
        self.folder.join(format!("filter-{number}.toml"))
    }

    pub(crate) fn stdin(&self) -> PathBuf {
        self.folder.join("stdin")
    }

    pub(crate) fn stdout(&self) -> PathBuf {
        self.folder.join("stdout")
    }

    pub(crate) fn stderr(&self) -> PathBuf {
        self.folder.join("stderr")
    }

    /// The link to the folder, for when it is kept.
    pub(crate) fn link(&self) -> &Path {
        &self.link
    }

    /// Keeps the folder when the run is over, for a person to look at.
    pub(crate) fn keep(&mut self) {
        let around = self.link.parent().map_or(Ok(()), fs::create_dir_all);
        let linked = around.and_then(|()| symlink(&self.folder, &self.link));
        // Without a link, nobody would find or remove it.
        if linked.is_ok()
            && let Some(temporary) = self.temporary.take()
        {
            let _ = temporary.keep();
        }
    }

    /// Returns the variables that each run has. They are built, not inherited, so that the outcome is the
    /// same on every machine.
    pub(crate) fn variables(&self) -> Vec<(String, String)> {
        let text = |path: PathBuf| path.to_string_lossy().into_owned();
        let variables = [
            // No user site-packages, start-up files or history.
            ("HOME", text(self.home())),
            // A program can start the same commands everywhere.
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

/// Removes a link and the folder of a run that it leads to.
fn remove_kept(link: &Path) -> io::Result<()> {
    let Ok(folder) = fs::read_link(link) else {
        return Ok(());
    };
    let name = folder.file_name().unwrap_or_default();
    if name.to_string_lossy().starts_with(PREFIX) && folder.is_dir() {
        fs::remove_dir_all(&folder)?;
    }
    fs::remove_file(link)
}
