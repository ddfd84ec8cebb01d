//! The labels of a trace, by the code that has them.

use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};

use module_identity::BARE_LABEL;
use trace::document::Document;
use trace::read::Family;

/// The labels of a trace, its child processes included.
#[derive(Debug, Default)]
pub struct Labels {
    /// The bodies by their files, in the order of their starts.
    files: HashMap<String, Vec<Body>>,
    /// The files by the short forms in which tools show them.
    short: HashMap<String, Vec<String>>,
}

#[derive(Debug)]
struct Body {
    label: String,
    line: u32,
    process: usize,
    thread: u64,
}

/// The answer of a trace to a `<module>` frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer<'a> {
    /// All code that it can be has this label.
    Named(&'a str),
    /// All code that it can be is no module's body.
    Bare,
    /// It can be code of several labels.
    Ambiguous,
    /// The trace has no such code.
    Unknown,
}

impl<'a> Answer<'a> {
    fn of(label: &'a str) -> Self {
        match label {
            BARE_LABEL => Self::Bare,
            label => Self::Named(label),
        }
    }
}

impl Labels {
    /// Takes the labels of a trace.
    pub fn of(trace: &Family) -> Self {
        let mut labels = Self::default();
        let mut waiting = vec![trace];
        let mut process = 0;
        while let Some(family) = waiting.pop() {
            labels.add(&family.document, process);
            process += 1;
            waiting.extend(family.children.iter().rev());
        }
        labels
    }

    fn add(&mut self, document: &Document, process: usize) {
        let files = document.modules.iter().map(|module| module.file.as_str());
        let directory = Path::new(&document.run.process.directory);
        let packages = package_folders(files.clone());
        for file in files.collect::<HashSet<_>>() {
            let mut forms = vec![below_packages(file, &packages)];
            let below = Path::new(file).strip_prefix(directory).ok();
            forms.extend(below.map(Path::to_path_buf));
            for form in forms {
                let form = form.to_string_lossy().into_owned();
                let known = self.short.entry(form).or_default();
                if !known.iter().any(|it| it == file) {
                    known.push(file.to_owned());
                }
            }
        }
        for module in &document.modules {
            let bodies = self.files.entry(module.file.clone()).or_default();
            bodies.push(Body {
                label: module.label.clone(),
                line: module.line,
                process,
                thread: module.thread,
            });
        }
    }

    /// Returns the label of the code that begins on a line of a file; on any line when none is given.
    pub fn find(&self, file: &str, line: Option<u32>) -> Answer<'_> {
        let mut bodies = self.bodies(file, line);
        let Some(first) = bodies.next() else {
            return Answer::Unknown;
        };
        match bodies.all(|it| it.label == first.label) {
            true => Answer::of(&first.label),
            false => Answer::Ambiguous,
        }
    }

    /// Returns the labels of the code that begins on a line of a file, in the order in which it ran so many times, where
    /// one thread ran it exactly as often in the trace.
    pub fn in_turn(&self, file: &str, line: u32, times: usize) -> Option<Vec<Answer<'_>>> {
        let bodies: Vec<_> = self.bodies(file, Some(line)).collect();
        let first = bodies.first()?;
        let place = |it: &Body| (it.process, it.thread);
        let is_in_order = bodies.iter().all(|it| place(it) == place(first));
        (bodies.len() == times && is_in_order)
            .then(|| bodies.iter().map(|it| Answer::of(&it.label)).collect())
    }

    /// Returns the bodies whose file this is, as it stands or in short.
    fn bodies(&self, file: &str, line: Option<u32>) -> impl Iterator<Item = &Body> {
        let short = match self.files.contains_key(file) {
            true => None,
            // A path such as `./app.py` is that of `app.py`.
            false => self.short.get(&*normal(file).to_string_lossy()),
        };
        let whole = self.files.get(file).into_iter();
        let short = short.into_iter().flatten();
        let bodies = whole.chain(short.filter_map(|it| self.files.get(it)));
        bodies
            .flatten()
            .filter(move |it| line.is_none_or(|line| it.line == line))
    }
}

/// Returns the folders of files whose modules are packages.
fn package_folders<'a>(files: impl Iterator<Item = &'a str>) -> HashSet<&'a Path> {
    let packages = files.map(Path::new).filter(|it| {
        let name = it.file_name();
        name.is_some_and(|name| name == "__init__.py")
    });
    packages.filter_map(Path::parent).collect()
}

/// Returns a file's path from the folder on that is in no package: `acme/till.py`.
fn below_packages(file: &str, packages: &HashSet<&Path>) -> PathBuf {
    let file = Path::new(file);
    let mut folders = file.ancestors().skip(1);
    let folder = folders.find(|it| !packages.contains(it));
    let below = folder.and_then(|it| file.strip_prefix(it).ok());
    below.unwrap_or(file).to_path_buf()
}

fn normal(file: &str) -> PathBuf {
    let parts = Path::new(file).components();
    parts
        .filter(|it| *it != std::path::Component::CurDir)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_package_may_be_in_no_folder_or_in_all() {
        let below = |file| {
            let packages = ["__init__.py", "/__init__.py", "/a/b/__init__.py"];
            below_packages(file, &package_folders(packages.into_iter()))
        };
        assert_eq!(below("__init__.py"), Path::new("__init__.py"));
        assert_eq!(below("/__init__.py"), Path::new("/__init__.py"));
        assert_eq!(below("/a/b/c.py"), Path::new("b/c.py"));
        assert_eq!(below("/a/c.py"), Path::new("c.py"));
        assert_eq!(below("c.py"), Path::new("c.py"));
    }
}
