//! The paths that `file` patterns name, written as recorded paths are.

use std::ffi::OsStr;
use std::path::{Path, PathBuf, absolute};

/// The folder that a project's filter is kept in.
pub(super) const PROJECT_FOLDER: &str = ".codetracer";

/// The reason why a `file` pattern selects nothing that the filter may speak of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum FilePatternError {
    /// It is the root itself.
    Root,
    /// It is outside of the root.
    Outside,
}

/// The folder that a filter speaks of: the one above its `.codetracer` folder, or else its own.
#[derive(Debug)]
pub(super) struct FilterRoot {
    /// The folder, and the same without symbolic links.
    folders: Vec<PathBuf>,
}

impl FilterRoot {
    /// Finds the root of the filter at a path.
    pub(super) fn of(filter: &Path) -> Self {
        let filter = absolute(filter).unwrap_or_else(|_| filter.to_owned());
        let is_project_folder =
            |folder: &&Path| folder.file_name() == Some(OsStr::new(PROJECT_FOLDER));
        let project = filter.ancestors().skip(1).find(is_project_folder);
        let root = project.unwrap_or(&filter).parent();
        Self::at(root.unwrap_or(Path::new("/")))
    }

    /// Takes a folder.
    pub(super) fn at(folder: &Path) -> Self {
        let mut folders = vec![folder.to_owned()];
        folders.extend(folder.canonicalize().ok().filter(|real| real != folder));
        Self { folders }
    }

    /// Removes `.`, `..` and doubled slashes from a pattern.
    pub(super) fn normalize(&self, pattern: &str) -> Result<String, FilePatternError> {
        let mut parts = Vec::new();
        for part in pattern.split('/') {
            match part {
                "" | "." => {}
                ".." => {
                    parts.pop().ok_or(FilePatternError::Outside)?;
                }
                other => parts.push(other),
            }
        }
        let path = parts.join("/");
        if pattern.starts_with('/') {
            let path = format!("/{path}");
            let rest = self
                .folders
                .iter()
                .find_map(|root| Path::new(&path).strip_prefix(root).ok());
            return match rest {
                None => Err(FilePatternError::Outside),
                Some(rest) if rest.as_os_str().is_empty() => Err(FilePatternError::Root),
                Some(_) => Ok(path),
            };
        }
        match path.is_empty() {
            true => Err(FilePatternError::Root),
            false => Ok(path),
        }
    }

    /// Returns the folder.
    pub(super) fn folder(&self) -> &Path {
        &self.folders[0]
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case::a_dot("./app/*.py", Ok("app/*.py"))]
    #[case::dots_within("app/././a.py", Ok("app/a.py"))]
    #[case::two_slashes("app//foo", Ok("app/foo"))]
    #[case::a_slash_at_the_end("src/", Ok("src"))]
    #[case::a_folder_and_back("src/../b.py", Ok("b.py"))]
    #[case::absolute("/home/me/app/src/**", Ok("/home/me/app/src/**"))]
    #[case::absolute_and_back("/home/me/app/x/../**", Ok("/home/me/app/**"))]
    #[case::names_with_dots("a..b/.c/...", Ok("a..b/.c/..."))]
    #[case::no_file("<string>", Ok("<string>"))]
    #[case::above("../x.py", Err(FilePatternError::Outside))]
    #[case::above_in_the_end("src/../../x.py", Err(FilePatternError::Outside))]
    #[case::elsewhere("/usr/lib/**", Err(FilePatternError::Outside))]
    #[case::a_neighbour("/home/me/app2/x.py", Err(FilePatternError::Outside))]
    #[case::absolute_and_above("/home/me/app/../x.py", Err(FilePatternError::Outside))]
    #[case::the_root("/home/me/app/", Err(FilePatternError::Root))]
    #[case::nothing("./", Err(FilePatternError::Root))]
    fn patterns_become_paths(
        #[case] pattern: &str,
        #[case] expected: Result<&str, FilePatternError>,
    ) {
        let root = FilterRoot::of(Path::new("/home/me/app/.codetracer/filters/f.toml"));
        let path = root.normalize(pattern);
        assert_eq!(path.as_deref().map_err(|error| *error), expected);
    }

    #[test]
    fn a_filter_outside_of_a_project_speaks_of_its_own_folder() {
        let root = FilterRoot::of(Path::new("/etc/filters/f.toml"));
        assert_eq!(root.folder(), Path::new("/etc/filters"));
    }
}
