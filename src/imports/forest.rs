//! The imports and bodies of a process, nested as they happened.

mod union;

use std::collections::HashMap;

use module_identity::BARE_LABEL;
use spool::{ModuleKind, Outcome};
use trace::document::{Cause, Document, Import, ImportOutcome, ImportSite, Module};

use super::samples::{OwnTime, Samples};

/// All imports and bodies of a process. Indices of nodes are the forest's own.
pub struct ImportForest<'a> {
    nodes: Vec<Node<'a>>,
    roots: Vec<usize>,
    merged: usize,
    by_name: HashMap<&'a str, usize>,
    by_file: HashMap<&'a str, usize>,
}

/// Bodies without a name, which nearly always are pieces of code that a module runs with `exec` or `eval`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BareBodies {
    /// They are nodes as all others.
    Kept,
    /// They are a part of what runs them: their own time is that node's, and so are their imports.
    Merged,
}

/// An import, with the body that it ran if there was one, or a body that no import ran.
pub struct Node<'a> {
    /// The import, and its index in [`Document::imports`].
    pub import: Option<(usize, &'a Import)>,
    /// The body, and its index in [`Document::modules`].
    pub body: Option<(usize, &'a Module)>,
    /// The node within which it began.
    pub parent: Option<usize>,
    /// The nodes that began within it, in the order of their starts.
    pub children: Vec<usize>,
    /// The time from its start to its end, in nanoseconds; `None` when it never ended.
    pub total: Option<u64>,
    /// The parts of its total that are not its children's.
    pub own_time: OwnTime,
    /// The first run that has it, from 0: the indices are those of its document.
    pub first_run: usize,
    samples: Samples,
}

/// The end of a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End<'a> {
    /// As it should.
    Loaded,
    /// No module of that name was found.
    NotFound,
    /// By an exception of this type, if its type is known.
    Failed(Option<&'a str>),
    /// Its code was suspended, as a greenlet can be.
    Suspended,
    /// The recording ended first.
    Unfinished,
}

impl<'a> ImportForest<'a> {
    /// Nests the imports and bodies of a document.
    ///
    /// A node's own time and the totals of its children add up to its total. Where threads or greenlets overlap, the
    /// children can add up to more: then its own time is zero.
    pub fn of(document: &'a Document, bare: BareBodies) -> Self {
        let mut forest = Self::nodes_of(document);
        forest.link(document);
        forest.part_bodies();
        if bare == BareBodies::Merged {
            forest.merge_bare_bodies();
        }
        forest.adopt();
        for node in &mut forest.nodes {
            node.samples.add(0, node.sample());
        }
        forest.index();
        forest
    }

    /// Makes the nodes, the imports first: an import's index is its index in the document.
    fn nodes_of(document: &'a Document) -> Self {
        let of_import = |(index, import): (usize, &'a Import)| Node {
            import: Some((index, import)),
            body: import.body.map(|body| (body, &document.modules[body])),
            parent: None,
            children: Vec::new(),
            total: import.total_ns,
            own_time: OwnTime {
                finding: import.finding_ns,
                loading: import.loading_ns,
                running: import.running_ns,
            },
            first_run: 0,
            samples: Samples::default(),
        };
        let mut nodes: Vec<_> = document.imports.iter().enumerate().map(of_import).collect();
        let mut is_imported = vec![false; document.modules.len()];
        for body in document.imports.iter().filter_map(|it| it.body) {
            is_imported[body] = true;
        }
        let bodies = document.modules.iter().enumerate();
        nodes.extend(
            bodies
                .filter(|(index, _)| !is_imported[*index])
                .map(|(index, module)| Node {
                    import: None,
                    body: Some((index, module)),
                    parent: None,
                    children: Vec::new(),
                    total: module.duration_ns,
                    own_time: OwnTime::default(),
                    first_run: 0,
                    samples: Samples::default(),
                }),
        );
        Self {
            nodes,
            ..Self::empty()
        }
    }

    fn empty() -> Self {
        Self {
            nodes: Vec::new(),
            roots: Vec::new(),
            merged: 0,
            by_name: HashMap::new(),
            by_file: HashMap::new(),
        }
    }

    fn link(&mut self, document: &Document) {
        let mut of_body = vec![0; document.modules.len()];
        for (index, node) in self.nodes.iter().enumerate() {
            if let Some((body, _)) = node.body {
                of_body[body] = index;
            }
        }
        for node in &mut self.nodes {
            let within = match (node.import, node.body) {
                (Some((_, import)), _) => import.within,
                (None, Some((_, module))) => module.within,
                (None, None) => None,
            };
            node.parent = within.map(|within| match within {
                Cause::Import(import) => import,
                Cause::Body(body) => of_body[body],
            });
        }
    }

    /// Sets the own time of bodies that no import ran: the document has it of imports alone.
    fn part_bodies(&mut self) {
        let mut within = vec![0_u64; self.nodes.len()];
        for node in &self.nodes {
            if let (Some(parent), Some(total)) = (node.parent, node.total) {
                within[parent] = within[parent].saturating_add(total);
            }
        }
        for (node, within) in self.nodes.iter_mut().zip(within) {
            if let (None, Some(total)) = (node.import, node.total) {
                node.own_time.running = total.saturating_sub(within);
            }
        }
    }

    fn merge_bare_bodies(&mut self) {
        for index in 0..self.nodes.len() {
            if !self.nodes[index].is_bare() {
                let parent = self.shown_parent(index);
                self.nodes[index].parent = parent;
                continue;
            }
            self.merged += 1;
            if let Some(parent) = self.shown_parent(index) {
                let own_time = self.nodes[index].own_time;
                let parent = &mut self.nodes[parent];
                parent.own_time = parent.own_time.plus(own_time);
            }
        }
    }

    /// Returns the nearest node around one that is no bare body.
    fn shown_parent(&self, index: usize) -> Option<usize> {
        let mut parent = self.nodes[index].parent;
        while let Some(around) = parent.filter(|it| self.nodes[*it].is_bare()) {
            parent = self.nodes[around].parent;
        }
        parent
    }

    fn adopt(&mut self) {
        let is_left_out = |node: &Node<'_>| self.merged > 0 && node.is_bare();
        let mut order: Vec<_> = (0..self.nodes.len())
            .filter(|index| !is_left_out(&self.nodes[*index]))
            .collect();
        order.sort_by_key(|index| self.nodes[*index].start());
        for index in order {
            match self.nodes[index].parent {
                Some(parent) => self.nodes[parent].children.push(index),
                None => self.roots.push(index),
            }
        }
    }

    /// Finds the first node of each name, and of each file. An import that found no module is none.
    fn index(&mut self) {
        let mut by_name: HashMap<&'a str, usize> = HashMap::new();
        let mut by_file: HashMap<&'a str, usize> = HashMap::new();
        for index in self.preorder() {
            let node = &self.nodes[index];
            if node.end() == End::NotFound {
                continue;
            }
            let start = node.start();
            let keep_first = |first: &mut usize| {
                if start < self.nodes[*first].start() {
                    *first = index;
                }
            };
            by_name
                .entry(node.name())
                .and_modify(keep_first)
                .or_insert(index);
            if let Some((_, body)) = node.body {
                by_file
                    .entry(&body.file)
                    .and_modify(keep_first)
                    .or_insert(index);
            }
        }
        (self.by_name, self.by_file) = (by_name, by_file);
    }

    /// Returns the first node of a module, if an import or a body of it is known.
    pub fn first_of_name(&self, name: &str) -> Option<usize> {
        self.by_name.get(name).copied()
    }

    /// Returns the first node whose body's code is in a file.
    pub fn first_of_file(&self, file: &str) -> Option<usize> {
        self.by_file.get(file).copied()
    }

    /// Returns a node.
    pub fn node(&self, index: usize) -> &Node<'a> {
        &self.nodes[index]
    }

    /// Returns the nodes that began within no other, in the order of their starts.
    pub fn roots(&self) -> &[usize] {
        &self.roots
    }

    /// Returns the number of bare bodies that are a part of others.
    pub fn merged(&self) -> usize {
        self.merged
    }

    /// Returns all nodes: each before those that began within it.
    pub fn preorder(&self) -> Vec<usize> {
        let mut order = Vec::with_capacity(self.nodes.len());
        // A stack rather than recursion: a program decides how deep its imports are.
        let mut waiting: Vec<_> = self.roots.iter().rev().copied().collect();
        while let Some(index) = waiting.pop() {
            order.push(index);
            waiting.extend(self.nodes[index].children.iter().rev());
        }
        order
    }

    /// Returns the nodes around one, from the inside out.
    pub fn around(&self, index: usize) -> impl Iterator<Item = usize> + '_ {
        std::iter::successors(self.nodes[index].parent, |it| self.nodes[*it].parent)
    }

    /// Returns the time that imports took, in nanoseconds: the totals of those that are within no other.
    pub fn import_time(&self) -> u64 {
        let mut time = 0_u64;
        let mut waiting: Vec<_> = self.roots.clone();
        while let Some(index) = waiting.pop() {
            let node = &self.nodes[index];
            match node.total.filter(|_| node.import.is_some()) {
                Some(total) => time = time.saturating_add(total),
                None => waiting.extend(&node.children),
            }
        }
        time
    }
}

