//! The imports of a recording, put together from their records.

use std::collections::HashMap;

use spool::{ImportBegin, ImportEnd};

use crate::document::{Cause, Import, ImportOutcome, ImportSite, Module};

/// The imports so far.
#[derive(Debug, Default)]
pub(super) struct ImportLog {
    imports: Vec<TimedImport>,
    /// The imports by the recorder's numbers.
    numbers: HashMap<u64, usize>,
    /// The imports of each thread whose modules are being loaded, from the outside in.
    loading: HashMap<u64, Vec<usize>>,
}

/// An import with the times that part it. All times are nanoseconds since the recording began.
#[derive(Debug)]
struct TimedImport {
    import: Import,
    load_start: Option<u64>,
    load_end: Option<u64>,
    executed: Option<(u64, u64)>,
    end: Option<u64>,
}

/// Something that takes a part of the time of what it happened within.
struct Child {
    start: u64,
    total: u64,
}

impl ImportLog {
    /// Takes the beginning of an import. `around` is the innermost body that runs on its thread, by its index.
    pub(super) fn begin(
        &mut self,
        begin: ImportBegin<'_>,
        origin: u64,
        around: Option<usize>,
        modules: &[Module],
    ) {
        let index = self.imports.len();
        let parent = begin.parent.and_then(|it| self.numbers.get(&it)).copied();
        let within = self.cause(parent, around, modules);
        let since = |time: u64| time.saturating_sub(origin);
        let (load_start, kind, file) = match begin.loading {
            Some(it) => (Some(since(it.time)), Some(it.kind), it.file),
            None => (None, None, None),
        };
        self.numbers.insert(begin.import, index);
        if load_start.is_some() {
            self.loading.entry(begin.thread).or_default().push(index);
        }
        let importer = begin.importer.map(|it| ImportSite {
            module: it.module,
            file: it.file.into_owned(),
            line: it.line,
        });
        self.imports.push(TimedImport {
            import: Import {
                name: begin.name.into_owned(),
                outcome: ImportOutcome::Unfinished,
                exception: None,
                kind,
                file: file.map(Into::into),
                importer,
                within,
                body: None,
                thread: begin.thread,
                start_ns: since(begin.time),
                total_ns: None,
                finding_ns: 0,
                loading_ns: 0,
                running_ns: 0,
            },
            load_start,
            load_end: None,
            executed: None,
            end: None,
        });
    }

    /// Takes the end of an import. One that never began is ignored: a forked child inherits open ones.
    pub(super) fn end(&mut self, end: ImportEnd<'_>, origin: u64) {
        let Some(index) = self.numbers.remove(&end.import) else {
            return;
        };
        let since = |time: u64| time.saturating_sub(origin);
        let it = &mut self.imports[index];
        it.load_end = end.loaded.map(since);
        it.executed = end.executed.map(|(start, end)| (since(start), since(end)));
        it.end = Some(since(end.time));
        let import = &mut it.import;
        import.total_ns = Some(since(end.time).saturating_sub(import.start_ns));
        import.outcome = match (it.load_start, &end.exception) {
            (Some(_), None) => ImportOutcome::Loaded,
            (Some(_), Some(_)) => ImportOutcome::Failed,
            (None, None) => ImportOutcome::NotFound,
            (None, Some(exception)) if exception == "ModuleNotFoundError" => {
                ImportOutcome::NotFound
            }
            (None, Some(_)) => ImportOutcome::Failed,
        };
        import.exception = end.exception.map(Into::into);
        let loading = self.loading.entry(import.thread).or_default();
        loading.retain(|other| *other != index);
    }

    /// Finds what a body begins within that runs next on this thread: the import that it is the body of, if there
    /// is one. `around` is the body that it runs in.
    pub(super) fn begin_body(
        &mut self,
        name: Option<&str>,
        thread: u64,
        body: usize,
        around: Option<usize>,
        modules: &[Module],
    ) -> Option<Cause> {
        let import = self.loading.get(&thread).and_then(|it| it.last()).copied();
        if let Some(index) = import {
            let import = &mut self.imports[index].import;
            if import.body.is_none() && name == Some(&import.name) {
                import.body = Some(body);
                return Some(Cause::Import(index));
            }
        }
        self.cause(import, around, modules)
    }

    /// Returns which of an import and a body is further inside: the one that began later.
    fn cause(
        &self,
        import: Option<usize>,
        body: Option<usize>,
        modules: &[Module],
    ) -> Option<Cause> {
        let Some(body) = body else {
            return import.map(Cause::Import);
        };
        let of_body = match modules[body].within {
            Some(Cause::Import(index)) if self.imports[index].import.body == Some(body) => {
                Cause::Import(index)
            }
            _ => Cause::Body(body),
        };
        match (import, of_body) {
            (None, _) => Some(of_body),
            (Some(import), Cause::Import(_)) => Some(Cause::Import(import)),
            (Some(import), Cause::Body(body)) => {
                let loads_since = self.imports[import].load_start;
                let is_inside = loads_since.is_none_or(|start| modules[body].start_ns >= start);
                Some(if is_inside {
                    of_body
                } else {
                    Cause::Import(import)
                })
            }
        }
    }

    /// Returns the imports, with their time parted.
    pub(super) fn finish(self, modules: &[Module]) -> Vec<Import> {
        let mut children: HashMap<usize, Vec<Child>> = HashMap::new();
        let mut add = |within: Option<Cause>, start: u64, total: Option<u64>| {
            if let (Some(Cause::Import(parent)), Some(total)) = (within, total) {
                let child = Child { start, total };
                children.entry(parent).or_default().push(child);
            }
        };
        for it in &self.imports {
            add(it.import.within, it.import.start_ns, it.import.total_ns);
        }
        for (index, module) in modules.iter().enumerate() {
            let is_own = |cause: Cause| matches!(cause, Cause::Import(import) if self.imports[import].import.body == Some(index));
            if !module.within.is_some_and(is_own) {
                add(module.within, module.start_ns, module.duration_ns);
            }
        }
        let parted = self.imports.into_iter().enumerate().map(|(index, it)| {
            let body = it.import.body.map(|body| &modules[body]);
            it.parted(body, children.get(&index).map_or(&[], Vec::as_slice))
        });
        parted.collect()
    }
}

impl TimedImport {
    fn parted(mut self, body: Option<&Module>, children: &[Child]) -> Import {
        // What never ended has no time of its own that could be known.
        let Some(end) = self.end else {
            return self.import;
        };
        let start = self.import.start_ns;
        let load_start = self.load_start.unwrap_or(end);
        let load_end = match self.load_start {
            Some(_) => self.load_end.unwrap_or(end),
            None => end,
        };
        let of_body = body.and_then(|it| Some((it.start_ns, it.start_ns + it.duration_ns?)));
        let (run_start, run_end) = of_body.or(self.executed).unwrap_or((load_end, load_end));
        let within = |from: u64, to: u64| {
            let inside = children.iter().filter(|it| (from..to).contains(&it.start));
            inside.fold(0, |sum: u64, it| sum.saturating_add(it.total))
        };
        let own = |from: u64, to: u64| to.saturating_sub(from).saturating_sub(within(from, to));
        self.import.finding_ns = own(start, load_start) + own(load_end, end);
        self.import.loading_ns = own(load_start, run_start) + own(run_end, load_end);
        self.import.running_ns = own(run_start, run_end);
        self.import
    }
}
