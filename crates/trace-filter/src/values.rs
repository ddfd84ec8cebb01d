//! What becomes of values.

use std::sync::Arc;

use crate::pattern::{Candidate, Matcher};
use crate::{FilterChain, SelectorKind, ValueAction, ValueKind};

/// The rules about values of a whole chain, by the index of the rule that they belong to.
#[derive(Debug)]
pub(crate) struct CompiledValues {
    default: ValueAction,
    rules: Vec<CompiledRule>,
}

#[derive(Debug)]
struct CompiledRule {
    default: Option<ValueAction>,
    patterns: Vec<(SelectorKind, Matcher, ValueAction)>,
}

/// What becomes of the values in a piece of code.
#[derive(Clone, Debug)]
pub struct ValuePolicy {
    compiled: Arc<CompiledValues>,
    /// The rules that select the code and say something of values, in order.
    selecting: Vec<usize>,
}

impl CompiledValues {
    pub(crate) fn new(chain: &FilterChain) -> Self {
        let rules = chain
            .rules()
            .map(|(_, rule)| CompiledRule {
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

/// Whether the same is said of all values, by the same rules of the same chain.
impl PartialEq for ValuePolicy {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.compiled, &other.compiled) && self.selecting == other.selecting
    }
}

impl ValuePolicy {
    pub(crate) fn new(compiled: Arc<CompiledValues>, mut selecting: Vec<usize>) -> Self {
        let speaks = |rule: &CompiledRule| rule.default.is_some() || !rule.patterns.is_empty();
        selecting.retain(|index| compiled.rules.get(*index).is_some_and(speaks));
        Self {
            compiled,
            selecting,
        }
    }

    /// What becomes of a value.
    ///
    /// Every rule that selects the code speaks, in order, first with its `value_default`, then with
    /// each of its patterns; the last word counts. A `value_default` never weakens what a pattern
    /// of an earlier rule says: who allows the values of a package does not ask for the passwords.
    pub fn action(&self, kind: ValueKind, name: &str) -> ValueAction {
        let name = Candidate::new(name);
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
