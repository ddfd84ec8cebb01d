//! Any evidence, for the procedure that decides whose body starts.

use std::borrow::Cow;
use std::path::PathBuf;

use arbitrary::{Arbitrary, Unstructured};
use module_identity::{
    BARE_LABEL, CodeEvidence, FileSource, FrameEvidence, FramelessEvidence, Identity, ModuleName,
    NameSource, NamespaceEvidence, PythonState, Registry, RegistryEntry, Rule, Runner,
    SpecEvidence, decide, infer, namespace_owner,
};

/// The texts that mean something to the procedure, so that they meet more often than by chance.
const TEXTS: &[&str] = &[
    "",
    "__main__",
    "__mp_main__",
    "_pyrepl.__main__",
    "a",
    "a.b",
    "<run_path>",
    "<module>",
    " <module>\n",
    "<string>",
    "<stdin>",
    "<stdin-0>",
    "<python-input-1>",
    "<ipython-input-1>",
    "<frozen a>",
    "frozen",
    "/r/a.py",
    "/r/a/b.py",
    "/r/a/__init__.py",
    "/r/a.pyc",
    "/r/__pycache__/a.cpython-312.pyc",
    "/r",
    "/",
    "a.py",
    r"\udce9",
];

#[derive(Clone, Debug)]
struct Text(String);

impl<'a> Arbitrary<'a> for Text {
    fn arbitrary(bytes: &mut Unstructured<'a>) -> arbitrary::Result<Self> {
        let known = TEXTS.get(usize::from(u8::arbitrary(bytes)?));
        Ok(Self(match known {
            Some(known) => (*known).to_owned(),
            None => String::arbitrary(bytes)?,
        }))
    }
}

#[derive(Arbitrary, Clone, Copy, Debug)]
enum Runs {
    Import,
    Loader,
    LoaderHelper,
    Module,
    SameFile,
    Other,
    Interpreter,
}

/// A module of `sys.modules`: its name, its file, its bytecode and its origin.
type Registered = (Text, Option<Text>, Option<Text>, Option<Text>);

#[derive(Arbitrary, Debug)]
struct Start {
    /// A module body's own names, which few would be by chance.
    is_module: bool,
    name: Text,
    qualname: Text,
    file: Text,
    flags: u32,
    locals_are_globals: bool,
    dunder_name: Option<Text>,
    dunder_file: Option<Text>,
    spec: Option<(Option<Text>, Option<Text>, bool)>,
    fresh: bool,
    only_dunders: bool,
    zipped: bool,
    has_module_dunders: bool,
    python: Python,
    registry: Vec<Registered>,
    roots: Vec<Text>,
}

#[derive(Arbitrary, Clone, Debug)]
struct Python {
    runs: Runs,
    is_registered: bool,
    registered_name: Option<Text>,
    on_main_thread: bool,
    in_main_interpreter: bool,
    is_builtin_main: bool,
    same_file: bool,
    is_file: bool,
    is_in_archive: bool,
    is_handed_over: bool,
    is_kernel: bool,
    has_prompt: bool,
    binds_names: bool,
    has_had_a_body: bool,
    has_run_its_file: bool,
}

/// Answers as `python` says, and counts the questions.
struct Asked<'a> {
    python: &'a Python,
    runner: u32,
    registered_name: u32,
    main_thread: u32,
    main_interpreter: u32,
    builtin_main: u32,
    handed_over: u32,
    kernel: u32,
    prompt: u32,
    binds_names: u32,
    had_a_body: u32,
    has_run_its_file: u32,
}

