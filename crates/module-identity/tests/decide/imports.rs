//! Bodies that an import runs.

use module_identity::{
    BARE_LABEL, FrameEvidence, NamespaceEvidence, Rule, Runner, SpecEvidence, decide,
    namespace_owner,
};

use crate::evidence::{Stub, by, check, imported, module_code, used};

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
