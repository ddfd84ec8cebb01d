//! Notes about filters that are valid and yet hardly meant.

use std::collections::HashMap;
use std::fmt;

use crate::rules::{FilterChain, FilterFile, FilterRule, MatchKind, RuleId, SelectorKind};

/// A note about a filter, for its author.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FilterNote {
    /// The file, or the rule's location in it, for a person.
    pub location: String,
    /// The note, as a sentence.
    pub text: String,
}

impl fmt::Display for FilterNote {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.location, self.text)
    }
}

/// Returns the notes about a chain: one about output, and those about rules in their order.
pub fn notes(chain: &FilterChain) -> Vec<FilterNote> {
    let mut notes = Vec::from_iter(no_capture(chain));
    notes.extend(rule_notes(chain));
    notes
}

/// Says once that no output is captured, if any file asks for it.
fn no_capture(chain: &FilterChain) -> Option<FilterNote> {
    let captures = |file: &&FilterFile| file.io.as_ref().is_some_and(|io| io.capture);
    let file = chain.files.iter().find(captures)?;
    Some(FilterNote {
        location: file.path.clone(),
        text: "truename captures no input or output. `[io]` changes nothing.".to_owned(),
    })
}

fn rule_notes(chain: &FilterChain) -> Vec<FilterNote> {
    let mut later: HashMap<_, RuleId> = HashMap::new();
    let mut notes = Vec::new();
    for (id, rule) in chain.rules().rev() {
        let first = notes.len();
        let mut note = |text: String| {
            notes.push(FilterNote {
                location: chain.location(id),
                text,
            });
        };
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
        SelectorKind::File if text.ends_with('/') => {
            Some("no file's path ends with `/`; `**` behind it selects all files below.")
        }
        SelectorKind::File if text.starts_with("~/") => {
            Some("`~` means itself; a path is relative to the project's root, or absolute.")
        }
        _ => None,
    }
}
