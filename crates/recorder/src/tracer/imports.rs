//! The imports that `sys.modules` does not answer.
//!
//! Each is a run of the import system's `_find_and_load`. It counts once the search for its module begins:
//! before that the import system may find that another thread has loaded it.

use module_identity::ModuleName;
use pyo3::prelude::*;
use spool::{Detail, ImportBegin, ImportEnd, ImportLoading, Importer, Record};

use super::runtime::{FrameExit, RuntimeTracer};
use crate::clock;
use crate::cpython::code::CodeRef;
use crate::cpython::frames::{self, FrameRef};
use crate::cpython::import_system::ImportPart;
use crate::cpython::object::ObjectRef;
use crate::cpython::spec;
use crate::state::code_table::CodeState;
use crate::state::open_imports::{Asker, OpenImport, OpenImports, RecordedImport, Search};

/// The file in which `importlib.import_module` is, where it is not frozen.
const IMPORTLIB: &str = "/importlib/__init__.py";
/// The start of the names of the import system's frozen files.
const FROZEN: &str = "<frozen importlib";
/// The number of frames that are looked at for the one that asked, and for the import around.
const FRAMES: usize = 1_000;

impl RuntimeTracer {
    /// Asks for the events of the import system. Where all calls are recorded, its code is marked as shared, so
    /// that its events go the slow way.
    pub fn follow_imports(&self, py: Python<'_>) {
        let parts = self.parts();
        for code in parts.import_system.followed() {
            let code = CodeRef::new(ObjectRef::of(py, code));
            if parts.detail == Detail::Modules {
                self.watch_module(code);
                continue;
            }
            self.journal().share(code);
            let generation = self.journal().generation(py);
            self.shared.with(py, |shared| {
                shared.share_unseen(generation, code.address());
            });
            self.end_if_revoked(py, parts.tool.watch_calls(code, false));
        }
    }

    /// Returns the part of the import system that this code is, which takes part in calls.
    #[inline]
    pub fn called_import_part(&self, code: CodeRef<'_>) -> Option<ImportPart> {
        if self.journal().code_state(code) != CodeState::Shared {
            return None;
        }
        self.parts().import_system.part(code)
    }

    /// Notes that a part of the import system starts. `code` is that of the calling thread's frame.
    pub fn begin_import_part(&self, code: CodeRef<'_>, part: ImportPart) {
        let py = code.py();
        match part {
            ImportPart::Import => {
                let frame = frames::current_address(py);
                self.with_imports(|imports| imports.open(frame, clock::now()));
            }
            ImportPart::Search => {
                self.begin_search(code);
            }
            ImportPart::Load => {
                self.begin_loading(code);
            }
            ImportPart::Execute => self.note_import(import_frame(code, 3), |import| {
                import.executed.0 = Some(clock::now());
            }),
            ImportPart::Create => {}
        }
    }

    /// Notes that a part of the import system is left. `code` is that of the calling thread's frame.
    pub fn end_import_part(&self, code: CodeRef<'_>, part: ImportPart, exit: FrameExit<'_>) {
        match part {
            ImportPart::Import => {
                self.end_import(code, exit);
            }
            ImportPart::Load => self.note_import(import_frame(code, 2), |import| {
                import.loaded = Some(clock::now());
            }),
            ImportPart::Execute => self.note_import(import_frame(code, 3), |import| {
                import.executed.1 = Some(clock::now());
            }),
            ImportPart::Search | ImportPart::Create => {}
        }
    }

    /// Keeps what is searched for and who asked, where an import searches for the first time.
    fn begin_search(&self, code: CodeRef<'_>) -> Option<()> {
        let py = code.py();
        let frame = FrameRef::current(py)?.callers().nth(1)?;
        let address = frame.address();
        let is_new = |imports: &mut OpenImports| {
            imports
                .find(address)
                .is_some_and(|import| import.search.is_none())
        };
        if !self.with_imports(is_new)? {
            return None;
        }
        let search = Search {
            name: self.parts().import_system.searched_name(py)?,
            parent: self.surrounding_import(frame),
            importer: self.asker(frame),
        };
        self.note_import(Some(address), |import| import.search = Some(search));
        Some(())
    }

    /// Returns the frame of the import around the one that this frame is.
    fn surrounding_import(&self, frame: FrameRef<'_>) -> Option<usize> {
        if !self.with_imports(|imports| imports.is_searching())? {
            return None;
        }
        let mut callers = frame.callers().take(FRAMES).map(FrameRef::address);
        callers.find(|frame| {
            self.with_imports(|imports| imports.has_search(*frame))
                .unwrap_or_default()
        })
    }

