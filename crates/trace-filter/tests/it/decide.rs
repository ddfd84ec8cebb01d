//! The rule that decides, and its decision.

use proptest::prelude::*;
use rstest::rstest;
use trace_filter::{
    Decider, Exec, Filter, FilterChain, FilterContext, Query, RuleId, ValueAction, ValueKind, parse,
};

use crate::common::{BOTO3, HEAD, JSON, VIEWS, context, file, filter, of_file};

#[rstest]
#[case::a_file_from_the_root("file:src/*.py", VIEWS, true)]
#[case::a_file_from_anywhere("file:/home/me/app/**", VIEWS, true)]
#[case::a_file_literally("file:literal:/home/me/app/src/views.py", VIEWS, true)]
#[case::an_untidy_file("file:src/*.py", "/home/me/app/./lib/..//src/views.py", true)]
#[case::a_neighbour_of_the_root("file:src/*.py", "/home/me/app2/src/views.py", false)]
#[case::a_pattern_with_a_dot("file:./src/*.py", VIEWS, true)]
#[case::a_pattern_with_two_slashes("file:literal:src//views.py", VIEWS, true)]
#[case::a_pattern_that_goes_back("file:lib/../src/**", VIEWS, true)]
#[case::a_package("pkg:app.*", VIEWS, true)]
#[case::the_other_name("pkg:literal:__main__", VIEWS, true)]
#[case::an_object("obj:app.views.Page.*", VIEWS, true)]
#[case::an_object_by_the_other_name("obj:__main__.Page.show", VIEWS, true)]
#[case::not_another_object("obj:app.views.Page", VIEWS, false)]
#[case::the_standard_library("file:<stdlib>/json/**", JSON, true)]
#[case::what_is_installed_into_it("file:<stdlib>/**", BOTO3, false)]
#[case::what_is_frozen("file:<stdlib>/**", "<frozen zipimport>", true)]
#[case::what_is_no_file("file:<string>", "<string>", true)]
fn a_selector_selects(#[case] selector: &str, #[case] path: &str, #[case] yes: bool) {
    let filter = filter(vec![file("/home/me/app/t.toml", &[(selector, "skip")])]);
    let expected = if yes { Exec::Skip } else { Exec::Trace };
    assert_eq!(filter.resolve(&of_file(path)).exec, expected);
}

/// The Kelvin sign is a `k` where case does not count: in the absolute path alone, and in one name alone.
#[rstest]
#[case::of_the_paths("file:regex:(?i)kick")]
#[case::of_the_modules("pkg:regex:(?i)kick")]
#[case::of_the_objects("obj:regex:(?i)kick")]
fn one_of_the_candidates_is_not_ascii(#[case] selector: &str) {
    let query = Query {
        alias: Some("\u{212a}ic\u{212a}"),
        file: "/\u{212a}ic\u{212a}/app/main.py",
        ..of_file(VIEWS)
    };
    let context = FilterContext {
        project_root: Some("/\u{212a}ic\u{212a}/app".to_owned()),
        ..context()
    };
    let files = vec![file("t.toml", &[(selector, "skip")])];
    let filter = Filter::new(FilterChain { files }, context);
    assert_eq!(filter.resolve(&query).exec, Exec::Skip);
    assert_eq!(filter.exec(&filter.module_file(&query), &query), Exec::Skip);
}

#[rstest]
#[case::no_name_matches("pkg:**", false)]
#[case::no_expression_matches("pkg:regex:module", false)]
#[case::no_object_matches("obj:**", false)]
#[case::its_file_does("file:src/*.py", true)]
#[case::its_label_does("pkg:literal:<module>", true)]
fn code_without_a_module(#[case] selector: &str, #[case] yes: bool) {
    let query = Query {
        file: VIEWS,
        qualname: "<module>",
        ..Query::default()
    };
    let filter = filter(vec![file("t.toml", &[(selector, "skip")])]);
    assert_eq!(filter.resolve(&query).exec == Exec::Skip, yes);
}

#[test]
fn the_label_of_bare_code_is_no_name_of_a_module() {
    let query = Query {
        module: Some("module"),
        ..Query::default()
    };
    let rules = [("pkg:literal:<module>", "skip")];
    assert_eq!(
        filter(vec![file("t.toml", &rules)]).resolve(&query).exec,
        Exec::Trace
    );
}

