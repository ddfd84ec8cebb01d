//! The part of the process environment that decides which Python is found.

use std::env;
use std::ffi::OsString;
use std::path::PathBuf;

/// What a search depends on, passed explicitly so that a test can have one of its own.
///
/// An empty variable counts as one that is not set.
#[derive(Clone, Debug, Default)]
pub struct Environment {
    /// `$PATH`.
    pub path: Option<OsString>,
    /// `$HOME`.
    pub home: Option<PathBuf>,
    /// `$TRUENAME_PYTHON`: the interpreter to use where `--python` is not given.
    pub truename_python: Option<OsString>,
    /// `$VIRTUAL_ENV`: the active virtual environment.
    pub virtual_env: Option<PathBuf>,
    /// `$PYENV_ROOT`.
    pub pyenv_root: Option<PathBuf>,
    /// `$UV_PYTHON_INSTALL_DIR`.
    pub uv_python_install_dir: Option<PathBuf>,
    /// `$XDG_CACHE_HOME`.
    pub xdg_cache_home: Option<PathBuf>,
    /// `$XDG_DATA_HOME`.
    pub xdg_data_home: Option<PathBuf>,
    /// The root of the file system, under which `/usr` and `/opt` are looked at.
    pub root: PathBuf,
}

impl Environment {
    /// The environment of this process.
    pub fn current() -> Self {
        let variable = |name| env::var_os(name).filter(|value| !value.is_empty());
        let folder = |name| variable(name).map(PathBuf::from);
        // The XDG specification has a relative path ignored.
        let xdg = |name| folder(name).filter(|path| path.is_absolute());
        Self {
            path: variable("PATH"),
            home: folder("HOME"),
            truename_python: variable("TRUENAME_PYTHON"),
            virtual_env: folder("VIRTUAL_ENV"),
            pyenv_root: folder("PYENV_ROOT"),
            uv_python_install_dir: folder("UV_PYTHON_INSTALL_DIR"),
            xdg_cache_home: xdg("XDG_CACHE_HOME"),
            xdg_data_home: xdg("XDG_DATA_HOME"),
            root: PathBuf::from("/"),
        }
    }

    /// The folder in which truename keeps what it can make again; `None` when nothing says where.
    pub fn cache_folder(&self) -> Option<PathBuf> {
        let caches = self
            .xdg_cache_home
            .clone()
            .or_else(|| self.at_home(".cache"))?;
        Some(caches.join("truename"))
    }

    /// The folder in which programs keep what they install for one user.
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
    fn the_cache_folder_follows_xdg_then_home_and_may_be_nowhere() {
        let home = Environment {
            home: Some("/home/me".into()),
            ..Environment::default()
        };
        let xdg = Environment {
            xdg_cache_home: Some("/var/cache/me".into()),
            ..home.clone()
        };
        assert_eq!(xdg.cache_folder(), Some("/var/cache/me/truename".into()));
        assert_eq!(home.cache_folder(), Some("/home/me/.cache/truename".into()));
        assert_eq!(Environment::default().cache_folder(), None);
    }
}
