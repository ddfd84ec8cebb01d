//! Properties that hold for any evidence.

use std::collections::HashMap;

use module_identity::{
    CodeEvidence, FrameEvidence, NamespaceEvidence, Rule, Runner, SpecEvidence, decide,
};
use proptest::prelude::*;

use crate::evidence::{Stub, module_code};

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
