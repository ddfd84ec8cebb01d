//! Names without what differs between machines and runs.

use std::path::{Path, PathBuf};

use super::folders::Sandbox;

/// The sign for the folder of temporary files.
const TEMPORARY: &str = "<tmp>";

/// The folders that a scenario's names are relative to.
#[derive(Clone, Debug)]
pub(crate) struct Redaction {
    /// The folders of the program's own files, each with its sign.
    own: Vec<(PathBuf, &'static str)>,
    packages: Option<PathBuf>,
    version: Version,
}

/// The words by which the running interpreter names its version.
#[derive(Clone, Debug)]
struct Version {
    /// `python3.13`.
    folder: String,
    /// `.cpython-313`.
    tag: String,
}

impl Redaction {
    /// `version` is the interpreter's, major and minor.
    pub(crate) fn of(sandbox: &Sandbox, packages: Option<&Path>, version: (u32, u32)) -> Self {
        Self {
            own: vec![
                (sandbox.tree(), ""),
                (sandbox.home(), "<home>"),
                (sandbox.temporary(), TEMPORARY),
            ],
            packages: packages.map(Path::to_owned),
            version: Version::of(version),
        }
    }

    /// Returns whether a file name is that of a file which the scenario has, or its program wrote.
    pub(crate) fn is_own(&self, file: &str) -> bool {
        self.own
            .iter()
            .any(|(folder, _)| below(file, folder).is_some())
    }

    /// Returns whether a file name is that of a file which came with the interpreter or was installed.
    pub(crate) fn is_library(&self, file: &str) -> bool {
        let packages = self.packages.as_ref();
        packages.is_some_and(|it| below(file, it).is_some())
            || (!self.is_own(file) && self.in_library(file).is_some())
    }

    /// The name of code's file as a golden shows it.
    pub(crate) fn file(&self, file: &str) -> String {
        let is_path = !file.is_empty() && !file.starts_with('<') && !file.contains(':');
        match is_path && Path::new(file).is_relative() {
            // Without `./` it would look like a file of the tree.
            true => format!("./{}", self.text(file)),
            false => self.text(file),
        }
    }

    /// Any text, for example an event's.
    pub(crate) fn text(&self, text: &str) -> String {
        self.known(text)
            .unwrap_or_else(|| without_addresses(&self.within(text)))
    }

    /// The name of a file in a folder that is known.
    fn known(&self, file: &str) -> Option<String> {
        for (folder, stands) in &self.own {
            if let Some(rest) = below(file, folder) {
                let rest = self.version.out_of(rest, folder);
                return Some(match *stands {
                    "" => rest,
                    stands => without_random_names(&format!("{stands}/{rest}")),
                });
            }
        }
        if let Some(folder) = &self.packages
            && let Some(rest) = below(file, folder)
        {
            return Some(format!("<packages>/{}", self.version.out_of(rest, folder)));
        }
        self.in_library(file)
    }

    /// A file of the standard library or of an interpreter's own site-packages.
    fn in_library(&self, file: &str) -> Option<String> {
        // Debian's packages bring these for all versions.
        if let Some(rest) = file.strip_prefix("/usr/lib/python3/dist-packages/") {
            return Some(format!("<site-packages>/{rest}"));
        }
        let parts: Vec<_> = file.split('/').collect();
        let at = (2..parts.len()).find(|at| self.version.is_library(&parts[..*at]))?;
        let rest = parts[at..].join("/");
        if !file.starts_with('/') || rest.is_empty() {
            return None;
        }
        let rest = self.version.out_of_tags(&rest);
        Some(match rest.strip_prefix("site-packages/") {
            Some(rest) => format!("<site-packages>/{rest}"),
            None => format!("<stdlib>/{rest}"),
        })
    }

    /// Folders in the middle of a name: `<template /t/page.html>`.
    fn within(&self, name: &str) -> String {
        let mut name = name.to_owned();
        for (folder, stands) in &self.own {
            let stands = if stands.is_empty() { "." } else { stands };
            name = replace_whole(&name, &folder.to_string_lossy(), stands);
        }
        match &self.packages {
            Some(folder) => {
                let name = replace_whole(&name, &folder.to_string_lossy(), "<packages>");
                without_random_names(&name)
            }
            None => without_random_names(&name),
        }
    }
}

impl Version {
    fn of((major, minor): (u32, u32)) -> Self {
        Self {
            folder: format!("python{major}.{minor}"),
            tag: format!(".cpython-{major}{minor}"),
        }
    }

