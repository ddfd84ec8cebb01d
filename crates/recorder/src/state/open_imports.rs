//! The imports under way on the calling thread.

use super::by_recording::ByRecording;

/// An import under way: a run of `importlib._bootstrap._find_and_load`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OpenImport {
    /// The address of the frame object of that run.
    pub frame: usize,
    /// The time at which it began.
    pub begun: u64,
    /// The search for the module, once it began: an import that `sys.modules` answers has none.
    pub search: Option<Search>,
    /// Set once the module was found and is loaded, whether that is recorded or not.
    pub is_found: bool,
    /// The import in the spool, once it is there.
    pub recorded: Option<RecordedImport>,
    /// The time at which loading was over.
    pub loaded: Option<u64>,
    /// The times at which an extension's own code began and ended.
    pub executed: (Option<u64>, Option<u64>),
}

/// The knowledge of an import at the time when the search for its module begins.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Search {
    /// The absolute name of the module.
    pub name: String,
    /// The frame of the import around this one.
    pub parent: Option<usize>,
    pub importer: Option<Asker>,
}

/// The code that asked for a module.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asker {
    /// The module that its namespace says it is.
    pub module: Option<String>,
    pub file: String,
    pub line: u32,
}

/// An import that the spool of a generation has under a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RecordedImport {
    pub generation: u32,
    pub number: u64,
}

/// The imports of a thread, mostly from the outside in: greenlets have a stack each.
#[derive(Default)]
pub struct OpenImports {
    entries: Vec<OpenImport>,
}

impl OpenImports {
    /// Notes that the import system is asked for a module in this frame.
    pub fn open(&mut self, frame: usize, begun: u64) {
        // An older entry for the frame is of one whose end nobody reported.
        self.entries.retain(|entry| entry.frame != frame);
        self.entries.push(OpenImport {
            frame,
            begun,
            ..OpenImport::default()
        });
    }

    /// Finds the import of this frame.
    pub fn find(&mut self, frame: usize) -> Option<&mut OpenImport> {
        self.entries.iter_mut().rfind(|entry| entry.frame == frame)
    }

    /// Returns whether any import is under way whose search began.
    pub fn is_searching(&self) -> bool {
        self.entries.iter().any(|entry| entry.search.is_some())
    }

    /// Returns whether this frame has an import whose search began.
    pub fn has_search(&self, frame: usize) -> bool {
        self.entries
            .iter()
            .any(|entry| entry.frame == frame && entry.search.is_some())
    }

    /// Takes the import of this frame, which is over.
    pub fn close(&mut self, frame: usize) -> Option<OpenImport> {
        let index = self.entries.iter().rposition(|it| it.frame == frame)?;
        Some(self.entries.remove(index))
    }

    /// Returns the import in the spool of this generation that is around one, by its frame: the nearest that is
    /// there.
    pub fn recorded_parent(&self, parent: Option<usize>, generation: u32) -> Option<u64> {
        let mut parent = parent;
        // A program could have a frame be its own ancestor no more than once for each entry.
        for _ in 0..=self.entries.len() {
            let frame = parent?;
            let entry = self.entries.iter().rfind(|entry| entry.frame == frame)?;
            let recorded = entry.recorded.filter(|it| it.generation == generation);
            if let Some(recorded) = recorded {
                return Some(recorded.number);
            }
            parent = entry.search.as_ref()?.parent;
        }
        None
    }
}

thread_local! {
    static IMPORTS: ByRecording<OpenImports> = const { ByRecording::new() };
}

/// Runs `task` with the imports of the calling thread that are in a recording. A thread that is ending has no
/// storage left; nothing is recorded for it then.
pub fn with<T>(recording: u32, task: impl FnOnce(&mut OpenImports) -> T) -> Option<T> {
    let is_idle = |imports: &OpenImports| imports.entries.is_empty();
    let task = |imports: &ByRecording<OpenImports>| imports.with(recording, is_idle, task);
    IMPORTS.try_with(task).ok()?
}

#[cfg(test)]
mod tests {
    use super::*;

    fn search(parent: Option<usize>) -> Option<Search> {
        Some(Search {
            name: "m".into(),
            parent,
            importer: None,
        })
    }

    #[test]
    fn imports_are_found_by_their_frames_in_any_order() {
        let mut imports = OpenImports::default();
        imports.open(1, 10);
        imports.open(2, 20);
        imports.find(1).unwrap().search = search(None);
        assert!(imports.has_search(1) && !imports.has_search(2));
        assert_eq!(imports.close(1).map(|it| it.begun), Some(10));
        assert_eq!(imports.close(1), None);
        assert_eq!(imports.close(2).map(|it| it.begun), Some(20));
        assert!(!imports.is_searching());
    }

    #[test]
    fn the_parent_is_the_nearest_that_the_spool_has() {
        let mut imports = OpenImports::default();
        for frame in 1..=3 {
            imports.open(frame, 0);
            imports.find(frame).unwrap().search = search(frame.checked_sub(1).filter(|it| *it > 0));
        }
        let recorded = RecordedImport {
            generation: 7,
            number: 5,
        };
        imports.find(1).unwrap().recorded = Some(recorded);
        assert_eq!(imports.recorded_parent(Some(3), 7), Some(5));
        assert_eq!(imports.recorded_parent(Some(3), 8), None);
        assert_eq!(imports.recorded_parent(None, 7), None);
    }

    #[test]
    fn a_frame_that_begins_again_forgets_what_it_was() {
        let mut imports = OpenImports::default();
        imports.open(1, 10);
        imports.find(1).unwrap().search = search(Some(1));
        assert_eq!(imports.recorded_parent(Some(1), 1), None);
        imports.open(1, 30);
        assert!(!imports.is_searching());
        assert_eq!(imports.close(1).map(|it| it.begun), Some(30));
        assert_eq!(imports.close(1), None);
    }

    #[test]
    fn a_thread_has_its_own_imports_in_each_recording() {
        let has_it = |recording| with(recording, |imports| imports.find(1).is_some());
        with(1, |imports| imports.open(1, 10));
        let other = std::thread::spawn(move || has_it(1));
        assert_eq!(other.join().unwrap(), Some(false));
        assert_eq!(has_it(2), Some(false));
        assert_eq!(has_it(1), Some(true));
    }
}
