//! The way from the program to a module: import statement by import statement.

use std::collections::HashSet;

use serde::Serialize;

use super::forest::{ImportForest, Node};

/// One step of a chain: a module, and the place that asked for it.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
pub struct Step {
    /// The name of the module; `<module>` of code that has none.
    pub module: String,
    /// The place that asked for it; `None` where that is not known, as of the program itself.
    pub asked: Option<Place>,
    /// The module whose import was under way, if it is another than the one that asked: a function of the asker ran.
    pub during: Option<String>,
}

/// A line of a file.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
pub struct Place {
    /// The module that the code belongs to, if its namespace says so.
    pub module: Option<String>,
    /// The file, as in `co_filename`.
    pub file: String,
    /// The line.
    pub line: u32,
}

/// Returns the steps from the program to a node, the program first.
pub fn chain_to(forest: &ImportForest<'_>, node: usize) -> Vec<Step> {
    let mut steps = Vec::new();
    let mut seen = HashSet::new();
    let mut next = Some(node);
    while let Some(index) = next.filter(|index| seen.insert(*index)) {
        let it = forest.node(index);
        next = asker(forest, index);
        let during = within_another(forest, index, next);
        steps.push(Step {
            module: it.name().to_owned(),
            asked: place(it),
            during,
        });
    }
    steps.reverse();
    steps
}

/// Returns the place that asked for a node.
pub fn place(node: &Node<'_>) -> Option<Place> {
    node.importer().map(|site| Place {
        module: site.module.as_ref().map(|it| it.as_str().to_owned()),
        file: site.file.clone(),
        line: site.line,
    })
}

/// The code that asked for a module.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(untagged)]
pub enum Origin {
    /// A statement or a call.
    Place(Place),
    /// No import did: code ran the module's body by other means, as `exec_module` and `runpy` do.
    Within {
        /// The module whose import or body was under way.
        within: String,
    },
}

/// Returns the code that asked for a node; `None` of the program itself and of what the interpreter imports.
pub fn origin(forest: &ImportForest<'_>, index: usize) -> Option<Origin> {
    let node = forest.node(index);
    let around = || node.parent.map(|it| forest.node(it).name().to_owned());
    let place = place(node).map(Origin::Place);
    place.or_else(|| around().map(|within| Origin::Within { within }))
}

impl Origin {
    /// Returns the module whose code asked, or the file of code that has none.
    pub fn asker(&self) -> &str {
        match self {
            Self::Place(place) => place.module.as_ref().unwrap_or(&place.file),
            Self::Within { within } => within,
        }
    }
}

/// Finds the node of the module whose code asked for a node.
pub fn asker(forest: &ImportForest<'_>, index: usize) -> Option<usize> {
    let node = forest.node(index);
    let Some(site) = node.importer() else {
        // An extension module asked, or code that ran the body without an import.
        return node.parent;
    };
    let is_asker = |other: &Node<'_>| match &site.module {
        Some(module) => other.name() == module.as_str(),
        None => other.body.is_some_and(|(_, body)| body.file == site.file),
    };
    let around = forest.around(index).find(|it| is_asker(forest.node(*it)));
    around.or_else(|| {
        let first = match &site.module {
            Some(module) => forest.first_of_name(module.as_str()),
            None => forest.first_of_file(&site.file),
        };
        first.filter(|first| forest.node(*first).start() < node.start())
    })
}

/// Returns the module whose import was under way, where the asker's was not the innermost.
fn within_another(forest: &ImportForest<'_>, index: usize, asker: Option<usize>) -> Option<String> {
    let name = forest.node(index).name();
    let innermost = forest
        .around(index)
        .find(|it| !is_within(forest.node(*it).name(), name))?;
    let other = forest.node(innermost);
    (Some(innermost) != asker && !other.is_program() && !other.is_bare())
        .then(|| other.name().to_owned())
}

/// Returns whether a module is in a package: its import begins with that of the package.
fn is_within(module: &str, package: &str) -> bool {
    module
        .strip_prefix(package)
        .is_some_and(|rest| rest.starts_with('.'))
}