    /// Returns whether a path ends with an interpreter's folder, `lib/python3.13` or `lib/python3.13t`.
    fn is_library(&self, parts: &[&str]) -> bool {
        matches!(parts, [.., "lib" | "lib64", name]
            if name.strip_suffix('t').unwrap_or(name) == self.folder)
    }

    /// A path below a folder, without the version in the names that the interpreter made: the library
    /// of a virtual environment and bytecode.
    fn out_of(&self, rest: &str, folder: &Path) -> String {
        let parts: Vec<_> = rest.split('/').collect();
        let is_environments = |at: usize| {
            at > 0
                && self.is_library(&parts[..=at])
                && folder
                    .join(parts[..at - 1].join("/"))
                    .join("pyvenv.cfg")
                    .is_file()
        };
        let parts: Vec<_> = (0..parts.len())
            .map(|at| match is_environments(at) {
                true => "python3.X",
                false => parts[at],
            })
            .collect();
        self.out_of_tags(&parts.join("/"))
    }

    /// `mod.cpython-313.pyc` as `mod.cpython-3X.pyc`.
    fn out_of_tags(&self, file: &str) -> String {
        let mut pieces = file.split(&self.tag);
        let mut result = pieces.next().unwrap_or_default().to_owned();
        for piece in pieces {
            let is_whole = !piece.starts_with(|it: char| it.is_ascii_digit());
            result.push_str(if is_whole { ".cpython-3X" } else { &self.tag });
            result.push_str(piece);
        }
        result
    }
}

/// The part of a file name below a folder, as it is written but for slashes in front of it.
fn below<'a>(file: &'a str, folder: &Path) -> Option<&'a str> {
    let rest = file.strip_prefix(folder.to_str()?)?;
    let inside = rest.strip_prefix('/')?.trim_start_matches('/');
    (!inside.is_empty()).then_some(inside)
}

/// Replaces a path where it stands whole: not as the beginning of a longer folder name.
fn replace_whole(text: &str, path: &str, by: &str) -> String {
    let mut result = String::new();
    let mut rest = text;
    while let Some(at) = rest.find(path) {
        let (before, found) = rest.split_at(at);
        let after = &found[path.len()..];
        let is_whole = !after.starts_with(|it: char| it.is_alphanumeric() || "_-.".contains(it));
        result.push_str(before);
        result.push_str(if is_whole { by } else { path });
        rest = after;
    }
    result.push_str(rest);
    result
}

/// `<tmp>/tmpx7_k2m0q` as `<tmp>/tmp…`: the names that Python's `tempfile` makes up.
fn without_random_names(text: &str) -> String {
    const RANDOM: usize = 8;
    let mut result = String::new();
    let mut rest = text;
    let made_up = format!("{TEMPORARY}/tmp");
    while let Some(at) = rest.find(&made_up) {
        let (before, after) = rest.split_at(at + made_up.len());
        let is_random = |it: char| it.is_ascii_lowercase() || it.is_ascii_digit() || it == '_';
        let length = after.find(|it| !is_random(it)).unwrap_or(after.len());
        result.push_str(before);
        rest = match length {
            RANDOM => {
                result.push('…');
                &after[RANDOM..]
            }
            _ => after,
        };
    }
    result.push_str(rest);
    result
}

/// `0x7f3a…` as `0x…`.
fn without_addresses(text: &str) -> String {
    let mut result = String::new();
    let mut rest = text;
    while let Some(at) = rest.find("0x") {
        let (before, number) = rest.split_at(at);
        let digits = number[2..]
            .find(|it: char| !it.is_ascii_hexdigit())
            .unwrap_or(number.len() - 2);
        result.push_str(before);
        result.push_str(if digits == 0 { "0x" } else { "0x…" });
        rest = &number[2 + digits..];
    }
    result.push_str(rest);
    result
}

#[cfg(test)]
mod tests {
    use super::*;

    fn redaction(tree: &Path) -> Redaction {
        Redaction {
            own: vec![
                (tree.to_owned(), ""),
                ("/t/home".into(), "<home>"),
                ("/t/tmp".into(), "<tmp>"),
            ],
            packages: Some("/c/packages".into()),
            version: Version::of((3, 13)),
        }
    }

    fn file(name: &str) -> String {
        redaction(Path::new("/t/tree")).file(name)
    }

