//! The part of the process environment that decides which Python is found.

use std::env;
use std::ffi::OsString;
use std::path::{self, PathBuf};

/// Names the cache folder, for truename alone: the program that it runs does not get it.
pub const CACHE_VARIABLE: &str = "TRUENAME_CACHE";

/// The variables and folders that a search depends on, passed explicitly so that a test can have its own.
///
/// An empty variable counts as one that is not set.
#[derive(Clone, Debug, Default)]
pub struct SearchEnvironment {
    /// `$PATH`.
    pub path: Option<OsString>,
    /// `$HOME`.
    pub home: Option<PathBuf>,
    /// `$TRUENAME_PYTHON`: the interpreter to use where none is requested.
    pub truename_python: Option<OsString>,
    /// `$TRUENAME_CACHE`: the cache folder, wherever others have theirs.
    pub truename_cache: Option<PathBuf>,
    /// `$VIRTUAL_ENV`: the active virtual environment.
    pub virtual_env: Option<PathBuf>,
    /// `$PYENV_ROOT`.
    pub pyenv_root: Option<PathBuf>,
    /// All variables that pyenv has for itself, `$PYENV_VERSION` for one.
    pub of_pyenv: Vec<(OsString, OsString)>,
    /// `$UV_PYTHON_INSTALL_DIR`.
    pub uv_python_install_dir: Option<PathBuf>,
    /// `$XDG_CACHE_HOME`.
    pub xdg_cache_home: Option<PathBuf>,
    /// `$XDG_DATA_HOME`.
    pub xdg_data_home: Option<PathBuf>,
    /// The folder in which truename was started.
    pub working_folder: Option<PathBuf>,
    /// The root of the file system, under which `/usr` and `/opt` are looked at.
    pub root: PathBuf,
}

impl SearchEnvironment {
    /// Reads the environment of this process.
    pub fn current() -> Self {
        let variable = |name| env::var_os(name).filter(|value| !value.is_empty());
        let folder = |name| variable(name).map(PathBuf::from);
        // The XDG specification has a relative path ignored.
        let xdg = |name| folder(name).filter(|path| path.is_absolute());
        Self {
            path: variable("PATH"),
            home: folder("HOME"),
            truename_python: variable("TRUENAME_PYTHON"),
            truename_cache: folder(CACHE_VARIABLE).and_then(|it| path::absolute(it).ok()),
            virtual_env: folder("VIRTUAL_ENV"),
            pyenv_root: folder("PYENV_ROOT"),
            of_pyenv: env::vars_os()
                .filter(|(name, _)| name.as_encoded_bytes().starts_with(b"PYENV_"))
                .collect(),
            uv_python_install_dir: folder("UV_PYTHON_INSTALL_DIR"),
            xdg_cache_home: xdg("XDG_CACHE_HOME"),
            xdg_data_home: xdg("XDG_DATA_HOME"),
            working_folder: env::current_dir().ok(),
            root: PathBuf::from("/"),
        }
    }

    /// Returns the folder of the cache (recorder library, interpreter probes); `None` when nothing says
    /// where it is.
    pub fn cache_folder(&self) -> Option<PathBuf> {
        if let Some(folder) = &self.truename_cache {
            return Some(folder.clone());
        }
        let caches = self
            .xdg_cache_home
            .clone()
            .or_else(|| self.at_home(".cache"))?;
        Some(caches.join("truename"))
    }

    /// Returns the folder in which programs keep what they install for one user.
    pub(super) fn data_home(&self) -> Option<PathBuf> {
        self.xdg_data_home
            .clone()
            .or_else(|| self.at_home(".local/share"))
    }

    pub(super) fn at_home(&self, relative: &str) -> Option<PathBuf> {
        Some(self.home.as_ref()?.join(relative))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cache_folder_follows_its_variable_then_xdg_then_home_and_may_be_nowhere() {
        let home = SearchEnvironment {
            home: Some("/home/me".into()),
            ..SearchEnvironment::default()
        };
        let xdg = SearchEnvironment {
            xdg_cache_home: Some("/var/cache/me".into()),
            ..home.clone()
        };
        let own = SearchEnvironment {
            truename_cache: Some("/srv/cache".into()),
            ..xdg.clone()
        };
        assert_eq!(own.cache_folder(), Some("/srv/cache".into()));
        assert_eq!(xdg.cache_folder(), Some("/var/cache/me/truename".into()));
        assert_eq!(home.cache_folder(), Some("/home/me/.cache/truename".into()));
        assert_eq!(SearchEnvironment::default().cache_folder(), None);
    }
}
