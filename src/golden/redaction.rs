//! Names without what differs between machines and runs.

use std::path::{Component, Path, PathBuf};

use super::sandbox::Sandbox;

/// What a scenario's names are relative to.
#[derive(Clone, Debug)]
pub(super) struct Redaction {
    /// Folders and what stands for them; inner ones come first.
    folders: Vec<(PathBuf, &'static str)>,
}

impl Redaction {
    pub(super) fn of(sandbox: &Sandbox, packages: Option<&Path>) -> Self {
        let mut folders = vec![
            (sandbox.tree(), ""),
            (sandbox.home(), "<home>"),
            (sandbox.temporary(), "<tmp>"),
        ];
        folders.extend(packages.map(|folder| (folder.to_owned(), "<packages>")));
        Self { folders }
    }

    /// Whether a file name is that of a file in the tree.
    pub(super) fn is_in_tree(&self, file: &str) -> bool {
        self.folders
            .first()
            .is_some_and(|(tree, _)| below(file, tree).is_some())
    }

    /// A file name as a golden shows it.
    pub(super) fn file(&self, file: &str) -> String {
        let known = self.folders.iter().find_map(|(folder, stands)| {
            let rest = below(file, folder)?;
            Some(match *stands {
                "" => rest.to_owned(),
                stands => format!("{stands}/{rest}"),
            })
        });
        let named = known
            .or_else(|| in_library(file))
            .unwrap_or_else(|| file.to_owned());
        without_addresses(&without_versions(&self.within(&named)))
    }

    /// Folders in the middle of a name: `<template /t/page.html>`.
    fn within(&self, name: &str) -> String {
        let mut name = name.to_owned();
        for (folder, stands) in &self.folders {
            let folder = folder.to_string_lossy();
            let stands = if stands.is_empty() { "." } else { stands };
            name = replace_whole(&name, &folder, stands);
        }
        name
    }

    /// Any text, for example an event's.
    pub(super) fn text(&self, text: &str) -> String {
        self.file(text)
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

/// A file of the standard library or of an interpreter's own site-packages.
fn in_library(file: &str) -> Option<String> {
    let path = Path::new(file);
    if !path.is_absolute() {
        return None;
    }
    let components: Vec<_> = path.components().collect();
    let library = components.iter().position(|it| is_library(it))?;
    let rest: PathBuf = components[library + 1..].iter().collect();
    let rest = rest.to_str().filter(|it| !it.is_empty())?;
    Some(match rest.strip_prefix("site-packages/") {
        Some(rest) => format!("<site-packages>/{rest}"),
        None => format!("<stdlib>/{rest}"),
    })
}

/// `python3.12` or `python3.13t`.
fn is_library(component: &Component<'_>) -> bool {
    let name = component.as_os_str().to_str();
    name.and_then(|it| it.strip_prefix("python3."))
        .is_some_and(|it| {
            !it.is_empty()
                && it
                    .trim_end_matches('t')
                    .bytes()
                    .all(|it| it.is_ascii_digit())
        })
}

/// `lib/python3.12/…` of a virtual environment, and `mod.cpython-312.pyc`.
fn without_versions(file: &str) -> String {
    let parts: Vec<_> = file
        .split('/')
        .map(|part| {
            if is_library(&Component::Normal(part.as_ref())) {
                return "python3.X".to_owned();
            }
            match part.split_once(".cpython-3") {
                Some((name, rest)) => format!(
                    "{name}.cpython-3X{}",
                    rest.trim_start_matches(|it: char| it.is_ascii_digit())
                ),
                None => part.to_owned(),
            }
        })
        .collect();
    parts.join("/")
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

    fn redaction() -> Redaction {
        Redaction {
            folders: vec![
                ("/t/tree".into(), ""),
                ("/t/home".into(), "<home>"),
                ("/c/packages".into(), "<packages>"),
            ],
        }
    }

    #[test]
    fn a_file_is_named_by_where_it_is() {
        let file = |name| redaction().file(name);
        assert_eq!(file("/t/tree/pkg/mod.py"), "pkg/mod.py");
        assert_eq!(file("/t/tree2/pkg/mod.py"), "/t/tree2/pkg/mod.py");
        assert_eq!(file("/t/tree"), ".");
        assert_eq!(file("/t/tree//mod.py"), "mod.py");
        assert_eq!(file("/t/home/.startup.py"), "<home>/.startup.py");
        assert_eq!(
            file("/c/packages/attr/__init__.py"),
            "<packages>/attr/__init__.py"
        );
        assert_eq!(
            file("/t/tree/venv/lib/python3.12/site-packages/a.py"),
            "venv/lib/python3.X/site-packages/a.py"
        );
        assert_eq!(
            file("/usr/lib/python3.13/json/decoder.py"),
            "<stdlib>/json/decoder.py"
        );
        assert_eq!(
            file("/usr/lib/python3.13/site-packages/a.py"),
            "<site-packages>/a.py"
        );
    }

    #[test]
    fn a_name_that_is_no_path_stays() {
        let file = |name| redaction().file(name);
        assert_eq!(file("<string>"), "<string>");
        assert_eq!(file("<doctest a[0]>"), "<doctest a[0]>");
        assert_eq!(file("memory:0x7f00:/t/tree/a"), "memory:0x…:./a");
        assert_eq!(file("<of /t/tree>"), "<of .>");
        assert_eq!(file("0xyz"), "0xyz");
        assert_eq!(file("lib/helper.py"), "lib/helper.py");
    }
}
