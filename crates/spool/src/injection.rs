//! The ways in which the recorder gets into a Python process.

/// Names the folder for spools; a Python that finds it in its environment is recorded.
pub const SPOOL_VARIABLE: &str = "TRUENAME_SPOOL";

/// Set where every Python process is to be recorded, in whatever way it is started.
pub const EVERYWHERE_VARIABLE: &str = "TRUENAME_EVERYWHERE";

/// The way in which the recorder gets into a Python process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InjectionMode {
    /// A `sitecustomize` that comes first on `PYTHONPATH`.
    SiteCustomize,
    /// A library that the dynamic linker loads, for a Python that ignores `PYTHONPATH` or leaves out
    /// `site`.
    Preload,
}

impl InjectionMode {
    /// Returns the variable with the list of paths that brings the recorder in.
    pub const fn variable(self) -> &'static str {
        match self {
            Self::SiteCustomize => "PYTHONPATH",
            Self::Preload => "LD_PRELOAD",
        }
    }

    /// Returns the path that stands in that list, below the folder of the recorder's files.
    pub const fn entry(self) -> &'static str {
        match self {
            Self::SiteCustomize => "path",
            Self::Preload => "lib/libtruename_preload.so",
        }
    }
}
