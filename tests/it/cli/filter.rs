//! `truename filter`.

use std::process::{Command, Stdio};

use rstest::rstest;

use crate::context::{Context, err, labels, out};

const FILTER: &str = r#"[meta]
name = "web"
version = 1

[scope]
default_exec = "trace"
default_value_action = "allow"

[[scope.rules]]
selector = "pkg:app.*"
exec = "skip"

[[scope.rules]]
selector = "file:src/**"
exec = "trace"

[[scope.rules]]
selector = "pkg:app.*"
exec = "skip"
reason = "too much"
"#;

#[test]
fn check_sums_up_and_notes() {
    let context = Context::new();
    context.write("web.toml", FILTER);
    let output = context
        .truename(&["filter", "check", "builtin:pytest::web.toml"])
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", err(&output));
    let text = out(&output);
    let lines: Vec<_> = text.lines().collect();
    assert!(lines[0].starts_with("builtin:pytest: builtin-pytest version 1, 2 rules, "));
    assert!(lines[1].starts_with("web.toml: web version 1, 3 rules, 0 value patterns, sha256 "));
    assert_eq!(
        lines[2..],
        [
            "note: web.toml:10 (rule 1): its `exec` never counts: web.toml:18 (rule 3) has the same \
          selector."
        ]
    );
}

#[rstest]
#[case::by_the_last_rule(
    "app.views",
    "src/views.py",
    "skipped by web.toml:18 (rule 3): too much"
)]
#[case::by_its_file("lib", "src/lib.py", "recorded by web.toml:14 (rule 2)")]
#[case::by_the_default("lib", "lib.py", "recorded by the default_exec of web.toml")]
#[case::without_a_module("<module>", "<string>", "recorded by the default_exec of web.toml")]
#[case::in_the_standard_library(
    "json",
    "py/json.py",
    "skipped by builtin:no-stdlib:12 (rule 1): The standard library"
)]
fn explain_ends_with_the_verdict(#[case] module: &str, #[case] file: &str, #[case] verdict: &str) {
    let context = Context::new();
    context.write("web.toml", FILTER);
    context.write("py/os.py", "");
    let words = [
        "filter",
        "explain",
        "web.toml",
        "builtin:no-stdlib",
        "--module",
        module,
        "--file",
        file,
    ];
    let output = context.truename(&words).output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", err(&output));
    assert_eq!(out(&output).lines().last(), Some(verdict));
}

#[test]
fn the_projects_root_is_where_its_filter_is() {
    let context = Context::new();
    context.write("web.toml", FILTER);
    context.write("project/.codetracer/trace-filter.toml", FILTER);
    let words = [
        "filter",
        "explain",
        "web.toml",
        "--module",
        "x",
        "--file",
        "project/src/x.py",
    ];
    let output = context.truename(&words).output().unwrap();
    assert!(
        out(&output).contains("matches src/x.py, and decides"),
        "{}",
        out(&output)
    );
}

#[test]
fn a_filter_that_is_not_valid_is_refused() {
    let context = Context::new();
    context.write("web.toml", &FILTER.replace("file:", "flie:"));
    let explain = [
        "filter", "explain", "web.toml", "--module", "x", "--file", "x.py",
    ];
    for words in [&["filter", "check", "web.toml"][..], &explain] {
        let output = context.truename(words).output().unwrap();
        assert_eq!(output.status.code(), Some(2));
        assert_eq!(
            err(&output),
            "\
truename: error: web.toml:14:13: there is no selector kind `flie`
 14 | selector = \"flie:src/**\"
    |             ^^^^
The kind is one of `pkg`, `file`, `obj`. Did you mean `file`?
"
        );
        assert_eq!(out(&output), "");
    }
}

#[rstest]
#[case::a_missing_file(&["--filter", "no.toml"], "no.toml: ")]
#[case::an_empty_name(&["--filter", "web.toml::"], "empty name in the chain")]
#[case::a_bad_kind(&["--filter", "bad.toml"], "bad.toml:10:13: there is no selector kind `pgk`")]
fn a_run_with_a_bad_filter_starts_no_program(#[case] options: &[&str], #[case] said: &str) {
    let context = Context::new();
    context.write("web.toml", FILTER);
    context.write("bad.toml", &FILTER.replacen("pkg:", "pgk:", 1));
    context.write("main.py", "open('started', 'w')\n");
    let words = [&["run"], options, &["main.py"]].concat();
    let output = context.truename(&words).output().unwrap();
    assert_eq!(output.status.code(), Some(2), "{}", err(&output));
    assert!(err(&output).contains(said), "{}", err(&output));
    assert!(!context.at("started").exists() && !context.at("truename-trace").exists());
}

