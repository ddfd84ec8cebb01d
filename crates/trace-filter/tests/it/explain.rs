//! The texts that a person reads about a filter.

use rstest::rstest;
use trace_filter::{
    Builtin, Filter, FilterChain, FilterContext, FilterSource, IoStream, Query, RuleOutcome, load,
    notes, parse,
};

const TEXT: &str = r#"[meta]
name = "web"
version = 1

[scope]
default_exec = "trace"
default_value_action = "allow"

[[scope.rules]]
selector = "pkg:app.*"
exec = "skip"

[[scope.rules]]
selector = "obj:app.views.Page.*"
value_default = "redact"

[[scope.rules]]
selector = "file:src/**"
exec = "trace"
reason = "what we work on"

[[scope.rules]]
selector = "pkg:botocore.*"
exec = "skip"

[[scope.rules]]
selector = "file:<stdlib>/**"
exec = "skip"
"#;

fn filter(files: Vec<trace_filter::FilterFile>) -> Filter {
    let context = FilterContext {
        project_root: Some("/home/me/app".to_owned()),
        stdlib: vec!["/py/lib".to_owned()],
    };
    Filter::new(FilterChain { files }, context)
}

#[test]
fn a_decision_is_explained_rule_by_rule() {
    let filter = filter(vec![parse("web.toml", TEXT).unwrap()]);
    let query = Query {
        module: Some("app.views"),
        alias: Some("__main__"),
        file: "/home/me/app/src/views.py",
        qualname: "Page.show",
    };
    let explanation = filter.explain(&query);
    assert_eq!(
        explanation.to_string(),
        "\
module app.views (also __main__), object Page.show, file /home/me/app/src/views.py
  web.toml:10 (rule 1)  pkg:app.* → skip
    matches app.views, overridden by web.toml:18 (rule 3)
  web.toml:14 (rule 2)  obj:app.views.Page.*
    matches app.views.Page.show, and does not say whether to record
  web.toml:18 (rule 3)  file:src/** → trace
    matches src/views.py, and decides
  web.toml:23 (rule 4)  pkg:botocore.* → skip
    does not match: the module is app.views or __main__
  web.toml:27 (rule 5)  file:<stdlib>/** → skip
    does not match: the file is src/views.py or /home/me/app/src/views.py
recorded by web.toml:18 (rule 3): what we work on
"
    );
    let matched = "src/views.py".to_owned();
    assert_eq!(
        explanation.steps[2].outcome,
        RuleOutcome::Decides { matched }
    );
}

#[test]
fn a_default_and_the_lack_of_one_are_explained() {
    let query = Query {
        file: "<string>",
        ..Query::default()
    };
    let explain = |filter: &Filter| filter.explain(&query).to_string();
    assert_eq!(
        explain(&filter(Vec::new())),
        "no module, file <string>\nrecorded: no filter says otherwise\n"
    );
    let text = explain(&filter(vec![parse("web.toml", TEXT).unwrap()]));
    assert!(
        text.contains("does not match: the code belongs to no module"),
        "{text}"
    );
    assert!(
        text.ends_with("recorded by the default_exec of web.toml\n"),
        "{text}"
    );
}

#[test]
fn a_file_is_summed_up() {
    let (head, _) = TEXT.split_at(TEXT.find("\n[[").unwrap());
    assert_eq!(
        parse("web.toml", head).unwrap().summary(),
        "web.toml: web version 1, 0 rules, 0 value patterns, sha256 \
         7f2da24e2bd5f2374cc0939f64229b83dbdb0f5ce516636e5636828169b09931"
    );
    let builtin = load(&[FilterSource::Builtin(Builtin::Default)]).unwrap();
    let summary = builtin.files[0].summary();
    let start = "builtin:default: builtin-default version 1, 1 rule, 5 value patterns, sha256 ";
    assert!(summary.starts_with(start), "{summary}");
}

#[rstest]
#[case("pkg:a/b", "`pkg` looks at dotted names; `file` looks at paths.")]
#[case("pkg:glob:a.py", "`pkg` looks at dotted names; `file` looks at paths.")]
#[case("file:./src/**", "")]
#[case("file:src/../b.py", "")]
#[case(
    "file:src/",
    "no file's path ends with `/`; `**` behind it selects all files below."
)]
#[case(
    "file:literal:~/a.py",
    "`~` means itself; a path is relative to the project's root, or absolute."
)]
#[case("file:regex:/\\.\\./$", "")]
#[case("pkg:regex:a/?b", "")]
#[case("file:.config/...", "")]
#[case("file:**/a~b", "")]
fn what_selects_nothing_is_noted(#[case] selector: &str, #[case] note: &str) {
    let head = &TEXT[..TEXT.find("\n[[").unwrap()];
    let text = format!("{head}\n[[scope.rules]]\nselector = '{selector}'\nexec = 'skip'\n");
    let files = vec![parse("web.toml", &text).unwrap()];
    let notes = notes(&FilterChain { files });
    let notes: Vec<_> = notes.iter().map(|it| it.text.as_str()).collect();
    assert_eq!(notes.concat(), note);
}

#[test]
fn what_is_hardly_meant_is_noted() {
    let text = TEXT.replace("pkg:botocore.*", "pkg:glob:app.*")
        + "[[scope.rules]]\nselector = 'pkg:src/a.py'\n";
    let chain = FilterChain {
        files: vec![parse("web.toml", &text).unwrap()],
    };
    let notes: Vec<_> = notes(&chain).iter().map(ToString::to_string).collect();
    assert_eq!(
        notes,
        [
            "web.toml:10 (rule 1): its `exec` never counts: web.toml:23 (rule 4) has the same \
             selector.",
            "web.toml:30 (rule 6): `pkg` looks at dotted names; `file` looks at paths.",
            "web.toml:30 (rule 6): it says nothing: it has no `exec`, and nothing about values.",
        ]
    );
}

#[test]
fn what_a_filter_says_of_output_is_kept_and_noted_once() {
    let with = |io: &str| parse("io.toml", &format!("{TEXT}\n[io]\n{io}")).unwrap();
    let captures = with("capture = true\nstreams = ['stdout', 'files', 'stdout']\nmodes = []");
    let io = captures.io.clone().unwrap();
    assert!(io.capture);
    assert_eq!(io.streams, [IoStream::Stdout, IoStream::Files]);
    let files = vec![with("capture = false"), captures.clone(), captures];
    let notes: Vec<_> = notes(&FilterChain { files })
        .iter()
        .map(ToString::to_string)
        .collect();
    assert_eq!(
        notes[0],
        "io.toml: truename captures no input or output. `[io]` changes nothing."
    );
    assert!(!notes[1..].concat().contains("captures"), "{notes:?}");
    let files = vec![with("capture = false")];
    assert_eq!(trace_filter::notes(&FilterChain { files }), []);
}