impl<'a> Node<'a> {
    /// Returns the name of the module, or `<module>`.
    pub fn name(&self) -> &'a str {
        match (self.import, self.body) {
            (Some((_, import)), _) => &import.name,
            (None, Some((_, module))) => module.name.as_ref().map_or(BARE_LABEL, |it| it.as_str()),
            (None, None) => BARE_LABEL,
        }
    }

    /// Returns the label of its body; the bare name of a module that has none.
    pub fn label(&self) -> &'a str {
        self.body
            .map_or_else(|| self.name(), |(_, module)| &module.label)
    }

    /// Returns the module's file.
    pub fn file(&self) -> Option<&'a str> {
        let of_import = self.import.and_then(|(_, import)| import.file.as_deref());
        of_import.or_else(|| self.body.map(|(_, module)| &*module.file))
    }

    /// Returns the kind of the module, if an import says it.
    pub fn kind(&self) -> Option<ModuleKind> {
        self.import?.1.kind
    }

    /// Returns the statement or call that asked for it.
    pub fn importer(&self) -> Option<&'a ImportSite> {
        self.import?.1.importer.as_ref()
    }

    /// Returns the time of its start, in nanoseconds since the recording began.
    pub fn start(&self) -> u64 {
        match (self.import, self.body) {
            (Some((_, import)), _) => import.start_ns,
            (None, Some((_, module))) => module.start_ns,
            (None, None) => 0,
        }
    }

    /// Returns its thread.
    pub fn thread(&self) -> u64 {
        match (self.import, self.body) {
            (Some((_, import)), _) => import.thread,
            (None, Some((_, module))) => module.thread,
            (None, None) => 0,
        }
    }

    /// Returns the time that is its own, in nanoseconds; `None` when it never ended.
    pub fn own(&self) -> Option<u64> {
        self.total.map(|_| self.own_time.sum())
    }

    /// Returns the part of its own time in which its code ran, in nanoseconds; `None` when it never ended.
    pub fn running(&self) -> Option<u64> {
        self.total.map(|_| self.own_time.running)
    }

    /// Returns its end.
    pub fn end(&self) -> End<'a> {
        if let Some((_, import)) = self.import {
            return match import.outcome {
                ImportOutcome::Loaded => End::Loaded,
                ImportOutcome::NotFound => End::NotFound,
                ImportOutcome::Failed => End::Failed(import.exception.as_deref()),
                ImportOutcome::Unfinished => End::Unfinished,
            };
        }
        let Some((_, module)) = self.body else {
            return End::Unfinished;
        };
        match module.outcome {
            Outcome::Returned => End::Loaded,
            Outcome::Raised => End::Failed(module.exception.as_deref()),
            Outcome::Suspended => End::Suspended,
            Outcome::Unfinished => End::Unfinished,
        }
    }

    /// Returns whether a module came of it, or was coming when the recording ended: an import that failed, or that
    /// found nothing, is none.
    pub fn is_imported(&self) -> bool {
        !self.is_bare()
            && !self.is_program()
            && !matches!(self.end(), End::NotFound | End::Failed(_))
    }

    /// Returns whether it is the program itself rather than a module that it asked for.
    pub fn is_program(&self) -> bool {
        self.import.is_none() && matches!(self.name(), "__main__" | "__mp_main__")
    }

    /// Returns whether it is a body without a name.
    pub fn is_bare(&self) -> bool {
        self.import.is_none() && self.name() == BARE_LABEL
    }

    /// Returns whether it belongs to Python itself: a module of the standard library or of the interpreter, or an
    /// import that found nothing and that one of those asked for.
    pub fn is_standard_library(&self) -> bool {
        if matches!(self.kind(), Some(ModuleKind::BuiltIn | ModuleKind::Frozen)) {
            return true;
        }
        let asker = || self.importer().map(|it| &*it.file);
        let file = match self.end() {
            End::NotFound => asker(),
            _ => self.file(),
        };
        file.is_some_and(super::source_file::is_of_standard_library)
    }
}

#[cfg(test)]
mod tests;
