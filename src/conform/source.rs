//! The places that scenarios come from.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use rust_embed::RustEmbed;

use super::error::ConformError;
use super::scenario::Scenario;
use crate::golden;

/// The fixtures of this package. A debug build reads them from its folder, so that a new one compiles nothing.
#[derive(RustEmbed)]
#[folder = "fixtures"]
struct Fixtures;

/// Their goldens.
#[derive(RustEmbed)]
#[folder = "snapshots"]
struct Snapshots;

/// A place that scenarios come from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ScenarioSource {
    /// This package.
    Embedded,
    /// A folder of fixtures, and one of their goldens.
    Folder {
        /// The fixtures, `FAMILY/SCENARIO.md`.
        fixtures: PathBuf,
        /// The goldens, `FAMILY/SCENARIO.snap`.
        snapshots: PathBuf,
    },
}

impl ScenarioSource {
    /// Returns the names of all scenarios, `FAMILY/SCENARIO`, sorted.
    ///
    /// # Errors
    ///
    /// When the folder cannot be read.
    pub fn names(&self) -> Result<Vec<String>, ConformError> {
        let slug = |path: &Path| {
            let (family, name) = golden::slug(path)?;
            Some(format!("{family}/{name}"))
        };
        let mut names: Vec<String> = match self {
            Self::Embedded => Fixtures::iter()
                .filter_map(|it| slug(Path::new(&*it)))
                .collect(),
            Self::Folder { fixtures, .. } => {
                let found =
                    golden::fixtures(fixtures).map_err(|source| ConformError::Unreadable {
                        path: fixtures.clone(),
                        source,
                    })?;
                found.iter().filter_map(|it| slug(it)).collect()
            }
        };
        names.sort_unstable();
        Ok(names)
    }

    /// Returns the scenarios of families and single ones, `FAMILY` or `FAMILY/SCENARIO`; all when none is named.
    ///
    /// # Errors
    ///
    /// When a name is nobody's, and when one of the scenarios cannot be read.
    pub fn select(&self, wanted: &[String]) -> Result<Vec<Scenario>, ConformError> {
        let names = self.names()?;
        let is_of = |name: &str, wanted: &str| {
            let rest = name.strip_prefix(wanted);
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        };
        if let Some(nobody) = wanted
            .iter()
            .find(|it| !names.iter().any(|name| is_of(name, it)))
        {
            let families = names.iter().filter_map(|it| it.split_once('/'));
            let families: BTreeSet<_> = families.map(|it| it.0).collect();
            return Err(ConformError::NoScenario {
                name: nobody.clone(),
                families: families.into_iter().collect::<Vec<_>>().join(", "),
            });
        }
        let is_wanted =
            |name: &&String| wanted.is_empty() || wanted.iter().any(|it| is_of(name, it));
        names
            .iter()
            .filter(is_wanted)
            .map(|it| self.read(it))
            .collect()
    }

    /// Reads one scenario, `FAMILY/SCENARIO`.
    fn read(&self, slug: &str) -> Result<Scenario, ConformError> {
        match self {
            Self::Folder {
                fixtures,
                snapshots,
            } => Scenario::read(&fixtures.join(format!("{slug}.md")), snapshots),
            Self::Embedded => {
                let text = |file: rust_embed::EmbeddedFile| {
                    String::from_utf8_lossy(&file.data).into_owned()
                };
                let (family, name) = slug.split_once('/').unwrap_or_default();
                let page = Fixtures::get(&format!("{slug}.md"))
                    .map(text)
                    .unwrap_or_default();
                let path = PathBuf::from(format!("fixtures/{slug}.md"));
                Scenario::parse(family.to_owned(), name.to_owned(), page, &path, |file| {
                    Snapshots::get(&format!("{family}/{file}")).map(text)
                })
            }
        }
    }
}
