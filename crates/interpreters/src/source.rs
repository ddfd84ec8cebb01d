//! The kinds of places where a Python is found.

use std::fmt;

/// The kind of place where a Python was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PythonSource {
    /// `$TRUENAME_PYTHON` names it.
    TruenamePython,
    /// It belongs to the active virtual environment, `$VIRTUAL_ENV`.
    VirtualEnv,
    /// It lies in a folder of `$PATH`.
    Path,
    /// pyenv installed it.
    Pyenv,
    /// uv installed it.
    Uv,
    /// It was unpacked into truename's own folder, as `just pythons` does.
    Truename,
    /// It lies in `/usr/bin` or `/usr/local/bin`, and `$PATH` does not lead there.
    System,
    /// It lies in a folder of `/opt`.
    Opt,
}

impl fmt::Display for PythonSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::TruenamePython => "$TRUENAME_PYTHON",
            Self::VirtualEnv => "$VIRTUAL_ENV",
            Self::Path => "PATH",
            Self::Pyenv => "pyenv",
            Self::Uv => "uv",
            Self::Truename => "truename",
            Self::System => "system",
            Self::Opt => "/opt",
        })
    }
}
