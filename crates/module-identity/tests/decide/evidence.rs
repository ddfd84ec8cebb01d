//! Evidence written by hand, and a Python whose answers are given.

use std::collections::HashMap;

use module_identity::{
    BARE_LABEL, CodeEvidence, FrameEvidence, ModuleName, NamespaceEvidence, PythonState, Rule,
    Runner, SpecEvidence, decide,
};

/// A Python that knows what its fields say, and counts what it is asked.
#[derive(Debug)]
pub struct Stub {
    pub runner: Runner,
    pub registered: Option<&'static str>,
    pub main_thread: bool,
    pub main_interpreter: bool,
    pub is_builtin_main_namespace: bool,
    pub same_file: bool,
    pub is_file: bool,
    pub is_in_archive: bool,
    pub is_handed_over: bool,
    pub is_kernel: bool,
    pub has_prompt: bool,
    pub binds_names: bool,
    pub has_had_a_body: bool,
    pub has_run_its_file: bool,
    pub asked: HashMap<String, u32>,
}

impl Default for Stub {
    fn default() -> Self {
        Self {
            runner: Runner::Import,
            registered: None,
            main_thread: true,
            main_interpreter: true,
            is_builtin_main_namespace: false,
            same_file: false,
            is_file: false,
            is_in_archive: false,
            is_handed_over: false,
            is_kernel: true,
            has_prompt: true,
            binds_names: true,
            has_had_a_body: false,
            has_run_its_file: false,
            asked: HashMap::new(),
        }
    }
}

impl Stub {
    fn count(&mut self, question: impl Into<String>) {
        *self.asked.entry(question.into()).or_default() += 1;
    }
}

impl PythonState for Stub {
    fn runner(&mut self) -> Runner {
        self.count("runner");
        self.runner
    }

    fn is_registered_as(&mut self, name: &ModuleName) -> bool {
        self.count(format!("registered as {name}"));
        self.registered == Some(name.as_str())
    }

    fn registered_name(&mut self) -> Option<String> {
        self.count("registered name");
        self.registered.map(str::to_owned)
    }

    fn on_main_thread(&mut self) -> bool {
        self.count("main thread");
        self.main_thread
    }

    fn in_main_interpreter(&mut self) -> bool {
        self.count("main interpreter");
        self.main_interpreter
    }

    fn is_builtin_main_namespace(&mut self) -> bool {
        self.count("first main");
        self.is_builtin_main_namespace
    }

    fn is_handed_over(&mut self) -> bool {
        self.count("handed over");
        self.is_handed_over
    }

    fn is_kernel(&mut self) -> bool {
        self.count("kernel");
        self.is_kernel
    }

    fn has_prompt(&mut self) -> bool {
        self.count("prompt");
        self.has_prompt
    }

    fn binds_names(&mut self) -> bool {
        self.count("binds names");
        self.binds_names
    }

    fn has_had_a_body(&mut self) -> bool {
        self.count("had a body");
        self.has_had_a_body
    }

    fn has_run_its_file(&mut self) -> bool {
        self.count("has run its file");
        self.has_run_its_file
    }

    fn same_file(&mut self, one: &str, other: &str) -> bool {
        self.count(format!("same file {one} {other}"));
        self.same_file
    }

    fn is_in_archive(&mut self, path: &str) -> bool {
        self.count(format!("in archive {path}"));
        self.is_in_archive
    }

    fn is_file(&mut self, path: &str) -> bool {
        self.count(format!("is file {path}"));
        self.is_file
    }
}

pub fn module_code(file: &'static str) -> CodeEvidence<'static> {
    CodeEvidence {
        name: BARE_LABEL.into(),
        qualname: BARE_LABEL.into(),
        file: file.into(),
        flags: 0,
    }
}

/// `a.b`, as the import system starts it from a source file.
pub fn imported() -> FrameEvidence<'static> {
    FrameEvidence {
        code: module_code("/r/a/b.py"),
        locals_are_globals: true,
        namespace: NamespaceEvidence {
            name: Some("a.b".into()),
            file: Some("/r/a/b.py".into()),
            spec: Some(SpecEvidence {
                name: Some("a.b".into()),
                origin: Some("/r/a/b.py".into()),
                initializing: true,
            }),
            fresh: true,
            only_dunders: true,
            zipped: false,
            has_module_dunders: true,
        },
    }
}

/// `__main__` as `python -c` prepares it.
pub fn command() -> FrameEvidence<'static> {
    FrameEvidence {
        code: module_code("<string>"),
        locals_are_globals: true,
        namespace: NamespaceEvidence {
            name: Some("__main__".into()),
            fresh: true,
            only_dunders: true,
            has_module_dunders: true,
            ..NamespaceEvidence::default()
        },
    }
}

pub fn by(runner: Runner) -> Stub {
    Stub {
        runner,
        ..Stub::default()
    }
}

#[track_caller]
pub fn check(frame: &FrameEvidence<'_>, python: Stub, label: &str, rule: Rule) {
    let mut python = python;
    let identity = decide(frame, &mut python);
    assert_eq!((identity.label().as_str(), identity.rule), (label, rule));
    for (question, count) in python.asked {
        assert_eq!(count, 1, "{question}");
    }
}

pub fn main_by(runner: Runner) -> Stub {
    Stub {
        registered: Some("__main__"),
        ..by(runner)
    }
}

pub fn used(mut frame: FrameEvidence<'static>) -> FrameEvidence<'static> {
    frame.namespace.fresh = false;
    frame.namespace.only_dunders = false;
    frame
}

/// A script that a launcher runs in a `__main__` in use.
pub fn launched() -> (FrameEvidence<'static>, Stub) {
    let mut script = used(imported());
    script.namespace.name = Some("__main__".into());
    script.namespace.spec = None;
    let launcher = Stub {
        is_handed_over: true,
        ..main_by(Runner::Other)
    };
    (script, launcher)
}
