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
        self.adopt(index, begin.thread, since(begin.time), within);
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

    /// Puts what was imported while this one's module was looked for within it, as the packages around it are: they
    /// are recorded first, and what they were within was not known to be an import.
    fn adopt(&mut self, index: usize, thread: u64, start: u64, within: Option<Cause>) {
        let earlier = self.imports.iter_mut().rev().map(|it| &mut it.import);
        let same_thread = earlier.filter(|it| it.thread == thread);
        // Imports of a thread are recorded in the order in which their search ended, so that those that began
        // after this one are the last.
        for import in same_thread.take_while(|it| it.start_ns >= start) {
            if import.within == within {
                import.within = Some(Cause::Import(index));
            }
        }
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
        let of_body = match self.import_of(body, modules) {
            Some(index) => Cause::Import(index),
            None => Cause::Body(body),
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

    /// Returns the import that a body is the body of.
    fn import_of(&self, body: usize, modules: &[Module]) -> Option<usize> {
        match modules[body].within {
            Some(Cause::Import(index)) if self.imports[index].import.body == Some(body) => {
                Some(index)
            }
            _ => None,
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
            if self.import_of(index, modules).is_none() {
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

#[cfg(test)]
mod tests {
    use module_identity::{Grounds, Rule};
    use spool::{ImportLoading, ModuleKind, Outcome};

    use super::*;

    fn begin(
        import: u64,
        parent: Option<u64>,
        time: u64,
        load: Option<u64>,
    ) -> ImportBegin<'static> {
        ImportBegin {
            import,
            parent,
            thread: 0,
            time,
            name: format!("m{import}").into(),
            importer: None,
            loading: load.map(|time| ImportLoading {
                time,
                kind: ModuleKind::Source,
                file: None,
            }),
        }
    }

    fn end(import: u64, loaded: Option<u64>, time: u64) -> ImportEnd<'static> {
        ImportEnd {
            import,
            time,
            loaded,
            executed: None,
            exception: None,
        }
    }

    fn body(name: &str, within: Option<Cause>, start: u64, duration: u64) -> Module {
        Module {
            label: format!("<{name}>"),
            name: None,
            rule: Rule::File,
            why: String::new(),
            grounds: Grounds::default(),
            rivals: Vec::new(),
            file: String::new(),
            line: 1,
            thread: 0,
            parent: None,
            within,
            start_ns: start,
            duration_ns: Some(duration),
            outcome: Outcome::Returned,
            exception: None,
        }
    }

    fn parts(import: &Import) -> [Option<u64>; 4] {
        let own = [import.finding_ns, import.loading_ns, import.running_ns];
        let [finding, loading, running] = own.map(Some);
        [import.total_ns, finding, loading, running]
    }

    /// `m0` is looked for at 0 and loaded from 10 to 90; its body runs from 20 to 80. In it `m1` is imported from 30
    /// to 50, and at 60 another body runs for 5 that nobody imported.
    #[test]
    fn the_parts_and_what_happened_within_add_up() {
        let mut log = ImportLog::default();
        log.begin(begin(0, None, 0, Some(10)), 0, None, &[]);
        let mut modules = Vec::new();
        let within = log.begin_body(Some("m0"), 0, 0, None, &modules);
        assert_eq!(within, Some(Cause::Import(0)));
        modules.push(body("m0", within, 20, 60));
        log.begin(begin(1, Some(0), 30, Some(35)), 0, Some(0), &modules);
        log.end(end(1, Some(48), 50), 0);
        let stray = log.begin_body(None, 0, 1, Some(0), &modules);
        assert_eq!(stray, Some(Cause::Import(0)));
        modules.push(body("stray", stray, 60, 5));
        log.end(end(0, Some(90), 100), 0);
        let imports = log.finish(&modules);
        assert_eq!(parts(&imports[0]), [100, 20, 20, 35].map(Some));
        assert_eq!(parts(&imports[1]), [20, 7, 13, 0].map(Some));
        assert_eq!(imports[1].within, Some(Cause::Import(0)));
        assert_eq!(imports[0].own_ns() + 20 + 5, 100);
        assert_eq!(imports[0].outcome, ImportOutcome::Loaded);
    }

    #[test]
    fn an_import_is_within_a_body_that_began_after_the_import_around_it() {
        let mut log = ImportLog::default();
        log.begin(begin(0, None, 0, Some(10)), 0, None, &[]);
        let mut modules = Vec::new();
        let within = log.begin_body(Some("m0"), 0, 0, None, &modules);
        modules.push(body("m0", within, 20, 60));
        let within = log.begin_body(Some("by.hand"), 0, 1, Some(0), &modules);
        modules.push(body("by.hand", within, 30, 20));
        log.begin(begin(1, Some(0), 35, None), 0, Some(1), &modules);
        log.end(end(1, None, 40), 0);
        let imports = log.finish(&modules);
        assert_eq!(imports[1].within, Some(Cause::Body(1)));
        assert_eq!(modules[1].within, Some(Cause::Import(0)));
        assert_eq!(imports[1].outcome, ImportOutcome::NotFound);
        assert_eq!(parts(&imports[1]), [5, 5, 0, 0].map(Some));
    }

    /// `a.b` is asked for at 0, which imports `a` from 5 to 25, in which `c` is imported; then `a.b` is found.
    #[test]
    fn a_package_is_imported_within_the_search_for_its_module() {
        let mut log = ImportLog::default();
        let modules = [body("main", None, 0, 200)];
        log.begin(begin(9, None, 0, None), 0, Some(0), &modules);
        log.end(end(9, None, 0), 0);
        log.begin(begin(0, None, 5, Some(8)), 0, Some(0), &modules);
        log.begin(begin(1, Some(0), 10, Some(12)), 0, Some(0), &modules);
        log.end(end(1, Some(18), 20), 0);
        log.end(end(0, Some(24), 25), 0);
        log.begin(begin(2, None, 1, Some(40)), 0, Some(0), &modules);
        log.end(end(2, Some(50), 60), 0);
        let imports = log.finish(&modules);
        let within: Vec<_> = imports.iter().map(|it| it.within).collect();
        let main = Some(Cause::Body(0));
        let import = |index| Some(Cause::Import(index));
        assert_eq!(within, [main, import(3), import(1), main]);
        assert_eq!(parts(&imports[3]), [59, 29, 10, 0].map(Some));
        assert_eq!(imports[3].own_ns() + 20, 59);
    }

    #[test]
    fn what_never_ended_has_no_total() {
        let mut log = ImportLog::default();
        log.begin(begin(0, None, 0, Some(10)), 0, None, &[]);
        log.end(end(7, None, 40), 0);
        let imports = log.finish(&[]);
        assert_eq!(imports[0].outcome, ImportOutcome::Unfinished);
        assert_eq!(parts(&imports[0]), [None, Some(0), Some(0), Some(0)]);
    }
}