impl PythonState for Asked<'_> {
    fn runner(&mut self) -> Runner {
        self.runner += 1;
        match self.python.runs {
            Runs::Import => Runner::Import,
            Runs::Loader => Runner::Loader,
            Runs::LoaderHelper => Runner::LoaderHelper,
            Runs::Module => Runner::Module,
            Runs::SameFile => Runner::SameFile,
            Runs::Other => Runner::Other,
            Runs::Interpreter => Runner::Interpreter,
        }
    }

    fn is_registered_as(&mut self, _: &ModuleName) -> bool {
        self.python.is_registered
    }

    fn registered_name(&mut self) -> Option<String> {
        self.registered_name += 1;
        Some(self.python.registered_name.as_ref()?.0.clone())
    }

    fn on_main_thread(&mut self) -> bool {
        self.main_thread += 1;
        self.python.on_main_thread
    }

    fn in_main_interpreter(&mut self) -> bool {
        self.main_interpreter += 1;
        self.python.in_main_interpreter
    }

    fn is_builtin_main_namespace(&mut self) -> bool {
        self.builtin_main += 1;
        self.python.is_builtin_main
    }

    fn is_handed_over(&mut self) -> bool {
        self.handed_over += 1;
        self.python.is_handed_over
    }

    fn is_kernel(&mut self) -> bool {
        self.kernel += 1;
        self.python.is_kernel
    }

    fn has_prompt(&mut self) -> bool {
        self.prompt += 1;
        self.python.has_prompt
    }

    fn binds_names(&mut self) -> bool {
        self.binds_names += 1;
        self.python.binds_names
    }

    fn has_had_a_body(&mut self) -> bool {
        self.had_a_body += 1;
        self.python.has_had_a_body
    }

    fn has_run_its_file(&mut self) -> bool {
        self.has_run_its_file += 1;
        self.python.has_run_its_file
    }

    fn is_in_archive(&mut self, _: &str) -> bool {
        self.python.is_in_archive
    }

    fn same_file(&mut self, _: &str, _: &str) -> bool {
        self.python.same_file
    }

    fn is_file(&mut self, _: &str) -> bool {
        self.python.is_file
    }
}

struct Modules<'a>(&'a Start);

impl Registry for Modules<'_> {
    fn visit(&mut self, visit: &mut dyn FnMut(&RegistryEntry<'_>)) {
        for (name, file, cached, origin) in &self.0.registry {
            visit(&RegistryEntry {
                name: &name.0,
                file: borrowed(file),
                cached: borrowed(cached),
                origin: borrowed(origin),
            });
        }
    }
}

fn borrowed(text: &Option<Text>) -> Option<&str> {
    text.as_ref().map(|text| text.0.as_str())
}

/// Decides about any evidence.
///
/// # Panics
///
/// When a name is one that nobody has, or is given without what each named body must have.
pub fn check(bytes: &[u8]) {
    let Ok(start) = Start::arbitrary(&mut Unstructured::new(bytes)) else {
        return;
    };
    let evidence = evidence(&start);
    let mut asked = Asked {
        python: &start.python,
        runner: 0,
        registered_name: 0,
        main_thread: 0,
        main_interpreter: 0,
        builtin_main: 0,
        handed_over: 0,
        kernel: 0,
        prompt: 0,
        binds_names: 0,
        had_a_body: 0,
        has_run_its_file: 0,
    };
    let identity = decide(&evidence, &mut asked);
    let counts = [
        asked.runner,
        asked.registered_name,
        asked.main_thread,
        asked.main_interpreter,
        asked.builtin_main,
        asked.handed_over,
        asked.kernel,
        asked.prompt,
        asked.binds_names,
        asked.had_a_body,
        asked.has_run_its_file,
    ];
    assert!(
        counts.iter().all(|count| *count <= 1),
        "asked twice: {counts:?}"
    );
    check_identity(&start, &evidence, &identity);
    check_owner(&evidence, &identity);
    check_inferred(&start);
}

