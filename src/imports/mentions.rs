//! Import statements that name a module and that `sys.modules` may have answered.
//!
//! Such imports are not recorded: they cost nearly nothing. The source files of the recorded modules, as they are now,
//! say where they are.

use std::collections::{BTreeMap, HashSet};
use std::fs;
use std::path::Path;

use serde::Serialize;

use super::process::RecordedProcess;
use super::reloads::reload_calls;
use super::statements::{ImportTarget, import_statements};

/// The statements that name a module.
#[derive(Debug, Default, Serialize)]
pub struct Mentions {
    /// Those that name the module itself.
    pub statements: Vec<Mention>,
    /// The number of statements elsewhere that name a module in it, and so import it as well.
    pub of_submodules: usize,
    /// The calls of `importlib.reload` that name the module.
    pub reloads: Vec<Mention>,
    /// The number of source files that cannot be read now.
    pub unreadable: usize,
}

/// A statement that names a module.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Mention {
    /// The module that the statement stands in.
    pub module: String,
    /// Its file.
    pub file: String,
    /// The line of the statement.
    pub line: u32,
    /// The text of that line.
    pub text: String,
}

/// Finds the statements that name a module in the sources of all modules that ran, by module and line. Those that a
/// recorded import of it came from are left out.
pub fn mentions_of(name: &str, processes: &[RecordedProcess<'_>]) -> Mentions {
    let mut files: BTreeMap<(&str, &str), bool> = BTreeMap::new();
    let mut recorded = HashSet::new();
    for process in processes {
        for index in process.forest.preorder() {
            let node = process.forest.node(index);
            if let (Some(site), true) = (node.importer(), node.name() == name) {
                recorded.insert((site.file.as_str(), site.line));
            }
            if let Some((_, body)) = node.body.filter(|(_, body)| body.file.ends_with(".py")) {
                files.insert((node.name(), &body.file), true);
            }
        }
    }
    let mut mentions = Mentions::default();
    for (module, file) in files.into_keys() {
        let Ok(bytes) = fs::read(file) else {
            mentions.unreadable += 1;
            continue;
        };
        let source = String::from_utf8_lossy(&bytes);
        mentions.add(name, module, file, &source, &recorded);
    }
    mentions.statements.sort();
    mentions.reloads.sort();
    mentions
}

impl Mentions {
    fn add(
        &mut self,
        name: &str,
        module: &str,
        file: &str,
        source: &str,
        recorded: &HashSet<(&str, u32)>,
    ) {
        // Most files do not have the word at all, and need no more.
        let last = name.rsplit('.').next().unwrap_or(name);
        if !source.contains(last) {
            return;
        }
        let mention = |line| Mention {
            module: module.to_owned(),
            file: file.to_owned(),
            line,
            text: line_of(source, line),
        };
        let reloads = reload_calls(source, last).into_iter();
        self.reloads.extend(reloads.map(mention));
        let is_package = Path::new(file)
            .file_stem()
            .is_some_and(|it| it == "__init__");
        for statement in import_statements(source) {
            if recorded.contains(&(file, statement.line)) {
                continue;
            }
            let named = |target: &ImportTarget| names(target, name, module, is_package);
            match statement.targets.iter().filter_map(named).max() {
                Some(Named::Itself) => self.statements.push(mention(statement.line)),
                Some(Named::Submodule) if !is_in(module, name) => self.of_submodules += 1,
                Some(Named::Submodule) | None => {}
            }
        }
    }
}

/// Returns whether a module is a package, or in it.
pub fn is_in(module: &str, package: &str) -> bool {
    let rest = module.strip_prefix(package);
    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Named {
    Submodule,
    Itself,
}

fn names(target: &ImportTarget, name: &str, module: &str, is_package: bool) -> Option<Named> {
    let base = target.absolute(module, is_package)?;
    let is_relative_self = target.level > 0 && target.module.is_empty();
    if base == name && !is_relative_self {
        return Some(Named::Itself);
    }
    if target.names.iter().any(|it| name == format!("{base}.{it}")) {
        return Some(Named::Itself);
    }
    (target.level == 0 && is_in(&base, name)).then_some(Named::Submodule)
}

fn line_of(source: &str, line: u32) -> String {
    let index = usize::try_from(line).map_or(0, |line| line.saturating_sub(1));
    source
        .lines()
        .nth(index)
        .unwrap_or_default()
        .trim()
        .to_owned()
}
