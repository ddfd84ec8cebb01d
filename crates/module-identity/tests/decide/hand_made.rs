//! Modules that a program or a loader makes by hand.

use module_identity::{BARE_LABEL, FrameEvidence, Rule, Runner};

use crate::evidence::{Stub, by, check, command, imported, main_by, used};

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
