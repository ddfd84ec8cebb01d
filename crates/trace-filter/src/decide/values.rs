//! Decisions about values.

use std::sync::Arc;

use crate::matching::{CandidateText, Matcher};
use crate::rules::{FilterChain, SelectorKind, ValueAction, ValueKind};

/// The rules about values of a whole chain, by the index of the rule that they belong to.
#[derive(Debug)]
pub(super) struct CompiledValues {
    default: ValueAction,
    rules: Vec<CompiledValueRule>,
}

#[derive(Debug)]
struct CompiledValueRule {
    default: Option<ValueAction>,
    patterns: Vec<(SelectorKind, Matcher, ValueAction)>,
}

/// The decisions about the values in a piece of code.
#[derive(Clone, Debug)]
pub struct ValuePolicy {
    compiled: Arc<CompiledValues>,
    /// The indices of the rules that select the code and mention values, in order.
    selecting: Vec<usize>,
}

impl CompiledValues {
    pub(super) fn new(chain: &FilterChain) -> Self {
        let rules = chain
            .rules()
            .map(|(_, rule)| CompiledValueRule {
                default: rule.value_default,
                patterns: rule
                    .values
                    .iter()
                    .map(|value| {
                        let selector = &value.selector;
                        let matcher = Matcher::new(selector.pattern());
                        (selector.kind(), matcher, value.action)
                    })
                    .collect(),
            })
            .collect();
        Self {
            default: chain.default_value_action(),
            rules,
        }
    }
}

/// Compares the rules that decide: equal policies have the same rules of the same chain.
impl PartialEq for ValuePolicy {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.compiled, &other.compiled) && self.selecting == other.selecting
    }
}

impl ValuePolicy {
    pub(super) fn new(compiled: Arc<CompiledValues>, mut selecting: Vec<usize>) -> Self {
        let mentions_values =
            |rule: &CompiledValueRule| rule.default.is_some() || !rule.patterns.is_empty();
        selecting.retain(|index| compiled.rules.get(*index).is_some_and(mentions_values));
        Self {
            compiled,
            selecting,
        }
    }

    /// Decides about a value.
    ///
    /// Every rule that selects the code is applied in order: first its `value_default`, then each of
    /// its patterns. The last one counts. A `value_default` never weakens a pattern of an earlier rule:
    /// a person who allows the values of a package does not ask for its passwords.
    pub fn action(&self, kind: ValueKind, name: &str) -> ValueAction {
        let name = CandidateText::new(name);
        let mut action = self.compiled.default;
        let mut named = false;
        for index in &self.selecting {
            let Some(rule) = self.compiled.rules.get(*index) else {
                continue;
            };
            if let Some(default) = rule.default
                && (!named || default > action)
            {
                action = default;
                named = false;
            }
            for (selected, matcher, says) in &rule.patterns {
                if *selected == SelectorKind::Value(kind) && matcher.matches(&name) {
                    action = *says;
                    named = true;
                }
            }
        }
        action
    }
}
