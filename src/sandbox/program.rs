//! The program of a scenario, ready to be run under whatever records it.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use interpreters::Interpreter;

use super::error::SandboxError;
use super::folders::Sandbox;
use super::packages;
use crate::fixture::{Fixture, TreePath};
use crate::tree::{self, Builder, Tree};

/// The program that a scenario runs, with its files in place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Program {
    /// The interpreter.
    pub python: PathBuf,
    /// The interpreter's arguments.
    pub arguments: Vec<String>,
    /// All variables of its environment.
    pub environment: BTreeMap<String, String>,
    /// Its working directory.
    pub folder: PathBuf,
    /// The file that is its standard input.
    pub stdin: PathBuf,
    /// The trace filters that it is recorded with, in order.
    pub filters: Vec<PathBuf>,
    /// Options of `truename run`.
    pub options: Vec<String>,
    /// The packages that it requires.
    pub(crate) packages: Option<PathBuf>,
}

impl Program {
    /// Builds a scenario's files in a sandbox.
    ///
    /// # Errors
    ///
    /// Says what cannot be made, and on which line of the fixture it stands.
    pub fn build(
        fixture: &Fixture,
        sandbox: &Sandbox,
        interpreter: &Interpreter,
        builder: &Builder<'_>,
    ) -> Result<Self, SandboxError> {
        let packages = packages::provide(&fixture.settings.requires, interpreter)?;
        let tree = tree::build(fixture, &sandbox.tree(), builder)?;
        let run = &fixture.settings.run;
        let python = match &run.interpreter {
            Some(venv) => interpreter_of(venv, fixture, &tree)?,
            None => interpreter.path.clone(),
        };
        let mut filters = Vec::new();
        for (number, filter) in (1..).zip(&fixture.filters) {
            let file = sandbox.filter(number);
            write(&file, &tree.fill(filter)?)?;
            filters.push(file);
        }
        let folder = match &run.cwd {
            Some(path) => tree
                .folder(path)
                .map_err(|source| SandboxError::NoDirectory {
                    place: fixture.place(fixture.settings.places.cwd),
                    source,
                })?,
            None => tree.root().to_owned(),
        };
        let mut environment: BTreeMap<_, _> = sandbox.variables().into_iter().collect();
        for (name, value) in &run.environment {
            environment.insert(name.clone(), tree.fill(value)?);
        }
        let stdin = sandbox.stdin();
        write(&stdin, &tree.fill(&run.stdin)?)?;
        let filled = |words: &[String]| {
            let words = words.iter().map(|it| tree.fill(it));
            words.collect::<Result<Vec<_>, _>>()
        };
        let mut program = Self {
            python,
            arguments: filled(&run.arguments)?,
            environment,
            folder,
            stdin,
            filters,
            options: filled(&fixture.settings.truename.options)?,
            packages: packages.clone(),
        };
        if let Some(packages) = packages {
            program.add_to_path(&packages);
        }
        Ok(program)
    }

    /// The command that runs it, recorded by nobody.
    pub fn command(&self) -> Vec<String> {
        let python = self.python.to_string_lossy().into_owned();
        std::iter::once(python)
            .chain(self.arguments.iter().cloned())
            .collect()
    }

    /// Lets it import what is in a folder, after all that it finds elsewhere on `PYTHONPATH`.
    pub(crate) fn add_to_path(&mut self, folder: &Path) {
        let path = self.environment.entry("PYTHONPATH".to_owned()).or_default();
        if !path.is_empty() {
            path.push(':');
        }
        path.push_str(&folder.to_string_lossy());
    }
}

/// The interpreter of a virtual environment.
fn interpreter_of(
    venv: &TreePath,
    fixture: &Fixture,
    tree: &Tree,
) -> Result<PathBuf, SandboxError> {
    let place = fixture.place(fixture.settings.places.interpreter);
    let python = match tree.folder(venv) {
        Ok(folder) => folder.join("bin/python"),
        Err(source) => return Err(SandboxError::NoEnvironment { place, source }),
    };
    let venv = venv.clone();
    match python.exists() {
        true => Ok(python),
        false => Err(SandboxError::NoPython { place, venv }),
    }
}

fn write(file: &Path, text: &str) -> Result<(), SandboxError> {
    fs::write(file, text).map_err(|source| SandboxError::File {
        path: file.to_owned(),
        source,
    })
}
