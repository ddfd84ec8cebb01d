//! A scenario whose files are there, ready to be recorded.

use std::path::Path;
use std::time::Duration;

use interpreters::Interpreter;

use super::observed::Observed;
use super::scenario::Scenario;
use crate::golden::visible;
use crate::sandbox::version::short;
use crate::sandbox::{Program, Redaction, Sandbox, SandboxError, provide_packages};
use crate::tree::Builder;

/// The time that a build step may take.
const LIMIT: Duration = Duration::from_secs(60);

/// A scenario's program with its files, in a folder of its own.
pub struct Built {
    /// The program: its command, environment, working directory and standard input.
    pub program: Program,
    pub(super) sandbox: Sandbox,
    pub(super) redaction: Redaction,
}

impl Scenario {
    /// Builds its files in a folder, which is empty and stays, for an interpreter.
    ///
    /// # Errors
    ///
    /// Says what cannot be made, and on which line of the fixture it stands.
    pub fn build(&self, folder: &Path, interpreter: &Interpreter) -> Result<Built, SandboxError> {
        let sandbox = Sandbox::at(folder).map_err(SandboxError::Folder)?;
        self.build_in(sandbox, interpreter, LIMIT)
    }

    pub(super) fn build_in(
        &self,
        sandbox: Sandbox,
        interpreter: &Interpreter,
        limit: Duration,
    ) -> Result<Built, SandboxError> {
        let builder = Builder {
            python: &interpreter.path,
            limit,
        };
        let program = Program::build(&self.fixture, &sandbox, interpreter, &builder)?;
        let redaction = Redaction::of(&sandbox, program.packages.as_deref(), short(interpreter));
        Ok(Built {
            program,
            sandbox,
            redaction,
        })
    }

    /// Returns statements with their files as goldens would show them, where the scenario was built in a folder
    /// for an interpreter.
    ///
    /// # Errors
    ///
    /// When the folder is not there, or the packages that the scenario requires are not.
    pub fn shown(
        &self,
        observed: &[Observed],
        folder: &Path,
        interpreter: &Interpreter,
    ) -> Result<Vec<Observed>, SandboxError> {
        let sandbox = Sandbox::find(folder).map_err(SandboxError::Folder)?;
        let packages = provide_packages(&self.fixture.settings.requires, interpreter)?;
        let redaction = Redaction::of(&sandbox, packages.as_deref(), short(interpreter));
        Ok(observed.iter().map(|it| shown(it, &redaction)).collect())
    }
}

impl Built {
    /// Returns statements with their files as goldens would show them.
    pub fn shown(&self, observed: &[Observed]) -> Vec<Observed> {
        let observed = observed.iter();
        observed.map(|it| shown(it, &self.redaction)).collect()
    }
}

fn shown(raw: &Observed, redaction: &Redaction) -> Observed {
    Observed {
        label: visible(&raw.label),
        file: raw.file.as_ref().map(|it| visible(&redaction.file(it))),
        ..raw.clone()
    }
}
