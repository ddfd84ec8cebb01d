//! Decisions about values.

use rstest::rstest;
use trace_filter::{Filter, ValueAction, ValueKind, parse};

use crate::common::{HEAD, VIEWS, filter, of_file};

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
