//! The built-in filters.

use rstest::rstest;
use trace_filter::{
    Builtin, Exec, Filter, FilterChain, FilterSource, Query, ValueAction, ValueKind, load, notes,
};

use crate::common::{BOTO3, JSON, VIEWS, context, of_file};

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
