//! Names that selectors match, and names that they do not.

use proptest::prelude::*;
use rstest::rstest;
use trace_filter::{
    Exec, Filter, FilterChain, FilterContext, Query, Selector, SelectorKind, parse,
};

/// The filter with one rule, which skips what the selector selects.
fn skipping(selector: &str) -> Filter {
    // Escaped, so that any text can stand in the file.
    let selector: String = selector
        .chars()
        .map(|character| format!("\\U{:08x}", u32::from(character)))
        .collect();
    let text = format!(
        "[meta]\nname = 't'\nversion = 1\n[scope]\ndefault_exec = 'trace'\n\
         default_value_action = 'allow'\n[[scope.rules]]\nselector = \"{selector}\"\nexec = 'skip'\n"
    );
    let files = vec![parse("t.toml", &text).unwrap()];
    Filter::new(FilterChain { files }, FilterContext::default())
}

fn matches(selector: &str, module: &str) -> bool {
    let query = Query {
        module: Some(module),
        ..Query::default()
    };
    skipping(selector).resolve(&query).exec == Exec::Skip
}

#[rstest]
#[case::a_literal_is_itself("pkg:literal:a.b", &["a.b"], &["a.b.c", "a", "axb", ""])]
#[case::a_plain_glob_is_itself("pkg:a.b", &["a.b"], &["a.b.c", "axb", "xa.b"])]
#[case::a_dot_is_no_separator("pkg:botocore.*", &["botocore.a", "botocore.a.b.c"], &["botocore", "botocorex"])]
#[case::package_and_below("pkg:{a,a.*,b,b.*}", &["a", "a.x", "b", "b.x.y"], &["ab", "c", "a/x.y"])]
#[case::an_empty_alternative_counts_for_nothing("pkg:a{,.*}", &["a.x"], &["a", "ab"])]
#[case::nothing_but_empty_alternatives("pkg:a{,}", &["a"], &["a,", "ab"])]
#[case::star_stops_at_a_slash("pkg:src/*.py", &["src/a.py", "src/.py"], &["src/a/b.py"])]
#[case::two_stars_do_not("pkg:src/**", &["src/a.py", "src/a/b.py"], &["src", "srcx/a"])]
#[case::folders_between("pkg:a/**/b", &["a/b", "a/x/b", "a/x/y/b"], &["ab", "a/xb"])]
#[case::folders_before("pkg:**/b.py", &["b.py", "a/b.py", "/a/b.py"], &["ab.py"])]
#[case::folders_in_braces("pkg:{a,**/b,c/**/d}", &["b", "x/b", "c/d"], &["xb"])]
#[case::no_folders_behind_a_comma("pkg:a,**/b", &["a,/b", "a,xy/b"], &["a,b", "a,x/y/b"])]
#[case::no_folders_behind_an_escape(r"pkg:\{**/b", &["{/b", "{x/b"], &["{b"])]
#[case::two_stars_within_a_component("pkg:app**foo.py", &["app_foo.py"], &["app/foo.py", "app/x/foo.py"])]
#[case::two_stars_behind_a_name("pkg:app**", &["app.x"], &["app/x"])]
#[case::one_character("pkg:a?c", &["abc", "aéc"], &["ac", "a/c", "abbc"])]
#[case::class("pkg:[a-c_]x", &["ax", "_x"], &["dx", "x"])]
#[case::negated_class("pkg:[!a-c]x", &["dx", "éx", "/x"], &["ax"])]
#[case::class_with_odd_members("pkg:[]^-]x", &["]x", "^x", "-x"], &["ax"])]
#[case::class_over_the_slash("pkg:[--9]x", &["-x", ".x", "5x", "/x"], &["ax"])]
#[case::class_with_a_backslash(r"pkg:[a\]x", &["ax", r"\x"], &["x"])]
#[case::escapes(r"pkg:a\*\[b", &["a*[b"], &["ax[b"])]
#[case::nested_braces("pkg:{a,b{c,d}}", &["a", "bc", "bd"], &["b", "bcd"])]
#[case::comma_outside_braces("pkg:a,b", &["a,b"], &["a", "b"])]
#[case::non_ascii("pkg:módulo.*", &["módulo.é"], &["modulo.e"])]
#[case::a_regex_is_searched_for("pkg:regex:oto", &["boto3"], &["bto"])]
#[case::an_anchored_regex("pkg:regex:^boto3?$", &["boto", "boto3"], &["boto33", "aboto"])]
#[case::a_regex_knows_unicode(r"pkg:regex:^\w+$", &["módulo", "日本語"], &["a.b"])]
#[case::a_regex_without_case("pkg:regex:(?i)^É", &["école"], &["ecole"])]
#[case::a_regex_of_words("pkg:regex:(?i)(kick|post)", &["KICK", "Post", "x.post.x"], &["kic", "kpos"])]
#[case::a_letter_that_is_not_ascii("pkg:regex:(?i)kick", &["\u{212a}ic\u{212a}"], &["\u{212a}ic"])]
#[case::a_class_of_unicode(r"pkg:regex:^\p{Greek}+$", &["αβγ"], &["abc"])]
#[case::a_regex_of_alternatives("pkg:regex:^(a|b)c", &["ac", "bcd"], &["c", "xac"])]
#[case::a_regex_of_lines("pkg:regex:(?m)^b$", &["a\nb\nc"], &["ab"])]
#[case::an_empty_match("pkg:regex:a{0}", &["", "x"], &[])]
#[case::colons_behind_the_match("pkg:glob:a:b::c", &["a:b::c"], &["a"])]
#[case::a_match_kind_needs_its_colon("pkg:regex", &["regex"], &[""])]
#[case::a_match_kind_as_a_pattern("pkg:glob:regex:x", &["regex:x"], &["x"])]
fn select(#[case] selector: &str, #[case] yes: &[&str], #[case] no: &[&str]) {
    for module in yes {
        assert!(
            matches(selector, module),
            "{selector} should match {module:?}"
        );
    }
    for module in no {
        assert!(
            !matches(selector, module),
            "{selector} should not match {module:?}"
        );
    }
}

