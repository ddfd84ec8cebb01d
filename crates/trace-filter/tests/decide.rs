//! Which rule decides, and what it decides.

use proptest::prelude::*;
use rstest::rstest;
use trace_filter::{
    Builtin, Decider, Exec, Filter, FilterChain, FilterContext, FilterSource, Query, RuleId,
    ValueAction, ValueKind, load, notes, parse,
};

const HEAD: &str = "[meta]\nname = 't'\nversion = 1\n[scope]\n";

/// A file of rules that are each `SELECTOR EXEC`; it has no opinion on what they do not select.
fn file(path: &str, rules: &[(&str, &str)]) -> trace_filter::FilterFile {
    let mut text = format!("{HEAD}default_exec = 'inherit'\ndefault_value_action = 'inherit'\n");
    for (selector, exec) in rules {
        text.push_str(&format!(
            "[[scope.rules]]\nselector = '{selector}'\nexec = '{exec}'\n"
        ));
    }
    parse(path, &text).unwrap()
}

fn context() -> FilterContext {
    FilterContext {
        project_root: Some("/home/me/app".to_owned()),
        stdlib: vec!["/py/lib/python3.13".to_owned()],
    }
}

fn filter(files: Vec<trace_filter::FilterFile>) -> Filter {
    Filter::new(FilterChain { files }, context())
}

fn of_file(file: &str) -> Query<'_> {
    Query {
        module: Some("app.views"),
        alias: Some("__main__"),
        file,
        qualname: "Page.show",
        ..Query::default()
    }
}

const VIEWS: &str = "/home/me/app/src/views.py";
const JSON: &str = "/py/lib/python3.13/json/decoder.py";
const BOTO3: &str = "/py/lib/python3.13/site-packages/boto3/session.py";

#[rstest]
#[case::a_file_from_the_root("file:src/*.py", VIEWS, true)]
#[case::a_file_from_anywhere("file:/home/me/**", VIEWS, true)]
#[case::a_file_literally("file:literal:/home/me/app/src/views.py", VIEWS, true)]
#[case::an_untidy_file("file:src/*.py", "/home/me/app/./lib/..//src/views.py", true)]
#[case::a_neighbour_of_the_root("file:src/*.py", "/home/me/app2/src/views.py", false)]
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
    let filter = filter(vec![file("t.toml", &[(selector, "skip")])]);
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

/// Two rules that both select the code, with values for each.
fn values(first: &str, second: &str) -> Filter {
    let text = format!(
        "{HEAD}default_exec = 'trace'\ndefault_value_action = 'allow'\n\
         [[scope.rules]]\nselector = 'pkg:**'\n{first}\n\
         [[scope.rules]]\nselector = 'pkg:app.*'\n{second}\n"
    );
    filter(vec![parse("t.toml", &text).unwrap()])
}

const SECRETS: &str =
    "[[scope.rules.value_patterns]]\nselector = 'arg:*secret*'\naction = 'redact'";

#[rstest]
#[case::nothing_said("", "", "x", ValueAction::Allow)]
#[case::a_default("value_default = 'redact'", "", "x", ValueAction::Redact)]
#[case::a_later_default(
    "value_default = 'redact'",
    "value_default = 'allow'",
    "x",
    ValueAction::Allow
)]
#[case::a_pattern("", SECRETS, "my_secret", ValueAction::Redact)]
#[case::a_pattern_of_another_name("value_default = 'drop'", SECRETS, "x", ValueAction::Drop)]
#[case::a_pattern_before_a_default(
    "value_default = 'drop'",
    SECRETS,
    "secret",
    ValueAction::Redact
)]
#[case::a_later_rule_keeps_patterns(SECRETS, "exec = 'trace'", "secret", ValueAction::Redact)]
#[case::a_later_default_does_not_weaken(
    SECRETS,
    "value_default = 'allow'",
    "secret",
    ValueAction::Redact
)]
#[case::a_later_default_strengthens(SECRETS, "value_default = 'drop'", "secret", ValueAction::Drop)]
#[case::a_later_pattern_overrides(
    SECRETS,
    "[[scope.rules.value_patterns]]\nselector = 'arg:literal:no_secret'\naction = 'allow'",
    "no_secret",
    ValueAction::Allow
)]
fn the_last_word_on_a_value_counts(
    #[case] first: &str,
    #[case] second: &str,
    #[case] name: &str,
    #[case] expected: ValueAction,
) {
    let values = values(first, second).resolve(&of_file(VIEWS)).values;
    assert_eq!(values.action(ValueKind::Arg, name), expected);
}