#[test]
fn the_variable_is_named_where_its_filter_is_bad() {
    let context = Context::new();
    context.write("main.py", "");
    let refusals = [
        ("no.toml", "no.toml: there is no such file\n"),
        (
            "a.toml::",
            "there is an empty name in the chain of filters\n",
        ),
    ];
    for (variable, said) in refusals {
        let mut command = context.truename(&["run", "main.py"]);
        let output = command.env("TRUENAME_FILTER", variable).output().unwrap();
        assert_eq!(output.status.code(), Some(2), "{}", err(&output));
        assert!(err(&output).contains(said), "{}", err(&output));
        assert!(err(&output).ends_with("\n$TRUENAME_FILTER names it.\n"));
    }
}

#[rstest]
#[case::a_folder("mkdir -p", "this is a folder, not a filter file")]
#[case::a_pipe("mkfifo", "this is a pipe or a device, not a filter file")]
#[case::a_link_to_nothing("ln -s /nowhere", "there is no such file")]
fn a_projects_filter_that_is_no_file_is_not_passed_over(#[case] make: &str, #[case] said: &str) {
    let context = Context::new();
    context.write("main.py", "open('started', 'w')\n");
    context.write(".codetracer/README", "");
    let path = context.at(".codetracer/trace-filter.toml");
    let mut words = make.split(' ');
    let made = Command::new(words.next().unwrap())
        .args(words)
        .arg(&path)
        .status();
    assert!(made.unwrap().success());
    let output = context.truename(&["run", "main.py"]).output().unwrap();
    assert_eq!(output.status.code(), Some(2), "{}", err(&output));
    assert!(err(&output).contains(said), "{}", err(&output));
    assert!(!context.at("started").exists());
}

#[test]
fn a_filter_can_come_through_a_pipe_that_has_no_name() {
    let context = Context::new();
    context.write("web.toml", FILTER);
    let mut command = context.truename(&["filter", "check", "/dev/stdin"]);
    let mut cat = Command::new("cat");
    let mut cat = cat
        .arg(context.at("web.toml"))
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let output = command.stdin(cat.stdout.take().unwrap()).output().unwrap();
    cat.wait().unwrap();
    assert!(output.status.success(), "{}", err(&output));
    assert!(out(&output).starts_with("/dev/stdin: web version 1, "));
}

#[test]
fn the_projects_filter_and_the_environments_come_before_those_that_are_named() {
    let context = Context::new();
    let filter = |exec: &str| {
        format!(
            "[meta]\nname = \"f\"\nversion = 1\n[scope]\ndefault_exec = \"inherit\"\n\
             default_value_action = \"inherit\"\n[[scope.rules]]\nselector = \"pkg:mod\"\n\
             exec = \"{exec}\"\n"
        )
    };
    let project = filter("skip").replacen("\"inherit\"", "\"trace\"", 1);
    let project = project.replacen("\"inherit\"", "\"allow\"", 1);
    context.write(".codetracer/trace-filter.toml", &project);
    context.write("trace.toml", &filter("trace"));
    context.write("skip.toml", &filter("skip"));
    context.write("main.py", "import mod\n");
    context.write("mod.py", "");
    let records_mod = |variable: &str, options: &[&str]| {
        let words = [&["run"], options, &["main.py"]].concat();
        let mut command = context.truename(&words);
        let output = command.env("TRUENAME_FILTER", variable).output().unwrap();
        assert!(output.status.success(), "{}", err(&output));
        let trace = context.trace();
        (labels(&trace).contains(&"<mod>"), trace.document.filters)
    };
    assert!(!records_mod("", &[]).0);
    assert!(records_mod("trace.toml", &[]).0);
    assert!(!records_mod("trace.toml", &["--filter", "skip.toml"]).0);
    let (recorded, filters) = records_mod("trace.toml::skip.toml", &["--filter=trace.toml"]);
    assert!(recorded);
    let paths: Vec<_> = filters.chain.iter().map(|it| it.path.to_string()).collect();
    let project = context.at(".codetracer/trace-filter.toml");
    let project = project.to_string_lossy();
    assert_eq!(
        paths,
        [
            "builtin:default",
            &*project,
            "trace.toml",
            "skip.toml",
            "trace.toml"
        ]
    );
    assert_eq!(filters.scopes_skipped, 0);
    let (_, filters) = records_mod("", &["--no-default-filter"]);
    assert_eq!(filters.chain.len(), 1);
    assert_eq!(filters.scopes_skipped, 1);
}

