//! Each mistake, and exactly what is said of it.

use std::ffi::OsStr;
use std::fs;

use rstest::rstest;
use trace_filter::{FilterSource, MAX_FILE_SIZE, load, parse};

const META: &str = "[meta]\nname = \"t\"\nversion = 1\n";
const SCOPE: &str = "[scope]\ndefault_exec = \"trace\"\ndefault_value_action = \"allow\"\n";

/// A file that is right up to a rule, whose lines follow.
fn rule(lines: &str) -> String {
    format!("{META}{SCOPE}[[scope.rules]]\n{lines}\n")
}

#[rstest]
#[case::unknown_kind(
    rule("selector = \"pgk:a\""),
    r#"f.toml:8:13: there is no selector kind `pgk`
 8 | selector = "pgk:a"
   |             ^^^
The kind is one of `pkg`, `file`, `obj`. Did you mean `pkg`?"#
)]
#[case::value_kind_for_code(
    rule("selector = \"local:a\""),
    r#"f.toml:8:13: `local` selects values, not code
 8 | selector = "local:a"
   |             ^^^^^
The kind is one of `pkg`, `file`, `obj`. Selectors of values stand in `[[scope.rules.value_patterns]]`."#
)]
#[case::no_kind(
    rule("selector = \"botocore\""),
    r#"f.toml:8:13: the selector does not say what it looks at
 8 | selector = "botocore"
   |             ^^^^^^^^
A selector is `kind:pattern` or `kind:match:pattern`. The kind is one of `pkg`, `file`, `obj`."#
)]
#[case::no_pattern(
    rule("selector = \"pkg:\""),
    r#"f.toml:8:13: the selector has no pattern
 8 | selector = "pkg:"
   |             ^^^^
Write one behind the colon, such as `pkg:botocore.*`."#
)]
#[case::open_group(
    rule("selector = 'pkg:regex:a(b'"),
    r#"f.toml:8:24: bad regex: unclosed group
 8 | selector = 'pkg:regex:a(b'
   |                        ^
The syntax is that of Rust's `regex`: no look-around, no backreferences."#
)]
#[case::look_around(
    rule("selector = '''pkg:regex:a(?=b)'''"),
    r#"f.toml:8:26: bad regex: look-around, including look-ahead and look-behind, is not supported
 8 | selector = '''pkg:regex:a(?=b)'''
   |                          ^^^
The syntax is that of Rust's `regex`: no look-around, no backreferences."#
)]
#[case::regex_too_big(
    rule("selector = 'pkg:regex:(\\w{1000}){1000}'"),
    r#"f.toml:8:23: bad regex: the regular expression is too big once its repetitions and classes are spelt out
 8 | selector = 'pkg:regex:(\w{1000}){1000}'
   |                       ^^^^^^^^^^^^^^^^
Repeat less, or write `[0-9A-Za-z_]` in place of `\w`."#
)]
#[case::long_glob(
    rule(&format!("selector = 'file:{}'", "*a".repeat(2_049))),
    &format!(
        "f.toml:8:18: bad glob: it is longer than 4096 bytes
 8 | selector = 'file:{}*…
   |                  {}
A backslash takes a character's meaning away, and the match `literal` that of all.",
        "*a".repeat(51),
        "^".repeat(103)
    )
)]
#[case::open_class(
    rule("selector = 'file:src/[a'"),
    r#"f.toml:8:22: bad glob: this `[` is not closed
 8 | selector = 'file:src/[a'
   |                      ^
A backslash takes a character's meaning away, and the match `literal` that of all."#
)]
#[case::open_brace(
    rule("selector = 'file:src/{a'"),
    r#"f.toml:8:22: bad glob: this `{` is not closed
 8 | selector = 'file:src/{a'
   |                      ^
A backslash takes a character's meaning away, and the match `literal` that of all."#
)]
#[case::backward_range(
    rule("selector = 'file:src/[z-a]'"),
    r#"f.toml:8:23: bad glob: the range `z-a` runs backwards
 8 | selector = 'file:src/[z-a]'
   |                       ^^^
