//! The names of snapshots, and snapshots that belong to no fixture.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

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

/// What lies around in the folders of fixtures and snapshots and belongs to no fixture, sorted: a
/// snapshot whose fixture was renamed or removed, a fixture in a wrong place.
///
/// # Errors
///
/// When a folder cannot be read.
pub fn strays(fixtures: &Path, snapshots: &Path) -> io::Result<Vec<String>> {
    let mut strays = Vec::new();
    for file in files(fixtures)? {
        let depth = file
            .strip_prefix(fixtures)
            .map_or(0, |it| it.components().count());
        if depth != 2 || slug(&file).is_none() {
            strays.push(format!(
                "{} is no fixture: its place is fixtures/FAMILY/SCENARIO.md, in lower-case letters, \
                 digits and hyphens. Move it there.",
                file.display()
            ));
        }
    }
    for file in files(snapshots)? {
        let name = file
            .file_name()
            .and_then(|it| it.to_str())
            .unwrap_or_default();
        let scenario = name.split(['.', '@']).next().unwrap_or_default();
        let family = file.strip_prefix(snapshots).ok().and_then(Path::parent);
        let fixture = family.map(|it| fixtures.join(it).join(format!("{scenario}.md")));
        if !fixture.is_some_and(|it| it.is_file()) {
            strays.push(format!(
                "{} belongs to no fixture. If its fixture was renamed, rename it too; otherwise \
                 remove it.",
                file.display()
            ));
        }
    }
    strays.sort();
    Ok(strays)
}

fn files(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            files.extend(self::files(&entry.path())?);
        } else {
            files.push(entry.path());
        }
    }
    Ok(files)
}
