//! Notes about rules that are valid and yet hardly meant.

use std::collections::HashMap;
use std::fmt;

use crate::rules::{FilterChain, FilterRule, MatchKind, RuleId, SelectorKind};

/// A note about a rule, for its author.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RuleNote {
    /// The rule.
    pub rule: RuleId,
    /// The rule's location, for a person.
    pub location: String,
    /// The note, as a sentence.
    pub text: String,
}

impl fmt::Display for RuleNote {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.location, self.text)
    }
}

/// Returns the notes about a chain, in the order of its rules.
pub fn notes(chain: &FilterChain) -> Vec<RuleNote> {
    let mut later: HashMap<_, RuleId> = HashMap::new();
    let mut notes = Vec::new();
    for (id, rule) in chain.rules().rev() {
        let first = notes.len();
        let mut note = |text: String| {
            notes.push(RuleNote {
                rule: id,
                location: chain.location(id),
                text,
            });
        };
        if let Some(word) = misspelt_match(rule) {
            note(format!(
                "`{word}:` is part of the pattern. A kind of match is one of `glob`, `regex`, \
                 `literal`."
            ));
        }
        if let Some(text) = no_such_name(rule) {
            note(text.to_owned());
        }
        if rule.exec.is_none() && rule.value_default.is_none() && rule.values.is_empty() {
            note("it says nothing: it has no `exec`, and nothing about values.".to_owned());
        }
        if rule.exec.is_some() {
            let selector = rule.selector.to_string();
            match later.get(&selector) {
                Some(other) => note(format!(
                    "its `exec` never counts: {} has the same selector.",
                    chain.location(*other)
                )),
                None => {
                    later.insert(selector, id);
                }
            }
        }
        notes[first..].reverse();
    }
    notes.reverse();
    notes
}

/// Says why a pattern matches no name and no path at all.
fn no_such_name(rule: &FilterRule) -> Option<&'static str> {
    let text = rule.selector.text();
    let is_regex = rule.selector.match_kind() == MatchKind::Regex;
    match rule.selector.kind() {
        SelectorKind::Pkg if text.ends_with(".py") || text.contains('/') && !is_regex => {
            Some("`pkg` looks at dotted names; `file` looks at paths.")
        }
        SelectorKind::File if is_regex => None,
        SelectorKind::File if text.split('/').any(|part| matches!(part, "." | "..")) => {
            Some("paths are compared without `.` and `..`, so that it selects nothing.")
        }
        SelectorKind::File if text.ends_with('/') => {
            Some("no file's path ends with `/`; `**` behind it selects all files below.")
        }
        SelectorKind::File if text.starts_with("~/") => {
            Some("`~` means itself; a path is relative to the project's root, or absolute.")
        }
        _ => None,
    }
}

/// Returns a word before a colon that is perhaps a misspelt kind of match.
fn misspelt_match(rule: &FilterRule) -> Option<&str> {
    let selector = &rule.selector;
    let (word, _) = selector.text().split_once(':')?;
    let near = |kind: &MatchKind| strsim::damerau_levenshtein(kind.word(), word) <= 2;
    (selector.match_kind() == MatchKind::Glob && MatchKind::ALL.iter().any(near)).then_some(word)
}