A backslash takes a character's meaning away, and the match `literal` that of all."#
)]
#[case::trailing_backslash(
    rule("selector = \"file:\\u00e9\\\\\""),
    r#"f.toml:8:12: bad glob: nothing follows the last backslash
 8 | selector = "file:\u00e9\\"
   |            ^^^^^^^^^^^^^^^
A backslash takes a character's meaning away, and the match `literal` that of all."#
)]
#[case::selector_of_wrong_type(
    rule("selector = 3"),
    r#"f.toml:8:12: `selector` should be a string, and here is an integer
 8 | selector = 3
   |            ^"#
)]
#[case::no_selector(
    rule("exec = \"skip\""),
    r#"f.toml:7:1: `[[scope.rules]]` lacks the key `selector`
 7 | [[scope.rules]]
   | ^^^^^^^^^^^^^^^
Add a line such as `selector = "pkg:botocore.*"`."#
)]
#[case::misspelt_selector(
    rule("selectr = \"pkg:a\"\nexec = \"skip\""),
    r#"f.toml:8:1: `[[scope.rules]]` has no key `selectr`
 8 | selectr = "pkg:a"
   | ^^^^^^^
A key is one of `selector`, `exec`, `value_default`, `reason`, `value_patterns`. Did you mean `selector`?"#
)]
#[case::unknown_exec(
    rule("selector = \"pkg:a\"\nexec = \"skp\""),
    r#"f.toml:9:8: `exec` cannot be `skp`
 9 | exec = "skp"
   |        ^^^^^
It is one of `trace`, `skip`, `inherit`. Did you mean `skip`?"#
)]
#[case::unknown_value_default(
    rule("selector = \"pkg:a\"\nvalue_default = \"deny\""),
    r#"f.toml:9:17: `value_default` cannot be `deny`
 9 | value_default = "deny"
   |                 ^^^^^^
It is one of `allow`, `redact`, `drop`, `inherit`."#
)]
#[case::unknown_rule_key(
    rule("selector = \"pkg:a\"\nexce = \"skip\""),
    r#"f.toml:9:1: `[[scope.rules]]` has no key `exce`
 9 | exce = "skip"
   | ^^^^
A key is one of `selector`, `exec`, `value_default`, `reason`, `value_patterns`. Did you mean `exec`?"#
)]
#[case::reason_of_wrong_type(
    rule("selector = \"pkg:a\"\nreason = 1"),
    r#"f.toml:9:10: `reason` should be a string, and here is an integer
 9 | reason = 1
   |          ^"#
)]
#[case::code_kind_for_values(
    rule(
        "selector = \"pkg:a\"\n[[scope.rules.value_patterns]]\nselector = \"pkg:a\"\naction = \"drop\""
    ),
    r#"f.toml:10:13: `pkg` selects code, not values
 10 | selector = "pkg:a"
    |             ^^^
The kind is one of `local`, `global`, `arg`, `ret`, `attr`."#
)]
#[case::no_action(
    rule("selector = \"pkg:a\"\n[[scope.rules.value_patterns]]\nselector = \"arg:a\""),
    r#"f.toml:9:1: `[[scope.rules.value_patterns]]` lacks the key `action`
 9 | [[scope.rules.value_patterns]]
   | ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
Add a line such as `action = "redact"`."#
)]
#[case::inherited_action(
    rule(
        "selector = \"pkg:a\"\n[[scope.rules.value_patterns]]\nselector = \"arg:a\"\naction = \"inherit\""
    ),
    r#"f.toml:11:10: `action` cannot be `inherit`
 11 | action = "inherit"
    |          ^^^^^^^^^
It is one of `allow`, `redact`, `drop`."#
)]
#[case::patterns_of_wrong_type(
    rule("selector = \"pkg:a\"\nvalue_patterns = 1"),
    r#"f.toml:9:18: `value_patterns` should be an array of tables, and here is an integer
 9 | value_patterns = 1
   |                  ^
