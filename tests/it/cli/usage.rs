//! Command lines that cannot be carried out.

use rstest::rstest;

use crate::context::{Context, err, out};

#[rstest]
#[case::no_command(&[], "no command is given")]
#[case::unknown_command(&["record"], "unrecognized subcommand 'record'")]
#[case::unknown_option(&["tree", "--frob"], "unexpected argument '--frob' found")]
#[case::unknown_run_option(&["run", "--frob", "a.py"], "truename run has no option --frob")]
#[case::no_value(&["run", "--out"], "a value is required for '--out <DIR>'")]
#[case::bad_format(&["run", "--format", "xml", "a.py"], "[possible values: binary, json, codetracer, codetracer-json]")]
#[case::no_trace(&["tree"], "there is no folder truename-trace")]
#[case::nothing_to_finish(&["finish"], "truename-trace holds no unfinished recording")]
fn is_reported_in_one_paragraph(#[case] words: &[&str], #[case] part: &str) {
    let output = Context::new().truename(words).output().unwrap();
    let message = err(&output);
    assert_eq!(output.status.code(), Some(2), "{message}");
    assert!(message.starts_with("truename: error: "), "{message}");
    assert!(message.contains(part), "{message}");
    assert_eq!(message.trim_end().lines().count(), 1, "{message}");
}

#[test]
fn help_is_no_failure() {
    for words in [&["--help"][..], &["run", "--help"], &["run", "-h", "x"]] {
        let output = Context::new().truename(words).output().unwrap();
        assert!(output.status.success() && out(&output).contains("Usage: truename"));
    }
}

#[test]
fn an_unfinished_recording_says_how_to_finish_it() {
    let context = Context::new();
    context.write(
        "truename-trace/spool-000000000000000100000007/7.refused",
        "",
    );
    for command in ["tree", "check"] {
        let output = context.truename(&[command]).output().unwrap();
        assert_eq!(output.status.code(), Some(2));
        assert!(err(&output).contains("truename finish truename-trace"));
    }
}
