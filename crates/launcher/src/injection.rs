//! Getting the recorder into an interpreter.

use failure::{Failure, Result};
use interpreters::command_line::PythonArguments;

/// The way by which the recorder gets into the interpreter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InjectionMode {
    /// A `sitecustomize` that comes first on `PYTHONPATH`.
    SiteCustomize,
    /// A library that the dynamic linker loads: `PYTHONPATH` or `site` is ignored.
    Preload,
}

impl InjectionMode {
    /// Returns the mode that works for a command line.
    pub fn of(arguments: &PythonArguments) -> Self {
        if arguments.ignores_environment || arguments.skips_site {
            Self::Preload
        } else {
            Self::SiteCustomize
        }
    }

    /// Refuses a mode that this system does not have.
    ///
    /// # Errors
    ///
    /// When this system has no such way in.
    pub fn supported(self) -> Result<()> {
        if self == Self::Preload && cfg!(not(target_os = "linux")) {
            return Err(Failure::usage(
                "under -I, -E and -S a program can be recorded on Linux only: elsewhere Python \
                 offers no way in. Run it without these options.",
            ));
        }
        Ok(())
    }
}