fn evidence(start: &Start) -> FrameEvidence<'_> {
    let body = Cow::Borrowed(BARE_LABEL);
    let or_body = |text: &'_ Text| Cow::Owned(text.0.clone());
    FrameEvidence {
        code: CodeEvidence {
            name: if start.is_module {
                body.clone()
            } else {
                or_body(&start.name)
            },
            qualname: if start.is_module {
                body
            } else {
                or_body(&start.qualname)
            },
            file: Cow::Borrowed(&start.file.0),
            // Without a function's flags, as often as not.
            flags: if start.is_module {
                start.flags & !0x3a3
            } else {
                start.flags
            },
        },
        locals_are_globals: start.locals_are_globals,
        namespace: NamespaceEvidence {
            name: borrowed(&start.dunder_name).map(Cow::Borrowed),
            file: borrowed(&start.dunder_file).map(Cow::Borrowed),
            spec: start
                .spec
                .as_ref()
                .map(|(name, origin, initializing)| SpecEvidence {
                    name: borrowed(name).map(Cow::Borrowed),
                    origin: borrowed(origin).map(Cow::Borrowed),
                    initializing: *initializing,
                }),
            fresh: start.fresh,
            only_dunders: start.fresh || start.only_dunders,
            zipped: start.zipped,
            has_module_dunders: start.has_module_dunders,
        },
    }
}

fn check_identity(start: &Start, evidence: &FrameEvidence<'_>, identity: &Identity) {
    let Identity {
        name,
        rule,
        grounds,
        rivals,
        ..
    } = identity;
    assert!(!rule.is_inferred());
    assert!(!rule.reason().is_empty());
    let keeps = [
        Rule::NotModuleCode,
        Rule::NoOwner,
        Rule::UnprintableName,
        Rule::Nested,
        Rule::Unproven,
    ];
    assert_eq!(name.is_none(), keeps.contains(rule), "{identity:?}");
    assert_eq!(grounds.fresh, evidence.namespace.fresh);
    let Some(name) = name else {
        assert_eq!(identity.label(), BARE_LABEL);
        return;
    };
    assert_eq!(identity.label(), format!("<{name}>"));
    assert!(!name.as_str().contains(['<', '>', '\n']));
    // Whatever is named has the shape of a body, and an owner whose name stood somewhere.
    assert!(evidence.code.is_module_code() && evidence.locals_are_globals);
    let spec = start.spec.as_ref().and_then(|spec| borrowed(&spec.0));
    let claimed = match grounds.name.expect("a name has a source") {
        NameSource::Spec => spec,
        NameSource::Name => borrowed(&start.dunder_name),
        NameSource::Registry => borrowed(&start.python.registered_name),
        other => panic!("a frame is never named by a guess, such as from {other:?}"),
    };
    match rule {
        Rule::Interactive => assert_eq!(name.as_str(), "__main__"),
        _ => assert_eq!(Some(name.as_str()), claimed),
    }
    if *rule == Rule::File {
        assert!(matches!(
            grounds.file,
            Some(FileSource::File | FileSource::Origin)
        ));
    }
    // The module's own code never runs a body out of the file that is running.
    if grounds.runner == Some(Runner::SameFile) {
        assert_eq!(*rule, Rule::Interactive, "{identity:?}");
    }
    assert!(*rule == Rule::Interactive || rivals.iter().all(|rival| rival.name != *name));
}

fn check_owner(evidence: &FrameEvidence<'_>, identity: &Identity) {
    let owner = namespace_owner(&evidence.namespace);
    if let (Some(name), Some(NameSource::Spec)) = (&identity.name, identity.grounds.name)
        && identity.rule != Rule::Interactive
        && name.as_str() != "_pyrepl.__main__"
    {
        assert_eq!(owner.map(|owner| owner.name).as_ref(), Some(name));
    }
}

fn check_inferred(start: &Start) {
    let roots: Vec<PathBuf> = start
        .roots
        .iter()
        .map(|root| PathBuf::from(&root.0))
        .collect();
    let question = FramelessEvidence {
        file: &start.file.0,
        hint: borrowed(&start.dunder_name),
    };
    let identity = infer(question, &mut Modules(start), &roots);
    assert_eq!(
        identity.name.is_some(),
        identity.rule.is_inferred(),
        "{identity:?}"
    );
    if let (Some(name), Rule::Registry) = (&identity.name, identity.rule) {
        assert!(
            start
                .registry
                .iter()
                .any(|(key, ..)| key.0 == name.as_str())
        );
    }
}
