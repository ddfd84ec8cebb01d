//! A process and its child processes, side by side.

use std::collections::BTreeMap;
use std::path::Path;

use spool::ProcessOrigin;
use trace::document::Document;
use trace::read::Family;

use super::forest::{BareBodies, ImportForest, Node};

/// A process of a trace, with its imports.
pub struct RecordedProcess<'a> {
    /// Its folder, below that of the trace: empty for the program itself.
    pub folder: &'a Path,
    /// The content of its `trace_modules.json`.
    pub document: &'a Document,
    /// Its imports and bodies.
    pub forest: ImportForest<'a>,
}

/// Returns the process of a trace and all its children, each before those that it started.
pub fn recorded_processes(trace: &Family, bare: BareBodies) -> Vec<RecordedProcess<'_>> {
    let mut processes = Vec::new();
    let mut waiting = vec![trace];
    while let Some(family) = waiting.pop() {
        let folder = family.folder.strip_prefix(&trace.folder);
        processes.push(RecordedProcess {
            folder: folder.unwrap_or(&family.folder),
            document: &family.document,
            forest: ImportForest::of(&family.document, bare),
        });
        waiting.extend(family.children.iter().rev());
    }
    processes
}

/// The modules that processes imported, by name.
pub struct ModuleSet<'a> {
    /// The processes.
    pub processes: &'a [RecordedProcess<'a>],
    /// The first import of each module that was loaded: an import that failed or found nothing is none.
    pub imported: BTreeMap<&'a str, Occurrence>,
    /// The modules that were loaded before the recordings began: by `site` and `.pth` files.
    pub loaded_before: BTreeMap<&'a str, usize>,
}

/// A node of one of several processes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Occurrence {
    /// The index of the process.
    pub process: usize,
    /// The index of the node in its forest.
    pub node: usize,
    /// The own times of all imports of this module, in nanoseconds.
    pub own: u64,
}

impl<'a> ModuleSet<'a> {
    /// Collects the modules of processes.
    pub fn of(processes: &'a [RecordedProcess<'a>]) -> Self {
        let mut set = Self {
            processes,
            imported: BTreeMap::new(),
            loaded_before: BTreeMap::new(),
        };
        for (index, process) in processes.iter().enumerate() {
            set.add(index, process);
        }
        set
    }

    fn add(&mut self, index: usize, process: &'a RecordedProcess<'a>) {
        for node in process.forest.preorder() {
            let it = process.forest.node(node);
            if !it.is_imported() {
                continue;
            }
            let first = Occurrence {
                process: index,
                node,
                own: 0,
            };
            let occurrence = self.imported.entry(it.name()).or_insert(first);
            occurrence.own = occurrence.own.saturating_add(it.own().unwrap_or(0));
        }
        // A fork has all that its parent loaded, which is known from there.
        if process.document.run.process.origin == ProcessOrigin::Start {
            for name in &process.document.loaded_before {
                self.loaded_before.entry(name).or_insert(index);
            }
        }
    }

    /// Returns the process of an occurrence.
    pub fn process(&self, it: Occurrence) -> &'a RecordedProcess<'a> {
        &self.processes[it.process]
    }

    /// Returns the node of an occurrence.
    pub fn node(&self, it: Occurrence) -> &'a Node<'a> {
        self.process(it).forest.node(it.node)
    }

    /// Returns the time that imports took in all processes, in nanoseconds.
    pub fn import_time(&self) -> u64 {
        let times = self.processes.iter().map(|it| it.forest.import_time());
        times.fold(0, u64::saturating_add)
    }
}
