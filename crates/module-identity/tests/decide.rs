//! The procedure, over evidence written by hand: no Python needed.

use std::collections::HashMap;

use module_identity::{
    BARE_LABEL, CodeEvidence, FrameEvidence, ModuleName, NamespaceEvidence, PythonState, Rule,
    Runner, SpecEvidence, decide, namespace_owner,
};
use proptest::prelude::*;

/// A Python that knows what its fields say, and counts what it is asked.
#[derive(Debug)]
struct Stub {
    runner: Runner,
    registered: Option<&'static str>,
    main_thread: bool,
    main_interpreter: bool,
    is_builtin_main_namespace: bool,
    same_file: bool,
    is_file: bool,
    is_in_archive: bool,
    is_handed_over: bool,
    is_kernel: bool,
    has_prompt: bool,
    binds_names: bool,
    has_had_a_body: bool,
    has_run_its_file: bool,
    asked: HashMap<String, u32>,
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

fn module_code(file: &'static str) -> CodeEvidence<'static> {
    CodeEvidence {
        name: BARE_LABEL.into(),
        qualname: BARE_LABEL.into(),
        file: file.into(),
        flags: 0,
    }
}

/// `a.b`, as the import system starts it from a source file.
fn imported() -> FrameEvidence<'static> {
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
fn command() -> FrameEvidence<'static> {
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

fn by(runner: Runner) -> Stub {
    Stub {
        runner,
        ..Stub::default()
    }
}

#[track_caller]
fn check(frame: &FrameEvidence<'_>, python: Stub, label: &str, rule: Rule) {
    let mut python = python;
    let identity = decide(frame, &mut python);
    assert_eq!((identity.label().as_str(), identity.rule), (label, rule));
    for (question, count) in python.asked {
        assert_eq!(count, 1, "{question}");
    }
}

#[test]
fn an_import_is_its_file() {
    check(&imported(), Stub::default(), "<a.b>", Rule::File);
}

#[test]
fn other_shapes_stay_bare() {
    let mut function = imported();
    function.code.qualname = "f.<locals>.<module>".into();
    check(&function, Stub::default(), BARE_LABEL, Rule::NotModuleCode);
    let mut coroutine = imported();
    coroutine.code.flags = 0x80;
    check(&coroutine, Stub::default(), BARE_LABEL, Rule::NotModuleCode);
    let mut exec = imported();
    exec.locals_are_globals = false;
    check(&exec, Stub::default(), BARE_LABEL, Rule::NotModuleCode);
}

#[test]
fn white_space_around_the_code_name_counts_for_nothing() {
    let mut frame = imported();
    frame.code.name = " <module>\n".into();
    check(&frame, Stub::default(), "<a.b>", Rule::File);
}

#[test]
fn while_an_import_is_under_way_only_the_import_system_runs_the_body() {
    let mut frame = imported();
    check(&frame, by(Runner::Import), "<a.b>", Rule::File);
    check(&frame, by(Runner::Other), BARE_LABEL, Rule::Unproven);
    frame.namespace.spec.as_mut().unwrap().initializing = false;
    check(&frame, by(Runner::Other), "<a.b>", Rule::File);
}

#[test]
fn the_spec_beats_the_name_and_the_name_stays_a_rival() {
    let mut frame = imported();
    frame.namespace.name = Some("__main__".into());
    let identity = decide(&frame, &mut by(Runner::Import));
    assert_eq!(identity.label(), "<a.b>");
    assert_eq!(identity.rivals.len(), 1);
    assert_eq!(identity.rivals[0].name.as_str(), "__main__");
}

#[test]
fn an_unusable_spec_name_leaves_the_name() {
    let mut frame = imported();
    frame.namespace.spec.as_mut().unwrap().name = Some("<odd>".into());
    check(&frame, Stub::default(), "<a.b>", Rule::File);
}

#[test]
fn a_nameless_module_is_found_in_the_registry() {
    let mut frame = imported();
    frame.namespace.spec = None;
    frame.namespace.name = None;
    let registered = Stub {
        registered: Some("a.b"),
        ..Stub::default()
    };
    check(&frame, registered, "<a.b>", Rule::File);
    check(&frame, Stub::default(), BARE_LABEL, Rule::NoOwner);
}

#[test]
fn a_name_that_no_label_can_show_is_the_reason() {
    let rule = |spec: Option<&'static str>, name: Option<&'static str>| {
        let mut frame = imported();
        frame.namespace.spec.as_mut().unwrap().name = spec.map(Into::into);
        frame.namespace.name = name.map(Into::into);
        decide(&frame, &mut Stub::default()).rule
    };
    assert_eq!(rule(Some("a\nb"), Some("a\nb")), Rule::UnprintableName);
    assert_eq!(rule(None, Some("a\u{85}")), Rule::UnprintableName);
    assert_eq!(
        rule(Some("a\nb"), Some("a")),
        Rule::File,
        "another name will do"
    );
    // CPython's mark of a name that is none.
    assert_eq!(rule(None, Some("<run_path>")), Rule::NoOwner);
    assert_eq!(rule(None, Some("")), Rule::NoOwner);
}

#[test]
fn a_plain_dict_is_not_worth_a_search() {
    let frame = FrameEvidence {
        code: module_code("<string>"),
        locals_are_globals: true,
        namespace: NamespaceEvidence {
            fresh: true,
            ..NamespaceEvidence::default()
        },
    };
    let mut python = Stub::default();
    assert_eq!(decide(&frame, &mut python).rule, Rule::NoOwner);
    assert!(python.asked.is_empty(), "{:?}", python.asked);
}

#[test]
fn a_module_that_runs_code_of_its_own_file_is_nested() {
    let mut frame = imported();
    frame.namespace.fresh = false;
    check(&frame, by(Runner::Module), BARE_LABEL, Rule::Nested);
    check(&frame, by(Runner::SameFile), BARE_LABEL, Rule::Nested);
    // A reload: not fresh, but the import system runs it.
    check(&frame, by(Runner::Import), "<a.b>", Rule::File);
}

#[test]
fn a_first_statement_that_runs_the_file_again_is_no_body() {
    check(&imported(), by(Runner::SameFile), BARE_LABEL, Rule::Nested);
    // pdb fills the fresh namespace of the script from a `<string>` that runs in it.
    check(&imported(), by(Runner::Module), "<a.b>", Rule::File);
}

#[test]
fn one_file_under_two_spellings_agrees() {
    let mut frame = imported();
    frame.code.file = "/link/a/b.py".into();
    let same = Stub {
        same_file: true,
        ..Stub::default()
    };
    check(&frame, same, "<a.b>", Rule::File);
}

#[test]
fn a_frozen_module_goes_by_its_spec() {
    let mut frame = imported();
    frame.code.file = "<frozen __hello__>".into();
    let spec = frame.namespace.spec.as_mut().unwrap();
    spec.name = Some("__phello_alias__".into());
    spec.origin = Some("frozen".into());
    check(&frame, Stub::default(), "<__phello_alias__>", Rule::Frozen);
    check(&frame, by(Runner::Module), BARE_LABEL, Rule::Nested);
}

#[test]
fn a_frozen_module_is_loaded_or_comes_first() {
    let mut frame = imported();
    frame.code.file = "<frozen __hello__>".into();
    let spec = frame.namespace.spec.as_mut().unwrap();
    spec.origin = Some("frozen".into());
    spec.initializing = false;
    check(&frame, by(Runner::Other), "<a.b>", Rule::Frozen);
    let used = used(frame.clone());
    check(&used, by(Runner::Import), "<a.b>", Rule::Frozen);
    check(&used, by(Runner::Other), BARE_LABEL, Rule::Unproven);
    // The module is frozen, and the code is not.
    frame.code.file = "<string>".into();
    check(&frame, by(Runner::Other), BARE_LABEL, Rule::Unproven);
}

fn main_by(runner: Runner) -> Stub {
    Stub {
        registered: Some("__main__"),
        ..by(runner)
    }
}

#[test]
fn what_the_interpreter_reads_from_standard_input_is_main() {
    for file in ["<stdin>", "<stdin>-2", "<stdin-2>"] {
        let mut frame = command();
        frame.code.file = file.into();
        frame.namespace.fresh = false;
        check(
            &frame,
            main_by(Runner::Interpreter),
            "<__main__>",
            Rule::Interactive,
        );
        // The program's own code can call its code so, too.
        check(&frame, main_by(Runner::Module), BARE_LABEL, Rule::Nested);
    }
}

#[test]
fn a_prompt_is_main_whatever_the_spec_says() {
    for file in ["<python-input-3>", "<ipython-input-1-abc>"] {
        let mut frame = imported();
        frame.code.file = file.into();
        frame.namespace.fresh = false;
        check(
            &frame,
            main_by(Runner::Other),
            "<__main__>",
            Rule::Interactive,
        );
        check(&frame, main_by(Runner::Module), BARE_LABEL, Rule::Nested);
        frame.namespace.spec.as_mut().unwrap().name = Some("_pyrepl.__main__".into());
        check(
            &frame,
            main_by(Runner::Module),
            "<__main__>",
            Rule::Interactive,
        );
    }
}

#[test]
fn the_text_of_a_command_is_main() {
    check(
        &command(),
        main_by(Runner::Interpreter),
        "<__main__>",
        Rule::Command,
    );
    // A dictionary that only says so.
    check(
        &command(),
        by(Runner::Interpreter),
        BARE_LABEL,
        Rule::Unproven,
    );
}

#[test]
fn a_file_run_by_others_in_a_namespace_in_use_is_no_body() {
    let mut frame = imported();
    frame.namespace.fresh = false;
    frame.namespace.spec.as_mut().unwrap().initializing = false;
    for runner in [Runner::Other, Runner::Interpreter] {
        check(&frame, by(runner), BARE_LABEL, Rule::Unproven);
    }
}

#[test]
fn what_the_interpreter_calls_later_is_not_the_command() {
    let mut at_exit = command();
    at_exit.namespace.fresh = false;
    check(
        &at_exit,
        by(Runner::Interpreter),
        BARE_LABEL,
        Rule::Unproven,
    );
    let thread = Stub {
        main_thread: false,
        ..by(Runner::Interpreter)
    };
    check(&command(), thread, BARE_LABEL, Rule::Unproven);
    check(&command(), by(Runner::Module), BARE_LABEL, Rule::Nested);
    let sub_interpreter = Stub {
        main_interpreter: false,
        ..main_by(Runner::Interpreter)
    };
    check(&command(), sub_interpreter, BARE_LABEL, Rule::Unproven);
    check(
        &command(),
        main_by(Runner::Interpreter),
        "<__main__>",
        Rule::Command,
    );
}

#[test]
fn a_notebook_cell_is_main() {
    let mut cell = command();
    cell.code.file = "/tmp/ipykernel_1/2.py".into();
    cell.namespace.fresh = false;
    let main = Stub {
        registered: Some("__main__"),
        ..by(Runner::Other)
    };
    check(&cell, main, "<__main__>", Rule::Cell);
    check(&cell, by(Runner::Other), BARE_LABEL, Rule::Unproven);
    let in_the_programs_own = Stub {
        registered: Some("__main__"),
        is_builtin_main_namespace: true,
        ..by(Runner::Other)
    };
    check(&cell, in_the_programs_own, BARE_LABEL, Rule::Unproven);
    cell.code.file = "<string>".into();
    let main = Stub {
        registered: Some("__main__"),
        ..by(Runner::Other)
    };
    check(&cell, main, BARE_LABEL, Rule::Unproven);
}

#[test]
fn bytecode_keeps_whatever_file_name_it_was_built_with() {
    let mut frame = imported();
    frame.code.file = "/elsewhere/real.py".into();
    frame.namespace.file = Some("/r/a/b.pyc".into());
    frame.namespace.spec.as_mut().unwrap().origin = Some("/r/a/b.pyc".into());
    let there = Stub {
        is_file: true,
        ..Stub::default()
    };
    check(&frame, there, "<a.b>", Rule::Bytecode);
    frame.namespace.file = Some("/r/app.zip/a/b.py".into());
    frame.namespace.spec.as_mut().unwrap().origin = None;
    frame.namespace.zipped = true;
    check(&frame, Stub::default(), "<a.b>", Rule::Bytecode);
}

#[test]
fn an_import_under_a_synthetic_name_needs_proof() {
    let mut frame = imported();
    frame.code.file = "<generated a.b>".into();
    check(&frame, Stub::default(), "<a.b>", Rule::Loader);
    // The module has a source: its body does not come from elsewhere.
    let contradicted = Stub {
        is_file: true,
        ..Stub::default()
    };
    check(&frame, contradicted, BARE_LABEL, Rule::Unproven);
    // Neither under way nor registered.
    frame.namespace.spec.as_mut().unwrap().initializing = false;
    check(&frame, Stub::default(), BARE_LABEL, Rule::Unproven);
    let registered = Stub {
        registered: Some("a.b"),
        ..Stub::default()
    };
    check(&frame, registered, "<a.b>", Rule::Loader);
    // Somebody else runs it in a namespace that is in use.
    frame.namespace.fresh = false;
    let registered = Stub {
        registered: Some("a.b"),
        ..by(Runner::Other)
    };
    check(&frame, registered, BARE_LABEL, Rule::Unproven);
}

#[test]
fn a_hand_made_module_is_named_after_its_file() {
    let mut frame = imported();
    frame.namespace.spec = None;
    frame.namespace.file = None;
    check(&frame, by(Runner::Other), "<a.b>", Rule::HandMade);
    frame.code.file = "b.py".into();
    check(&frame, by(Runner::Other), BARE_LABEL, Rule::Unproven);
    frame.code.file = "/r/c.py".into();
    check(&frame, by(Runner::Other), BARE_LABEL, Rule::Unproven);
    frame.code.file = "/r/b.html".into();
    check(&frame, by(Runner::Other), BARE_LABEL, Rule::Unproven);
}

fn used(mut frame: FrameEvidence<'static>) -> FrameEvidence<'static> {
    frame.namespace.fresh = false;
    frame.namespace.only_dunders = false;
    frame
}

#[test]
fn a_loader_may_leave_the_body_to_a_helper_but_not_what_comes_after() {
    let mut synthetic = imported();
    synthetic.code.file = "<generated a.b>".into();
    for (frame, rule) in [(imported(), Rule::File), (synthetic, Rule::Loader)] {
        for runner in [Runner::Import, Runner::Loader] {
            check(&frame, by(runner), "<a.b>", rule);
            check(&used(frame.clone()), by(runner), "<a.b>", rule);
        }
        check(&frame, by(Runner::LoaderHelper), "<a.b>", rule);
        let after = used(frame.clone());
        check(&after, by(Runner::LoaderHelper), BARE_LABEL, Rule::Unproven);
        let again = Stub {
            has_had_a_body: true,
            ..by(Runner::LoaderHelper)
        };
        check(&frame, again, BARE_LABEL, Rule::Unproven);
    }
}

#[test]
fn bytecode_is_run_by_the_import_system_or_first() {
    let mut frame = imported();
    frame.code.file = "<hook>".into();
    frame.namespace.file = Some("/r/a/b.pyc".into());
    let there = |runner| Stub {
        is_file: true,
        ..by(runner)
    };
    let bare = |frame: &FrameEvidence<'_>, python| check(frame, python, BARE_LABEL, Rule::Unproven);
    check(
        &used(frame.clone()),
        there(Runner::Import),
        "<a.b>",
        Rule::Bytecode,
    );
    for runner in [Runner::Loader, Runner::Interpreter] {
        check(&frame, there(runner), "<a.b>", Rule::Bytecode);
        bare(&used(frame.clone()), there(runner));
        let again = Stub {
            has_had_a_body: true,
            ..there(runner)
        };
        bare(&frame, again);
    }
    bare(&frame, there(Runner::LoaderHelper));
    bare(&frame, there(Runner::Other));
    // A zip importer has no method of its own that runs code.
    frame.namespace.file = Some("/r/lib.zip/a/b.py".into());
    frame.namespace.zipped = true;
    let archived = |runner| Stub {
        is_in_archive: true,
        ..by(runner)
    };
    check(&frame, archived(Runner::Import), "<a.b>", Rule::Bytecode);
    bare(&frame, archived(Runner::Loader));
}

#[test]
fn files_of_pythons_own_kinds_speak_against_code_from_nowhere() {
    for file in ["/r/b.py", "/r/b.pyc", "/r/b.abi3.so", "/r/b.pyd"] {
        let mut frame = used(imported());
        frame.code.file = "<hook>".into();
        frame.namespace.file = Some(file.into());
        frame.namespace.spec.as_mut().unwrap().origin = None;
        check(&frame, by(Runner::Loader), "<a.b>", Rule::Loader);
        let there = Stub {
            is_file: true,
            ..by(Runner::Loader)
        };
        check(&frame, there, BARE_LABEL, Rule::Unproven);
        let archived = Stub {
            is_in_archive: true,
            ..by(Runner::Loader)
        };
        check(&frame, archived, BARE_LABEL, Rule::Unproven);
    }
    let mut notebook = used(imported());
    notebook.code.file = "<cell 1>".into();
    notebook.namespace.file = Some("/r/b.ipynb".into());
    let there = Stub {
        is_file: true,
        ..by(Runner::Loader)
    };
    check(&notebook, there, "<a.b>", Rule::Loader);
    // A file of a real name contradicts nothing.
    let mut built = used(imported());
    built.code.file = "/build/b.py".into();
    let there = Stub {
        is_file: true,
        ..by(Runner::Loader)
    };
    check(&built, there, "<a.b>", Rule::Loader);
}

#[test]
fn a_namespace_that_is_fresh_has_one_body() {
    let again = |python| Stub {
        has_had_a_body: true,
        registered: Some("a.b"),
        ..python
    };
    let mut by_hand = imported();
    by_hand.namespace.spec.as_mut().unwrap().initializing = false;
    for runner in [Runner::Other, Runner::Interpreter] {
        check(&by_hand, by(runner), "<a.b>", Rule::File);
        check(&by_hand, again(by(runner)), BARE_LABEL, Rule::Unproven);
    }
    let mut registered = by_hand.clone();
    registered.code.file = "<x>".into();
    registered.namespace.spec = None;
    registered.namespace.file = None;
    let known = || Stub {
        registered: Some("a.b"),
        ..by(Runner::Other)
    };
    check(&registered, known(), "<a.b>", Rule::Loader);
    check(&registered, again(known()), BARE_LABEL, Rule::Unproven);
    let expression = Stub {
        binds_names: false,
        ..known()
    };
    check(&registered, expression, BARE_LABEL, Rule::Unproven);
    registered.code.file = "/r/a/b.py".into();
    let unknown = || by(Runner::Other);
    check(&registered, unknown(), "<a.b>", Rule::HandMade);
    let run = Stub {
        has_had_a_body: true,
        ..unknown()
    };
    check(&registered, run, BARE_LABEL, Rule::Unproven);
    let command = || main_by(Runner::Interpreter);
    let run = Stub {
        has_had_a_body: true,
        ..command()
    };
    check(&self::command(), run, BARE_LABEL, Rule::Unproven);
}

#[test]
fn a_debugger_may_empty_main_and_start_again() {
    let mut script = imported();
    script.namespace.name = Some("__main__".into());
    script.namespace.spec = None;
    let again = |runner| Stub {
        has_had_a_body: true,
        has_run_its_file: true,
        ..main_by(runner)
    };
    check(&script, again(Runner::Other), "<__main__>", Rule::File);
    check(&script, again(Runner::Module), "<__main__>", Rule::File);
    check(
        &script,
        again(Runner::Interpreter),
        BARE_LABEL,
        Rule::Unproven,
    );
}

#[test]
fn what_a_prompt_did_not_run_is_no_statement() {
    let mut statement = used(command());
    statement.code.file = "<stdin>".into();
    let interpreter = || main_by(Runner::Interpreter);
    let thread = Stub {
        main_thread: false,
        ..interpreter()
    };
    check(&statement, thread, BARE_LABEL, Rule::Unproven);
    let program = Stub {
        has_prompt: false,
        ..interpreter()
    };
    check(&statement, program, BARE_LABEL, Rule::Unproven);
    statement.namespace.fresh = true;
    let program = Stub {
        has_prompt: false,
        ..interpreter()
    };
    check(&statement, program, "<__main__>", Rule::Interactive);
    let sub_interpreter = Stub {
        main_interpreter: false,
        ..interpreter()
    };
    check(&statement, sub_interpreter, BARE_LABEL, Rule::Unproven);
    statement.code.file = "<ipython-input-1-abc>".into();
    let job = Stub {
        is_kernel: false,
        ..main_by(Runner::Other)
    };
    check(&statement, job, BARE_LABEL, Rule::Unproven);
}

#[test]
fn a_cell_is_what_the_kernel_runs() {
    let mut cell = used(command());
    cell.code.file = "/tmp/ipykernel_1/2.py".into();
    let job = Stub {
        is_kernel: false,
        ..main_by(Runner::Other)
    };
    check(&cell, job, BARE_LABEL, Rule::Unproven);
}

/// A script that a launcher runs in a `__main__` in use.
fn launched() -> (FrameEvidence<'static>, Stub) {
    let mut script = used(imported());
    script.namespace.name = Some("__main__".into());
    script.namespace.spec = None;
    let launcher = Stub {
        is_handed_over: true,
        ..main_by(Runner::Other)
    };
    (script, launcher)
}

#[test]
fn a_launcher_runs_a_file_as_the_main_program_once() {
    let launcher = || launched().1;
    let (script, _) = launched();
    let bare = |python| check(&script, python, BARE_LABEL, Rule::Unproven);
    check(&script, launcher(), "<__main__>", Rule::File);
    bare(Stub {
        is_handed_over: false,
        ..launcher()
    });
    bare(Stub {
        has_run_its_file: true,
        ..launcher()
    });
    bare(Stub {
        registered: None,
        ..launcher()
    });
    let own = Stub {
        runner: Runner::Module,
        ..launcher()
    };
    check(&script, own, "<__main__>", Rule::File);
    let itself = Stub {
        runner: Runner::SameFile,
        ..launcher()
    };
    check(&script, itself, BARE_LABEL, Rule::Nested);
    let mut emptied = script.clone();
    emptied.namespace.only_dunders = true;
    let again = Stub {
        has_run_its_file: true,
        ..launcher()
    };
    check(&emptied, again, "<__main__>", Rule::File);
    let mut text = script.clone();
    text.code.file = "<text>".into();
    text.namespace.file = Some("<text>".into());
    check(&text, launcher(), BARE_LABEL, Rule::Unproven);
    let mut elsewhere = script.clone();
    elsewhere.namespace.file = Some("/r/other.py".into());
    check(&elsewhere, launcher(), BARE_LABEL, Rule::Unproven);
    let mut module = script.clone();
    module.namespace.spec = imported().namespace.spec;
    let named = || Stub {
        registered: Some("__main__"),
        ..launcher()
    };
    check(&module, named(), BARE_LABEL, Rule::Unproven);
    module.namespace.spec.as_mut().unwrap().initializing = false;
    check(&module, named(), "<a.b>", Rule::File);
}

#[test]
fn a_host_runs_a_file_on_the_main_thread_once() {
    let (script, _) = launched();
    let host = || main_by(Runner::Interpreter);
    check(&script, host(), "<__main__>", Rule::File);
    let thread = Stub {
        main_thread: false,
        ..host()
    };
    check(&script, thread, BARE_LABEL, Rule::Unproven);
    let again = Stub {
        has_run_its_file: true,
        ..host()
    };
    check(&script, again, BARE_LABEL, Rule::Unproven);
}

#[test]
fn under_a_name_of_its_own_a_launched_file_comes_first() {
    let (mut script, _) = launched();
    script.namespace.name = Some("script".into());
    script.namespace.only_dunders = true;
    let launcher = || Stub {
        is_handed_over: true,
        registered: Some("script"),
        ..by(Runner::Other)
    };
    check(&script, launcher(), "<script>", Rule::File);
    let again = Stub {
        has_had_a_body: true,
        ..launcher()
    };
    check(&script, again, BARE_LABEL, Rule::Unproven);
    let host = Stub {
        runner: Runner::Interpreter,
        ..launcher()
    };
    check(&script, host, BARE_LABEL, Rule::Unproven);
    let filled = used(script.clone());
    check(&filled, launcher(), BARE_LABEL, Rule::Unproven);
    script.namespace.spec = imported().namespace.spec;
    script.namespace.spec.as_mut().unwrap().initializing = false;
    check(&script, launcher(), BARE_LABEL, Rule::Unproven);
}

#[test]
fn a_namespace_is_owned_by_its_spec_or_its_name() {
    let owner = |name: &'static str, spec_name: Option<&'static str>| {
        let spec = |name: &'static str| SpecEvidence {
            name: Some(name.into()),
            ..SpecEvidence::default()
        };
        let owner = namespace_owner(&NamespaceEvidence {
            name: Some(name.into()),
            spec: spec_name.map(spec),
            ..NamespaceEvidence::default()
        })?;
        Some((owner.name.to_string(), owner.is_main))
    };
    assert_eq!(owner("a", None), Some(("a".into(), false)));
    assert_eq!(owner("a", Some("b")), Some(("b".into(), false)));
    assert_eq!(owner("__main__", Some("b")), Some(("b".into(), true)));
    assert_eq!(owner("<run_path>", None), None);
    // CPython 3.13 starts its prompt as this module, in the namespace of the program.
    const PROMPT: &str = "_pyrepl.__main__";
    assert_eq!(
        owner("__main__", Some(PROMPT)),
        Some(("__main__".into(), true))
    );
    assert_eq!(owner("a", Some(PROMPT)), Some((PROMPT.into(), false)));
}

fn texts() -> impl Strategy<Value = String> {
    let known = [
        "__main__",
        "a.b",
        "",
        "<run_path>",
        "/r/a/b.py",
        "/r/b.pyc",
        "<string>",
        "<stdin>",
    ];
    prop_oneof![
        proptest::sample::select(known.to_vec()).prop_map(str::to_owned),
        ".{0,12}"
    ]
}

fn frames() -> impl Strategy<Value = FrameEvidence<'static>> {
    let text = || proptest::option::of(texts());
    let spec = proptest::option::of((text(), text(), any::<bool>()));
    let namespace = (text(), text(), spec, any::<[bool; 4]>());
    (texts(), any::<bool>(), namespace).prop_map(|(file, locals_are_globals, namespace)| {
        let (name, file_name, spec, flags) = namespace;
        let [fresh, only_dunders, zipped, has_module_dunders] = flags;
        FrameEvidence {
            code: CodeEvidence {
                file: file.into(),
                ..module_code("")
            },
            locals_are_globals,
            namespace: NamespaceEvidence {
                name: name.map(Into::into),
                file: file_name.map(Into::into),
                spec: spec.map(|(name, origin, initializing)| SpecEvidence {
                    name: name.map(Into::into),
                    origin: origin.map(Into::into),
                    initializing,
                }),
                fresh,
                only_dunders: fresh || only_dunders,
                zipped,
                has_module_dunders,
            },
        }
    })
}

fn pythons() -> impl Strategy<Value = Stub> {
    let runners = [
        Runner::Import,
        Runner::Loader,
        Runner::LoaderHelper,
        Runner::Module,
        Runner::SameFile,
        Runner::Other,
        Runner::Interpreter,
    ];
    let registered = proptest::sample::select(vec![None, Some("__main__"), Some("a.b")]);
    (
        proptest::sample::select(runners.to_vec()),
        registered,
        any::<[bool; 12]>(),
    )
        .prop_map(|(runner, registered, answers)| Stub {
            runner,
            registered,
            main_thread: answers[0],
            is_builtin_main_namespace: answers[1],
            same_file: answers[2],
            is_file: answers[3],
            is_handed_over: answers[4],
            is_kernel: answers[5],
            has_prompt: answers[6],
            has_had_a_body: answers[7],
            has_run_its_file: answers[8],
            binds_names: answers[9],
            is_in_archive: answers[10],
            main_interpreter: answers[11],
            asked: HashMap::new(),
        })
}

proptest! {
    /// Whatever the evidence: a name that is given was at hand, a rule names exactly when it
    /// should, and no question is asked twice.
    #[test]
    fn no_label_out_of_nowhere(frame in frames(), mut python in pythons()) {
        let registered = python.registered;
        let identity = decide(&frame, &mut python);
        let spec = frame.namespace.spec.as_ref().and_then(|spec| spec.name.as_deref());
        let at_hand = [spec, frame.namespace.name.as_deref(), registered, Some("__main__")];
        if let Some(name) = &identity.name {
            prop_assert!(at_hand.contains(&Some(name.as_str())));
            prop_assert!(frame.locals_are_globals);
        }
        let keeps = matches!(
            identity.rule,
            Rule::NotModuleCode
                | Rule::NoOwner
                | Rule::UnprintableName
                | Rule::Nested
                | Rule::Unproven
        );
        prop_assert_eq!(keeps, identity.name.is_none());
        prop_assert!(!identity.rule.is_inferred());
        for (question, count) in python.asked {
            prop_assert_eq!(count, 1, "{}", question);
        }
    }
}
