//! A process and its child processes, side by side.

use std::collections::BTreeMap;
use std::path::Path;
use std::slice;

use spool::ProcessOrigin;
use trace::document::Document;
use trace::read::Family;

use super::forest::{BareBodies, ImportForest, Node};
use super::same_children::{InRun, same_children};
use super::samples::{Measured, OwnTime, Sample, Samples};

/// A process of a trace, or the same process in several runs of one program, with its imports.
pub struct RecordedProcess<'a> {
    /// Its folder, below that of the trace: empty for the program itself.
    pub folder: &'a Path,
    /// The content of its `trace_modules.json`, in the first run that has it.
    pub document: &'a Document,
    /// Its imports and bodies.
    pub forest: ImportForest<'a>,
    /// The runs that have it.
    pub runs: Vec<ProcessInRun<'a>>,
}

/// A process in one run of a program.
pub struct ProcessInRun<'a> {
    /// The number of the run, from 0.
    pub run: usize,
    /// The content of its `trace_modules.json` in that run.
    pub document: &'a Document,
    /// The time that its imports took, in nanoseconds.
    pub import_time: u64,
}

/// Returns the process of a trace and all its children, each before those that it started.
pub fn recorded_processes(trace: &Family, bare: BareBodies) -> Vec<RecordedProcess<'_>> {
    processes_of_runs(slice::from_ref(trace), bare)
}

/// Returns the processes of several runs of one program, each before those that it started. A child of one run is that of
/// another where their command lines are alike: children can start in another order in each run.
pub fn processes_of_runs(runs: &[Family], bare: BareBodies) -> Vec<RecordedProcess<'_>> {
    let mut processes = Vec::new();
    let mut waiting: Vec<Vec<InRun<'_>>> = match runs {
        [] => Vec::new(),
        _ => vec![runs.iter().enumerate().collect()],
    };
    while let Some(process) = waiting.pop() {
        let (run, first) = process[0];
        let folder = first.folder.strip_prefix(&runs[run].folder);
        processes.push(RecordedProcess::of(
            folder.unwrap_or(&first.folder),
            &process,
            bare,
        ));
        waiting.extend(same_children(&process).into_iter().rev());
    }
    processes
}

/// Returns the run of a program whose imports took the median time.
///
/// # Panics
///
/// When there is no run.
pub fn typical_run(runs: &[Family]) -> &Family {
    let time = |run: &&Family| import_time(&recorded_processes(run, BareBodies::Merged)).median;
    let mut by_time: Vec<_> = runs.iter().collect();
    by_time.sort_by_cached_key(time);
    by_time[(by_time.len() - 1) / 2]
}

impl<'a> RecordedProcess<'a> {
    fn of(folder: &'a Path, families: &[InRun<'a>], bare: BareBodies) -> Self {
        let mut runs = Vec::new();
        let mut forests = Vec::new();
        for &(run, Family { document, .. }) in families {
            let forest = ImportForest::of(document, bare);
            runs.push(ProcessInRun {
                run,
                document,
                import_time: forest.import_time(),
            });
            forests.push((run, forest));
        }
        let is_first_alone = families.len() == 1 && families[0].0 == 0;
        let forest = match forests.pop() {
            Some((_, forest)) if is_first_alone => forest,
            last => ImportForest::united(forests.into_iter().chain(last).collect()),
        };
        Self {
            folder,
            document: &families[0].1.document,
            forest,
            runs,
        }
    }

    /// Returns the number of processes around it.
    pub fn depth(&self) -> usize {
        self.folder.iter().count() / 2
    }
}

/// Returns the number of runs of the program.
pub fn run_count(processes: &[RecordedProcess<'_>]) -> usize {
    processes.first().map_or(0, |it| it.runs.len())
}

/// Returns the time that imports took in all processes.
pub fn import_time(processes: &[RecordedProcess<'_>]) -> Measured {
    let mut times = vec![0_u64; run_count(processes)];
    for it in processes.iter().flat_map(|it| &it.runs) {
        times[it.run] = times[it.run].saturating_add(it.import_time);
    }
    Measured::of(times.into_iter()).unwrap_or_else(|| Measured::once(0))
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
    /// The own times of all imports of this module.
    pub own: Measured,
}

impl<'a> ModuleSet<'a> {
    /// Collects the modules of processes.
    pub fn of(processes: &'a [RecordedProcess<'a>]) -> Self {
        let mut set = Self {
            processes,
            imported: BTreeMap::new(),
            loaded_before: BTreeMap::new(),
        };
        let mut samples = BTreeMap::new();
        for (index, process) in processes.iter().enumerate() {
            set.add(index, process, &mut samples);
        }
        for (name, samples) in samples {
            if let Some(it) = set.imported.get_mut(name) {
                it.own = samples.own();
            }
        }
        set
    }

    fn add(
        &mut self,
        index: usize,
        process: &'a RecordedProcess<'a>,
        samples: &mut BTreeMap<&'a str, Samples>,
    ) {
        for node in process.forest.preorder() {
            let it = process.forest.node(node);
            if !it.is_imported() {
                continue;
            }
            let first = Occurrence {
                process: index,
                node,
                own: Measured::once(0),
            };
            self.imported.entry(it.name()).or_insert(first);
            let samples = samples.entry(it.name()).or_default();
            for (run, sample) in it.samples().by_run() {
                let own = sample.total.map_or(OwnTime::default(), |_| sample.own);
                samples.add(run, Sample { own, ..sample });
            }
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

    /// Returns the time that imports took in all processes.
    pub fn import_time(&self) -> Measured {
        import_time(self.processes)
    }
}