#[test]
fn a_pattern_is_for_one_kind_of_value() {
    let values = values(SECRETS, "").resolve(&of_file(VIEWS)).values;
    assert_eq!(values.action(ValueKind::Arg, "secret"), ValueAction::Redact);
    assert_eq!(
        values.action(ValueKind::Local, "secret"),
        ValueAction::Allow
    );
}

fn builtin(names: &[Builtin]) -> Filter {
    let sources: Vec<_> = names.iter().copied().map(FilterSource::Builtin).collect();
    Filter::new(load(&sources).unwrap(), context())
}

#[rstest]
#[case::password("db_password", true)]
#[case::passwd("PASSWD", true)]
#[case::secret("clientSecret", true)]
#[case::token("access_token", true)]
#[case::token_of_camels("authToken", true)]
#[case::token_first("token_id", true)]
#[case::api_key("API_KEY", true)]
#[case::api_key_in_one("apikey", true)]
#[case::credential("credentials", true)]
#[case::auth("auth", true)]
#[case::auth_as_a_part("basic_auth", true)]
#[case::authorization("authorization", true)]
#[case::private_key("private_key", true)]
#[case::session_id("session_id", true)]
#[case::bearer("bearer", true)]
#[case::an_author("author", false)]
#[case::token_of_camels_first("tokenValue", true)]
#[case::a_tokenizer("tokenizer", false)]
#[case::a_session("session", false)]
#[case::a_key("key", false)]
#[case::compass("compass", false)]
#[case::pinned("pinned", false)]
fn secrets_are_redacted_by_default(#[case] name: &str, #[case] secret: bool) {
    let values = builtin(&[Builtin::Default]).resolve(&of_file(VIEWS)).values;
    let expected = if secret {
        ValueAction::Redact
    } else {
        ValueAction::Allow
    };
    for kind in [
        ValueKind::Local,
        ValueKind::Global,
        ValueKind::Arg,
        ValueKind::Ret,
        ValueKind::Attr,
    ] {
        assert_eq!(values.action(kind, name), expected, "{kind:?} {name}");
    }
}

#[rstest]
#[case(Builtin::Default, "json.decoder", JSON, Exec::Trace)]
#[case(Builtin::NoStdlib, "json.decoder", JSON, Exec::Skip)]
#[case(Builtin::NoStdlib, "boto3.session", BOTO3, Exec::Trace)]
#[case(Builtin::NoStdlib, "json", "/home/me/app/json.py", Exec::Trace)]
#[case(Builtin::Pytest, "_pytest.main", "/x/_pytest/main.py", Exec::Skip)]
#[case(Builtin::Pytest, "pytest", "/x/pytest/__init__.py", Exec::Skip)]
#[case(Builtin::Pytest, "pytest_mine", "/x/pytest_mine.py", Exec::Trace)]
#[case(Builtin::Pytest, "tests.test_app", "/x/tests/test_app.py", Exec::Trace)]
#[case(
    Builtin::Unittest,
    "unittest.case",
    "/py/lib/python3.13/unittest/case.py",
    Exec::Skip
)]
#[case(
    Builtin::Unittest,
    "unittest_mine",
    "/home/me/app/unittest_mine.py",
    Exec::Trace
)]
fn builtins(#[case] name: Builtin, #[case] module: &str, #[case] path: &str, #[case] exec: Exec) {
    let query = Query {
        module: Some(module),
        file: path,
        ..Query::default()
    };
    assert_eq!(
        builtin(&[Builtin::Default, name]).resolve(&query).exec,
        exec
    );
}

#[test]
fn no_builtin_changes_the_defaults_of_a_file_before_it() {
    for name in [Builtin::NoStdlib, Builtin::Pytest, Builtin::Unittest] {
        let chain = load(&[FilterSource::Builtin(name)]).unwrap();
        assert_eq!(chain.default_exec(), (Exec::Trace, None));
        assert_eq!(notes(&chain), []);
    }
}

#[test]
fn a_chain_travels() {
    let sources = Builtin::ALL.map(FilterSource::Builtin);
    let chain = load(&sources).unwrap();
    let bytes = postcard::to_stdvec(&chain).unwrap();
    assert_eq!(postcard::from_bytes::<FilterChain>(&bytes).unwrap(), chain);
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

    /// What is kept for a module and a file, and asked about each object, says the same.
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
                ..Query::default()
            };
            // (whatever the object is that the place was first asked for)
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
