//! The names of fixtures and snapshots, and files that belong to no fixture.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

use walkdir::WalkDir;

/// A file in the folders of fixtures and snapshots that no test reads.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Orphan {
    /// A file among the fixtures whose place or name is not that of one.
    Fixture(PathBuf),
    /// A snapshot whose fixture was renamed or removed.
    Snapshot(PathBuf),
}

/// `FAMILY/SCENARIO` of a fixture at `FIXTURES/FAMILY/SCENARIO.md`; `None` when its place or name is
/// not that of a fixture.
pub fn slug(fixture: &Path) -> Option<(String, String)> {
    let family = fixture.parent()?.file_name()?.to_str()?;
    let scenario = fixture.file_name()?.to_str()?.strip_suffix(".md")?;
    let is_plain = |name: &str| {
        !name.is_empty()
            && name
                .bytes()
                .all(|it| it.is_ascii_lowercase() || it.is_ascii_digit() || it == b'-')
    };
    (is_plain(family) && is_plain(scenario)).then(|| (family.to_owned(), scenario.to_owned()))
}

/// Returns the fixtures in a folder, sorted.
///
/// # Errors
///
/// When the folder cannot be read.
pub fn fixtures(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let mut fixtures = files(folder)?;
    fixtures.retain(|file| is_placed(file, folder));
    Ok(fixtures)
}

/// Returns the files below the folders of fixtures and snapshots that belong to no fixture, sorted.
///
/// # Errors
///
/// When a folder cannot be read.
pub fn orphans(fixtures: &Path, snapshots: &Path) -> io::Result<Vec<Orphan>> {
    let misplaced = files(fixtures)?.into_iter();
    let misplaced = misplaced.filter(|file| !is_placed(file, fixtures));
    let lost = files(snapshots)?.into_iter();
    let lost = lost.filter(|file| !has_fixture(file, snapshots, fixtures));
    let misplaced = misplaced.map(Orphan::Fixture);
    Ok(misplaced.chain(lost.map(Orphan::Snapshot)).collect())
}

impl Orphan {
    /// The file.
    pub fn path(&self) -> &Path {
        match self {
            Self::Fixture(path) | Self::Snapshot(path) => path,
        }
    }
}

impl fmt::Display for Orphan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Fixture(path) => write!(
                f,
                "{} is no fixture: its place is fixtures/FAMILY/SCENARIO.md, in lower-case letters, \
                 digits and hyphens. Move it there.",
                path.display()
            ),
            Self::Snapshot(path) => write!(
                f,
                "{} belongs to no fixture. If its fixture was renamed, rename it too; otherwise \
                 remove it.",
                path.display()
            ),
        }
    }
}

/// Returns whether a file lies where fixtures do, under a name that a fixture may have.
fn is_placed(file: &Path, fixtures: &Path) -> bool {
    file.parent().and_then(Path::parent) == Some(fixtures) && slug(file).is_some()
}

fn has_fixture(snapshot: &Path, snapshots: &Path, fixtures: &Path) -> bool {
    let name = snapshot.file_name().and_then(|it| it.to_str());
    let scenario = name.unwrap_or_default().split(['.', '@']).next();
    let family = snapshot.strip_prefix(snapshots).ok().and_then(Path::parent);
    let (Some(scenario), Some(family)) = (scenario, family) else {
        return false;
    };
    let fixture = fixtures.join(family).join(format!("{scenario}.md"));
    fixture.is_file()
}

/// Returns the files below a folder, sorted.
fn files(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let entries = WalkDir::new(folder).min_depth(1).sort_by_file_name();
    let files = entries.into_iter().filter_map(|entry| match entry {
        Ok(entry) if entry.file_type().is_dir() => None,
        Ok(entry) => Some(Ok(entry.into_path())),
        Err(error) => Some(Err(error.into())),
    });
    files.collect()
}
