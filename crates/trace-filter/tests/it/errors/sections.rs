//! Mistakes outside of rules.

use rstest::rstest;
use trace_filter::parse;

use super::{META, SCOPE, rule};

#[rstest]
#[case::no_scope(
    format!("{META}"),
    r#"f.toml:1:1: there is no section `[scope]`
 1 | [meta]
   | ^
The shortest filter is
[meta]
name = "my-filter"
version = 1

[scope]
default_exec = "trace"
default_value_action = "allow""#
)]
#[case::no_meta(
    format!("{SCOPE}"),
    r#"f.toml:1:1: there is no section `[meta]`
 1 | [scope]
   | ^
The shortest filter is
[meta]
name = "my-filter"
version = 1

[scope]
default_exec = "trace"
default_value_action = "allow""#
)]
#[case::nothing_at_all(
    String::new(),
    r#"f.toml:1:1: there is no section `[meta]`
 1 | 
   | ^
The shortest filter is
[meta]
name = "my-filter"
version = 1

[scope]
default_exec = "trace"
default_value_action = "allow""#
)]
#[case::meta_of_wrong_type(
    format!("meta = 3\n{SCOPE}"),
    r#"f.toml:1:8: `meta` should be a table, and here is an integer
 1 | meta = 3
   |        ^
Write `[meta]`."#
)]
#[case::no_version(
    format!("[meta]\nname = \"t\"\n{SCOPE}"),
    r#"f.toml:1:1: `[meta]` lacks the key `version`
 1 | [meta]
   | ^^^^^^
Add a line such as `version = 1`."#
)]
#[case::no_name(
    format!("[meta]\nversion = 1\n{SCOPE}"),
    r#"f.toml:1:1: `[meta]` lacks the key `name`
 1 | [meta]
   | ^^^^^^
Add a line such as `name = "my-filter"`."#
)]
#[case::empty_name(
    format!("[meta]\nname = \" \"\nversion = 1\n{SCOPE}"),
    r#"f.toml:2:8: the name is empty
 2 | name = " "
   |        ^^^"#
)]
#[case::version_of_wrong_type(
    format!("[meta]\nname = \"t\"\nversion = \"1\"\n{SCOPE}"),
    r#"f.toml:3:11: `version` should be an integer, and here is a string
 3 | version = "1"
   |           ^^^"#
)]
#[case::negative_version(
    format!("[meta]\nname = \"t\"\nversion = -1\n{SCOPE}"),
    r#"f.toml:3:11: `version` cannot be `-1`
 3 | version = -1
   |           ^^
It is the version of the format, and 1 is the only one."#
)]
#[case::a_later_version(
    format!("[meta]\nname = \"t\"\nversion = 2\n{SCOPE}"),
    r#"f.toml:3:11: `version` cannot be `2`
 3 | version = 2
   |           ^
It is the version of the format, and 1 is the only one."#
)]
#[case::unknown_io_key(
    format!("{META}[io]\nsteams = []\n{SCOPE}"),
    r#"f.toml:5:1: `[io]` has no key `steams`
 5 | steams = []
   | ^^^^^^
A key is one of `capture`, `streams`, `modes`. Did you mean `streams`?"#
)]
#[case::unknown_stream(
    format!("{META}[io]\ncapture = true\nstreams = [\"stdout\", \"stdrr\"]\n{SCOPE}"),
    r#"f.toml:6:22: there is no stream `stdrr`
 6 | streams = ["stdout", "stdrr"]
   |                      ^^^^^^^
A stream is one of `stdout`, `stderr`, `stdin`, `files`. Did you mean `stderr`?"#
)]
#[case::capture_of_nothing(
    format!("{META}[io]\ncapture = true\n{SCOPE}"),
    r#"f.toml:5:11: `[io]` captures, and has no `streams` to capture
 5 | capture = true
   |           ^^^^
