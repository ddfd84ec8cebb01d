//! Mistakes in rules.

use std::env;

use rstest::rstest;
use trace_filter::parse;

use super::rule;

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
#[case::unknown_match(
    rule("selector = \"pkg:regx:bar\""),
    r#"f.toml:8:17: there is no kind of match `regx`
 8 | selector = "pkg:regx:bar"
   |                 ^^^^
The match is one of `glob`, `regex`, `literal`. Did you mean `regex`? A pattern with a colon needs one: `pkg:glob:regx:bar`."#
)]
#[case::empty_match(
    rule("selector = \"pkg::foo\""),
    r#"f.toml:8:17: there is no kind of match ``
 8 | selector = "pkg::foo"
   |                 ^
The match is one of `glob`, `regex`, `literal`. A pattern with a colon needs one: `pkg:glob::foo`."#
)]
#[case::a_file_above_the_root(
    rule("selector = \"file:src/../../x.py\""),
    r#"f.toml:8:18: `src/../../x.py` is outside of the filter's root, {ROOT}
 8 | selector = "file:src/../../x.py"
   |                  ^^^^^^^^^^^^^^
A pattern that begins with `**/` selects files in any folder, and an expression (`file:regex:…`) is compared with whole paths, too."#
)]
#[case::a_file_elsewhere(
    rule("selector = \"file:literal:/usr/lib/x.py\""),
    r#"f.toml:8:26: `/usr/lib/x.py` is outside of the filter's root, {ROOT}
 8 | selector = "file:literal:/usr/lib/x.py"
   |                          ^^^^^^^^^^^^^
A pattern that begins with `**/` selects files in any folder, and an expression (`file:regex:…`) is compared with whole paths, too."#
)]
#[case::the_root_itself(
    rule("selector = \"file:./\""),
    r#"f.toml:8:18: `./` is a folder, the filter's root
 8 | selector = "file:./"
   |                  ^^
All files below it are `**`."#
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
fn are_reported(#[case] text: String, #[case] expected: &str) {
    let error = parse("f.toml", &text).expect_err("the file is wrong");
    let root = env::current_dir().unwrap();
    assert_eq!(
        error.to_string(),
        expected.replace("{ROOT}", root.to_str().unwrap())
    );
}
