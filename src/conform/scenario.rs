//! A fixture with its goldens: what is run, and what is true of it.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};

use interpreters::command_line::PythonArguments;

use super::error::ConformError;
use super::feature::{self, Feature};
use super::observed::Observed;
use super::truth::{TrueProcess, Truth};
use crate::fixture::Fixture;
use crate::golden;

/// A scenario: a fixture, and what a person has accepted as true of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scenario {
    /// The family that it belongs to.
    pub family: String,
    /// Its name in the family.
    pub name: String,
    /// The text of its page.
    pub page: String,
    /// The fixture.
    pub fixture: Fixture,
    /// The truths by the number of the `differs` table that they are about; 0 is all other Pythons.
    truths: BTreeMap<usize, Truth>,
}

impl Scenario {
    /// Reads the scenario of a fixture, `FIXTURES/FAMILY/SCENARIO.md`, whose goldens are in another folder.
    ///
    /// # Errors
    ///
    /// When the fixture is wrong, or has no golden.
    pub fn read(fixture: &Path, snapshots: &Path) -> Result<Self, ConformError> {
        let (family, name) = golden::slug(fixture).unwrap_or_default();
        let folder = snapshots.join(&family);
        let page = fs::read_to_string(fixture).map_err(|source| ConformError::Unreadable {
            path: fixture.to_owned(),
            source,
        })?;
        Self::parse(family, name, page, fixture, |file| {
            fs::read_to_string(folder.join(file)).ok()
        })
    }

    /// Makes a scenario of a fixture's page and of its goldens, which `golden` finds by their file's name. `path` is the
    /// page's own file, for errors.
    ///
    /// # Errors
    ///
    /// When a golden is missing or cannot be read.
    pub fn parse(
        family: String,
        name: String,
        page: String,
        path: &Path,
        golden: impl Fn(&str) -> Option<String>,
    ) -> Result<Self, ConformError> {
        let fixture = Fixture::parse_in(&page, path)?;
        let scenario = format!("{family}/{name}");
        let arguments = fixture.settings.run.arguments.iter();
        let arguments: Vec<_> = arguments.map(OsString::from).collect();
        let program = PythonArguments::read(&arguments).program;
        let mut truths = BTreeMap::new();
        for number in fixture.variants() {
            let file = match number {
                0 => format!("{name}.snap"),
                number => format!("{name}@{number}.snap"),
            };
            let Some(text) = golden(&file) else {
                return Err(ConformError::NoGolden {
                    scenario,
                    file: PathBuf::from(file),
                });
            };
            let mut truth = Truth::read(body_of(&text)).map_err(|line| ConformError::Golden {
                scenario: scenario.clone(),
                line,
            })?;
            truth.mark_programs(&program);
            truths.insert(number, truth);
        }
        Ok(Self {
            family,
            name,
            page,
            fixture,
            truths,
        })
    }

    /// Returns `FAMILY/SCENARIO`.
    pub fn slug(&self) -> String {
        format!("{}/{}", self.family, self.name)
    }

    /// Returns what a recorder should say of it on a version of Python, major and minor, process by process;
    /// nothing when it is not about that.
    pub fn expected(&self, version: (u32, u32)) -> Vec<Observed> {
        let processes = self.truth(version).into_iter().flat_map(|it| &it.processes);
        let of_process = |(number, process): (usize, &TrueProcess)| {
            let bodies = process.bodies.iter();
            let said = bodies.map(move |body| Observed {
                process: number.to_string(),
                label: body.label.clone(),
                file: Some(body.file.clone()),
                line: None,
            });
            said.collect::<Vec<_>>()
        };
        processes.enumerate().flat_map(of_process).collect()
    }

    /// Returns what a recorder needs for it on a version of Python, major and minor.
    pub fn needs(&self, version: (u32, u32)) -> BTreeSet<Feature> {
        self.truth(version)
            .map_or_else(BTreeSet::new, |truth| feature::needs(&self.fixture, truth))
    }

    /// Returns what is true of it on a version of Python, major and minor; `None` when it is not about that.
    pub(super) fn truth(&self, version: (u32, u32)) -> Option<&Truth> {
        match self.fixture.is_about(version) {
            true => self.truths.get(&self.fixture.variant(version)),
            false => None,
        }
    }
}

/// Returns a snapshot's text without the lines that say where it comes from.
fn body_of(snapshot: &str) -> &str {
    let inside = snapshot.strip_prefix("---\n").unwrap_or_default();
    match inside.split_once("\n---\n") {
        Some((_, body)) => body,
        None => snapshot,
    }
}