/// The mark stands below what it marks where a terminal shows characters in two columns, or in none.
#[rstest]
#[case::ideographs_and_emoji(
    "meta = { name = \"写真🦀\", version = 1, versoin = 1 }",
    "1:37: `[meta]` has no key `versoin`",
    " 1 | meta = { name = \"写真🦀\", version = 1, versoin = 1 }
   |                                        ^^^^^^^"
)]
#[case::marks_of_two_columns(
    "写真 = 1",
    "1:1: this is not TOML: invalid unquoted key",
    " 1 | 写真 = 1
   | ^^^^"
)]
#[case::an_accent_of_no_column(
    "meta = { name = \"cafe\u{301}\", version = 1, versoin = 1 }",
    "1:39: `[meta]` has no key `versoin`",
    " 1 | meta = { name = \"cafe\u{301}\", version = 1, versoin = 1 }
   |                                      ^^^^^^^"
)]
#[case::a_null_where_a_key_is_expected(
    "[meta]\n\0",
    "2:1: this is not TOML: it has the control character U+0000",
    " 2 | \u{fffd}
   | ^
Delete it. In a string in double quotes it is written `\\u0000`."
)]
#[case::a_null_behind_a_value(
    "a = 1\0",
    "1:6: this is not TOML: it has the control character U+0000",
    " 1 | a = 1\u{fffd}
   |      ^"
)]
#[case::a_lone_carriage_return(
    "a = 'b' \rc = 1",
    "1:9: this is not TOML: it has the control character U+000D",
    " 1 | a = 'b' \u{fffd}c = 1
   |         ^"
)]
fn a_fault_is_marked_where_it_is(#[case] text: &str, #[case] said: &str, #[case] marked: &str) {
    let context = Context::new();
    let scope = "scope = { default_exec = 'trace', default_value_action = 'allow' }";
    context.write("web.toml", &format!("{text}\n{scope}\n"));
    let output = context.truename(&["filter", "check", "web.toml"]).output();
    let report = err(&output.unwrap());
    assert!(report.contains(&format!("web.toml:{said}")), "{report}");
    assert!(report.contains(&format!("\n{marked}\n")), "{report}");
}

/// A filter that CodeTracer's recorder reads is read here, too: what it says of output changes nothing.
#[test]
fn output_is_never_captured_and_check_says_so_once() {
    let context = Context::new();
    let io = "\n[io]\ncapture = true\nstreams = [\"stdout\", \"stderr\"]\n";
    context.write("web.toml", &format!("{FILTER}{io}"));
    context.write("main.py", "print('out')\n");
    let output = context
        .truename(&["filter", "check", "web.toml::web.toml"])
        .output();
    let said = out(&output.unwrap());
    assert_eq!(
        said.matches("web.toml: truename captures no input or output.")
            .count(),
        1
    );
    let output = context
        .truename(&["run", "--filter", "web.toml", "main.py"])
        .output();
    let output = output.unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", err(&output));
    assert_eq!(
        (out(&output), err(&output).contains("web.toml")),
        ("out\n".to_owned(), false)
    );
    assert!(labels(&context.trace()).contains(&"<__main__>"));
}

#[test]
fn a_filter_inherits_only_from_one_before_it() {
    let context = Context::new();
    context.write("web.toml", &FILTER.replacen("\"trace\"", "\"inherit\"", 1));
    context.write("main.py", "");
    for words in [
        &["filter", "check", "web.toml"][..],
        &["run", "--filter", "web.toml", "main.py"],
    ] {
        let output = context.truename(words).output().unwrap();
        assert_eq!(output.status.code(), Some(0), "{}", err(&output));
    }
    let words = [
        "run",
        "--no-default-filter",
        "--filter",
        "web.toml",
        "main.py",
    ];
    let output = context.truename(&words).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    let said = "web.toml:6:16: `default_exec` cannot be `inherit` in the first filter\n";
    assert!(err(&output).contains(said), "{}", err(&output));
}