Add a line such as `streams = ["stdout", "stderr"]`."#
)]
#[case::capture_of_wrong_type(
    format!("{META}[io]\ncapture = 1\n{SCOPE}"),
    r#"f.toml:5:11: `capture` should be `true` or `false`, and here is an integer
 5 | capture = 1
   |           ^"#
)]
#[case::modes(
    format!("{META}[io]\nmodes = [\"lines\"]\n{SCOPE}"),
    r#"f.toml:5:9: `modes` has to be empty: the format reserves it
 5 | modes = ["lines"]
   |         ^^^^^^^^^
Leave the line out."#
)]
#[case::label_of_wrong_type(
    format!("{META}labels = [\"a\", 2]\n{SCOPE}"),
    r#"f.toml:4:16: `labels` should be an array of strings, and here is an integer
 4 | labels = ["a", 2]
   |                ^"#
)]
#[case::labels_of_wrong_type(
    format!("{META}labels = \"a\"\n{SCOPE}"),
    r#"f.toml:4:10: `labels` should be an array of strings, and here is a string
 4 | labels = "a"
   |          ^^^"#
)]
#[case::no_default_exec(
    format!("{META}[scope]\ndefault_value_action = \"allow\"\n"),
    r#"f.toml:4:1: `[scope]` lacks the key `default_exec`
 4 | [scope]
   | ^^^^^^^
Add a line such as `default_exec = "trace"`."#
)]
#[case::unknown_default_exec(
    format!("{META}[scope]\ndefault_exec = \"record\"\ndefault_value_action = \"allow\"\n"),
    r#"f.toml:5:16: `default_exec` cannot be `record`
 5 | default_exec = "record"
   |                ^^^^^^^^
It is one of `trace`, `skip`, `inherit`."#
)]
#[case::rules_as_table(
    format!("{META}{SCOPE}[scope.rules]\nselector = \"pkg:a\"\n"),
    r#"f.toml:7:1: `rules` should be an array of tables, and here is a table
 7 | [scope.rules]
   | ^^^^^^^^^^^^^
Write `[[scope.rules]]` before each of them."#
)]
#[case::unknown_section(
    format!("{META}{SCOPE}[scpoe]\n"),
    r#"f.toml:7:2: the file has no key `scpoe`
 7 | [scpoe]
   |  ^^^^^
A key is one of `meta`, `io`, `scope`. Did you mean `scope`?"#
)]
#[case::twice(
    format!("{META}{SCOPE}default_exec = \"skip\"\n"),
    r#"f.toml:7:1: this is not TOML: duplicate key
 7 | default_exec = "skip"
   | ^^^^^^^^^^^^"#
)]
#[case::not_toml(
    format!("{META}{SCOPE}[[scope.rules]\n"),
    r#"f.toml:7:15: this is not TOML: unclosed array table, expected `]`
 7 | [[scope.rules]
   |               ^"#
)]
#[case::long_line_with_tab(
    format!("{META}description = \"{}\"\n\tnmae = 1 # {}\n{SCOPE}", "a", "x".repeat(200)),
    r#"f.toml:5:2: `[meta]` has no key `nmae`
 5 | 	nmae = 1 # xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx…
   | 	^^^^
A key is one of `name`, `version`, `description`, `labels`. Did you mean `name`?"#
)]
fn are_reported(#[case] text: String, #[case] expected: &str) {
    let error = parse("f.toml", &text).expect_err("the file is wrong");
    assert_eq!(error.to_string(), expected);
}

#[test]
fn the_first_one_in_the_file_is_reported() {
    let text = rule("selector = \"pgk:a\"").replace("trace", "trcae");
    let error = parse("f.toml", &text).expect_err("the file is wrong twice");
    assert_eq!(error.position(), Some((5, 16)));
    assert_eq!(error.message(), "`default_exec` cannot be `trcae`");
    assert!(error.remedy().ends_with("Did you mean `trace`?"));
}