    /// Returns who asked for what is imported in this frame.
    fn asker(&self, frame: FrameRef<'_>) -> Option<Asker> {
        for caller in frame.callers().take(FRAMES) {
            let code = caller.code()?;
            let code = CodeRef::new(ObjectRef::of(caller.py(), &code));
            let part = self.parts().import_system.part(code);
            if matches!(part, Some(ImportPart::Create | ImportPart::Execute)) {
                return None;
            }
            let file = code.filename();
            let is_passed_on = self.parts().starter.as_ref() == Some(&file);
            if !file.starts_with(FROZEN) && !file.ends_with(IMPORTLIB) && !is_passed_on {
                let module = caller.globals().and_then(|globals| {
                    let owner = self.resolver.namespace_owner(&globals);
                    owner.map(|owner| owner.name.as_str().to_owned())
                });
                let line = caller.line();
                return Some(Asker { module, file, line });
            }
        }
        None
    }

    /// Appends that an import found its module, which is loaded next.
    fn begin_loading(&self, code: CodeRef<'_>) -> Option<()> {
        let py = code.py();
        let frame = import_frame(code, 2)?;
        let time = clock::now();
        self.note_import(Some(frame), |import| import.is_found = true);
        let spec = self.parts().import_system.loaded_spec(py)?;
        let (kind, file) = spec::module_kind_and_file(ObjectRef::of(py, &spec));
        let file = file.map(Into::into);
        self.append_begin(code, frame, Some(ImportLoading { time, kind, file }))
    }

    /// Appends the beginning of an import, if it is recorded and has none yet.
    fn append_begin(
        &self,
        code: CodeRef<'_>,
        frame: usize,
        loading: Option<ImportLoading<'_>>,
    ) -> Option<()> {
        let (py, journal) = (code.py(), self.journal());
        let thread = journal.prepare_write(py)?;
        let generation = journal.generation(py);
        let (begun, search, parent) = self.with_imports(|imports| {
            let import = imports.find(frame)?;
            let is_recorded = import.recorded.is_some();
            let (begun, search) = (import.begun, import.search.clone()?);
            let parent = imports.recorded_parent(search.parent, generation);
            (!is_recorded).then_some((begun, search, parent))
        })??;
        let file = loading.as_ref().and_then(|it| it.file.as_deref());
        if !self.parts().scopes.records_import(&search.name, file) {
            return None;
        }
        let number = journal.next_import(py);
        let importer = search.importer.map(|asker| Importer {
            module: asker.module.and_then(|name| ModuleName::new(name).ok()),
            file: asker.file.into(),
            line: asker.line,
        });
        let begin = ImportBegin {
            import: number,
            parent,
            thread: thread.number().into(),
            time: begun,
            name: search.name.into(),
            importer,
            loading,
        };
        if !journal.append(py, &Record::ImportBegin(begin)) {
            return None;
        }
        let recorded = RecordedImport { generation, number };
        self.note_import(Some(frame), |import| import.recorded = Some(recorded));
        Some(())
    }

    /// Appends that the import is over which the calling thread's frame is.
    fn end_import(&self, code: CodeRef<'_>, exit: FrameExit<'_>) -> Option<()> {
        let (py, journal) = (code.py(), self.journal());
        let frame = frames::current_address(py);
        let has_search = self.with_imports(|imports| imports.has_search(frame))?;
        if !has_search {
            self.with_imports(|imports| imports.close(frame));
            return None;
        }
        let time = clock::now();
        // What was not found has no beginning in the spool yet. What was found has one, or a filter keeps it out.
        let is_found = self.with_imports(|imports| imports.find(frame).map(|it| it.is_found));
        if is_found.flatten() == Some(false) {
            self.append_begin(code, frame, None);
        }
        let import = self.with_imports(|imports| imports.close(frame))??;
        let exception = match exit {
            FrameExit::Raised(exception) => exception.type_name(),
            FrameExit::Returned | FrameExit::Suspended => None,
        };
        journal.prepare_write(py)?;
        let recorded = import.recorded?;
        if recorded.generation != journal.generation(py) {
            return None;
        }
        let (begun, ended) = import.executed;
        let end = ImportEnd {
            import: recorded.number,
            time,
            loaded: import.loaded,
            executed: begun.map(|begun| (begun, ended.unwrap_or(time))),
            exception: exception.map(Into::into),
        };
        journal.append(py, &Record::ImportEnd(end));
        Some(())
    }

    /// Changes an open import.
    fn note_import(&self, frame: Option<usize>, change: impl FnOnce(&mut OpenImport)) {
        self.with_imports(|imports| {
            if let Some(import) = frame.and_then(|frame| imports.find(frame)) {
                change(import);
            }
        });
    }
}

/// Returns the frame that is so many callers away from the calling thread's frame.
fn import_frame(code: CodeRef<'_>, callers: usize) -> Option<usize> {
    let mut around = FrameRef::current(code.py())?.callers();
    around.nth(callers - 1).map(FrameRef::address)
}