    #[test]
    fn a_file_is_named_by_where_it_is() {
        assert_eq!(file("/t/tree/pkg/mod.py"), "pkg/mod.py");
        assert_eq!(file("/t/tree2/pkg/mod.py"), "/t/tree2/pkg/mod.py");
        assert_eq!(file("/t/tree"), ".");
        assert_eq!(file("/t/tree//mod.py"), "mod.py");
        assert_eq!(file("/t/home/.startup.py"), "<home>/.startup.py");
        assert_eq!(file("/t/tmp/made.py"), "<tmp>/made.py");
        assert_eq!(
            file("/c/packages/attr/__init__.py"),
            "<packages>/attr/__init__.py"
        );
        assert_eq!(
            file("/usr/lib/python3.13/json/decoder.py"),
            "<stdlib>/json/decoder.py"
        );
        assert_eq!(
            file("/usr/lib/python3.13t/site-packages/a.py"),
            "<site-packages>/a.py"
        );
        assert_eq!(
            file("/usr/lib/python3/dist-packages/a.py"),
            "<site-packages>/a.py"
        );
    }

    #[test]
    fn a_relative_name_does_not_look_like_a_file_of_the_tree() {
        assert_eq!(file("acme.py"), "./acme.py");
        assert_eq!(file("lib/helper.py"), "./lib/helper.py");
        assert_eq!(file("0xyz"), "./0xyz");
    }

    #[test]
    fn different_files_have_different_names() {
        assert_eq!(file("/t/tree/table0x10.py"), "table0x10.py");
        assert_eq!(file("/t/tree/python3.8/late.py"), "python3.8/late.py");
        assert_eq!(
            file("/t/tree/lib/python3.13/late.py"),
            "lib/python3.13/late.py"
        );
        assert_eq!(
            file("/build/lib/python3.8/late.py"),
            "/build/lib/python3.8/late.py"
        );
        assert_eq!(file("/t/tree/mod.cpython-313.pyc"), "mod.cpython-3X.pyc");
        assert_eq!(file("/t/tree/mod.cpython-38.pyc"), "mod.cpython-38.pyc");
    }

    #[test]
    fn the_library_of_a_virtual_environment_has_no_version() {
        let tree = tempfile::tempdir().unwrap();
        std::fs::create_dir(tree.path().join("venv")).unwrap();
        std::fs::write(tree.path().join("venv/pyvenv.cfg"), "").unwrap();
        let file = |name: &str| {
            let file = tree.path().join(name);
            redaction(tree.path()).file(file.to_str().unwrap())
        };
        assert_eq!(
            file("venv/lib/python3.13/site-packages/a.py"),
            "venv/lib/python3.X/site-packages/a.py"
        );
        assert_eq!(
            file("venv/lib/python3.12/site-packages/a.py"),
            "venv/lib/python3.12/site-packages/a.py"
        );
        assert_eq!(
            file("other/lib/python3.13/a.py"),
            "other/lib/python3.13/a.py"
        );
    }

    #[test]
    fn a_name_that_is_no_path_stays() {
        assert_eq!(file("<string>"), "<string>");
        assert_eq!(file("<doctest a[0]>"), "<doctest a[0]>");
        assert_eq!(file("memory:0x7f00:/t/tree/a"), "memory:0x…:./a");
        assert_eq!(file("<of /t/tree>"), "<of .>");
    }

    #[test]
    fn names_that_python_makes_up_are_not_shown() {
        assert_eq!(file("/t/tmp/tmpx7_k2m0q/made.py"), "<tmp>/tmp…/made.py");
        assert_eq!(file("/t/tmp/tmpx7_k2m0q.py"), "<tmp>/tmp….py");
        assert_eq!(file("<of /t/tmp/tmpx7_k2m0q/a>"), "<of <tmp>/tmp…/a>");
        assert_eq!(file("/t/tmp/tmp/made.py"), "<tmp>/tmp/made.py");
        assert_eq!(file("/t/tmp/tmpx7_k2m0q9.py"), "<tmp>/tmpx7_k2m0q9.py");
        assert_eq!(file("/t/tmp/a/tmpx7_k2m0q"), "<tmp>/a/tmpx7_k2m0q");
        assert_eq!(file("/t/tree/tmpx7_k2m0q.py"), "tmpx7_k2m0q.py");
    }

    #[test]
    fn what_came_with_the_interpreter_is_the_librarys() {
        let is_library = |name| redaction(Path::new("/t/tree")).is_library(name);
        assert!(is_library("/usr/lib/python3.13/json/decoder.py"));
        assert!(is_library("/c/packages/attr/__init__.py"));
        assert!(!is_library("/t/tree/lib/python3.13/a.py") && !is_library("/etc/hosts"));
    }
}