#[test]
fn a_regex_that_would_explode_elsewhere_takes_linear_time() {
    assert!(!matches(
        "pkg:regex:^(a+)+$",
        &format!("{}!", "a".repeat(2_000))
    ));
}

fn read(text: &str) -> Option<Selector> {
    Selector::parse(text, &SelectorKind::SCOPES).ok()
}

proptest! {
    #[test]
    fn what_is_shown_reads_back(
        kind in "(pkg|file|obj)",
        how in "(|glob:|regex:|literal:)",
        pattern in r"(glob:|regex:|literal:|)[a-z.*?/:\\\[\]{},!^$+é-]{1,12}",
    ) {
        if let Some(selector) = read(&format!("{kind}:{how}{pattern}")) {
            prop_assert_eq!(read(&selector.to_string()), Some(selector));
        }
    }

    #[test]
    fn a_literal_matches_itself_alone(text in "[^\r\n\t\u{0}-\u{1f}\u{7f}]{1,12}", other in ".{0,12}") {
        let selector = format!("pkg:literal:{text}");
        prop_assert!(matches(&selector, &text));
        prop_assert_eq!(matches(&selector, &other), text == other);
    }

    #[test]
    fn a_star_never_crosses_a_slash(start in "[a-z]{0,3}", end in "[a-z]{0,3}", within in "[a-z/]{0,6}") {
        let matched = matches(&format!("pkg:{start}*{end}"), &format!("{start}{within}{end}"));
        prop_assert_eq!(matched, !within.contains('/'));
    }

    /// The globs that CodeTracer's users know are those of `globset`.
    #[test]
    fn globs_agree_with_globset(
        glob in r"([ab.-]|/|\*|\*\*|\*\*\*|\?|\[[]!^ab/-]{1,4}\]|\{|,|\}|\{a,b\}|\{,\*\*/|/\*\*/|/\*\*){1,7}",
        text in "[ab./-]{0,8}",
    ) {
        let theirs = globset::GlobBuilder::new(&glob).literal_separator(true).build();
        let ours = read(&format!("pkg:glob:{glob}"));
        prop_assert_eq!(ours.is_some(), theirs.is_ok(), "{}", glob);
        if let Ok(theirs) = theirs {
            prop_assert_eq!(matches(&format!("pkg:glob:{glob}"), &text), theirs.compile_matcher().is_match(&text));
        }
    }

    #[test]
    fn regexes_agree_with_regex(
        regex in r"(\^?)([abé.]|\(a\|b\)|\[\^a\]|\\w|\\d|\(\?i:É\)|a\*|b\+|c\?|(ab)\{1,2\}|x){1,5}(\$?)",
        text in "[abcéÉx1/\n]{0,8}",
    ) {
        let theirs = regex::Regex::new(&regex).unwrap();
        prop_assert_eq!(matches(&format!("pkg:regex:{regex}"), &text), theirs.is_match(&text));
    }

    /// Before an expression is looked for, a candidate is searched for what it must have.
    #[test]
    fn regexes_with_words_agree_with_regex(
        regex in prop::collection::vec(prop::sample::select(&PARTS[..]), 1..8),
        text in prop::collection::vec(prop::sample::select(&TEXTS[..]), 0..6),
    ) {
        let (regex, text) = (regex.concat(), text.concat());
        let theirs = regex::Regex::new(&regex);
        prop_assume!(theirs.is_ok());
        let matched = matches(&format!("pkg:regex:{regex}"), &text);
        prop_assert_eq!(matched, theirs.unwrap().is_match(&text), "{:?} in {:?}", regex, text);
    }
}

const PARTS: [&str; 40] = [
    "(?i)",
    "(?s)",
    "(?x)",
    "(?i:mask)",
    "(?-i:ask)",
    "test",
    "test",
    "ask",
    "k",
    "[kK]",
    "[sS]et",
    "(get|post)",
    "(get|po(st)?|kit)",
    "(te|s)t",
    "(as){1,2}k",
    "(s|k)+",
    "(s|)",
    "(?i:é|ss)",
    "^",
    "$",
    "|",
    ".",
    r"\.",
    r"\w",
    r"\w+",
    r"\W",
    r"\W*",
    r"[\w.-]",
    r"[^\w/]",
    r"[\w.-]+",
    r"\d",
    "é",
    "/",
    "+",
    "?",
    "{2}",
    "(?m:^)",
    "(?-u:k)",
    r"[[:upper:]]",
    r"\pL",
];

const TEXTS: [&str; 27] = [
    "test",
    "TEST",
    "Test",
    "ask",
    "Ask",
    "aſk",
    "as\u{212a}",
    "\u{212a}",
    "get",
    "GET",
    "post",
    "po",
    "kit",
    "mask",
    "MASK",
    "k",
    "set",
    "ss",
    ".",
    "/",
    "é",
    "É",
    "-",
    "st",
    " ",
    "\n",
    "1",
];