#[test]
fn later_rules_and_later_files_override() {
    let first = file(
        "a.toml",
        &[("pkg:app.*", "skip"), ("pkg:app.views", "trace")],
    );
    let second = file("b.toml", &[("file:src/**", "skip"), ("pkg:other", "trace")]);
    let one = filter(vec![first.clone()]).resolve(&of_file(VIEWS));
    assert_eq!((one.exec, one.decider), (Exec::Trace, decided(0, 1)));
    let both = filter(vec![first, second]).resolve(&of_file(VIEWS));
    assert_eq!((both.exec, both.decider), (Exec::Skip, decided(1, 0)));
}

fn decided(file: usize, rule: usize) -> Decider {
    Decider::Rule(RuleId { file, rule })
}

#[test]
fn defaults_decide_what_no_rule_does() {
    let text = format!("{HEAD}default_exec = 'skip'\ndefault_value_action = 'drop'\n");
    let skipping = parse("a.toml", &text).unwrap();
    let nothing = filter(Vec::new()).resolve(&of_file(VIEWS));
    assert_eq!(
        (nothing.exec, nothing.decider),
        (Exec::Trace, Decider::Nothing)
    );
    assert_eq!(
        nothing.values.action(ValueKind::Arg, "x"),
        ValueAction::Allow
    );
    let files = vec![skipping, file("b.toml", &[("pkg:other", "trace")])];
    let kept = filter(files).resolve(&of_file(VIEWS));
    assert_eq!((kept.exec, kept.decider), (Exec::Skip, Decider::Default(0)));
    assert_eq!(kept.values.action(ValueKind::Arg, "x"), ValueAction::Drop);
}

proptest! {
    #[test]
    fn the_last_rule_that_selects_decides(rules in proptest::collection::vec((0..4usize, any::<bool>()), 0..12)) {
        let selectors = ["pkg:app.*", "pkg:other", "file:src/**", "obj:regex:^nowhere"];
        let selecting = [true, false, true, false];
        let written: Vec<_> = rules
            .iter()
            .map(|(selector, skip)| (selectors[*selector], if *skip { "skip" } else { "trace" }))
            .collect();
        let last = rules.iter().rev().find(|(selector, _)| selecting[*selector]);
        let expected = last.is_some_and(|(_, skip)| *skip);
        let resolution = filter(vec![file("t.toml", &written)]).resolve(&of_file(VIEWS));
        prop_assert_eq!(resolution.exec == Exec::Skip, expected);
    }

    /// A decision that is kept for a module and a file, and asked about each object, agrees.
    #[test]
    fn a_module_file_decides_as_the_whole_query(
        rules in proptest::collection::vec((0..SELECTORS.len(), 0..3usize), 0..12),
        names in proptest::collection::vec((0..3usize, 0..3usize, any::<bool>(), "(Page|show|Page\\.show|<module>)"), 1..6),
        default in 0..2usize,
    ) {
        let execs = ["trace", "skip", "inherit"];
        let written: Vec<_> = rules.iter().map(|(it, exec)| (SELECTORS[*it], execs[*exec])).collect();
        let mut file = file("t.toml", &written);
        file.default_exec = [None, Some(Exec::Skip)][default];
        let filter = filter(vec![file]);
        for (module, path, is_main, qualname) in &names {
            let module = [None, Some("app.views"), Some("app")][*module];
            let query = Query {
                module,
                alias: module.filter(|_| *is_main).map(|_| "__main__"),
                file: [VIEWS, JSON, "<string>"][*path],
                qualname,
            };
            // The object that the decision was first asked for does not matter.
            let decision = filter.module_file(&Query { qualname: "other", ..query });
            prop_assert_eq!(filter.exec(&decision, &query), filter.resolve(&query).exec);
        }
    }
}

const SELECTORS: [&str; 14] = [
    "pkg:app.*",
    "pkg:app",
    "pkg:literal:<module>",
    "pkg:__main__",
    "file:src/**",
    "file:**/decoder.py",
    "file:<**",
    "obj:app.views.Page*",
    "obj:app.v*.show",
    "obj:app.Page",
    "obj:__main__.*",
    "obj:regex:(?i)page",
    "obj:regex:show$",
    "obj:other.*",
];