Write `[[scope.rules.value_patterns]]` before each of them."#
)]
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
    r#"f.toml:3:11: the version is out of range
 3 | version = -1
   |           ^^
It is a whole number from 0 to 4294967295."#
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
A key is one of `meta`, `scope`. Did you mean `scope`?"#
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
fn are_told(#[case] text: String, #[case] expected: &str) {
    let error = parse("f.toml", &text).expect_err("the file is wrong");
    assert_eq!(error.to_string(), expected);
}

#[test]
fn the_first_one_in_the_file_is_told() {
    let text = rule("selector = \"pgk:a\"").replace("trace", "trcae");
    let error = parse("f.toml", &text).expect_err("the file is wrong twice");
    assert_eq!(error.position(), Some((5, 16)));
    assert_eq!(error.message(), "`default_exec` cannot be `trcae`");
    assert!(error.remedy().ends_with("Did you mean `trace`?"));
}

#[rstest]
#[case::empty(
    "",
    "filter:1:1: there is an empty name in the chain of filters
 1 | \n   | ^
A chain is one or more files, such as `a.toml::b.toml`."
)]
#[case::empty_part(
    "a.toml::::b.toml",
    "filter:1:9: there is an empty name in the chain of filters
 1 | a.toml::::b.toml
   |         ^^
A chain is one or more files, such as `a.toml::b.toml`."
)]
#[case::empty_end(
    "a.toml::",
    "filter:1:9: there is an empty name in the chain of filters
 1 | a.toml::
   |         ^
A chain is one or more files, such as `a.toml::b.toml`."
)]
#[case::unknown_builtin(
    "builtin:no-stlib",
    "builtin:no-stlib: there is no built-in filter `no-stlib`
Its name is one of `default`, `no-stdlib`, `pytest`, `unittest`. Did you mean `no-stdlib`?"
)]
fn in_chains_are_told(#[case] chain: &str, #[case] expected: &str) {
    let error = FilterSource::parse_chain(OsStr::new(chain)).expect_err("the chain is wrong");
    assert_eq!(error.to_string(), expected);
}

/// What a file is that cannot be read as text.
enum Odd {
    Missing,
    Folder,
    Bytes(Vec<u8>),
}

#[rstest]
#[case::missing(
    Odd::Missing,
    "FILE: there is no such file
A filter is a path or one of the built-in ones, such as `builtin:no-stdlib`."
)]
#[case::folder(
    Odd::Folder,
    "FILE: this is a folder, not a filter file
Name a file in it."
)]
#[case::not_utf8(Odd::Bytes(b"[meta]\nname = \"caf\xe9\"\n".to_vec()), "FILE:2:12: the file is not UTF-8
 2 | name = \"caf\u{fffd}\"
   |            ^
TOML is always UTF-8: save it as such.")]
#[case::too_large(Odd::Bytes(vec![b'#'; 10 << 20]), "FILE: the file is larger than 1 MiB, and no filter is
Is it the right file?")]
fn in_files_are_told(#[case] odd: Odd, #[case] expected: &str) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("f.toml");
    match odd {
        Odd::Missing => {}
        Odd::Folder => fs::create_dir(&file).unwrap(),
        Odd::Bytes(bytes) => fs::write(&file, bytes).unwrap(),
    }
    let error = load(&[FilterSource::File(file.clone())]).expect_err("the file is odd");
    let told = error.to_string().replace(file.to_str().unwrap(), "FILE");
    assert_eq!(told, expected);
}

#[test]
fn the_largest_file_is_read() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("f.toml");
    let mut text = format!("{META}{SCOPE}#");
    text.push_str(&"x".repeat(MAX_FILE_SIZE as usize - text.len()));
    fs::write(&file, text).unwrap();
    assert_eq!(
        load(&[FilterSource::File(file)]).map(|chain| chain.files.len()),
        Ok(1)
    );
}
