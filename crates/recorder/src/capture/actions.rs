//! Decisions about values by their names, as they were made before: the same few names are in most code.

use std::cell::RefCell;

use foldhash::HashMap;
use trace_filter::{ValueAction, ValueKind, ValuePolicy};

/// The number of names that are remembered, at most.
const REMEMBERED: usize = 4096;
const KINDS: usize = ValueKind::Attr as usize + 1;

/// The decisions of a policy.
pub struct Actions {
    policy: ValuePolicy,
    /// By name, and then by kind.
    decided: RefCell<HashMap<Box<str>, [Option<ValueAction>; KINDS]>>,
}

impl Actions {
    pub fn new(policy: ValuePolicy) -> Self {
        Self {
            policy,
            decided: RefCell::default(),
        }
    }

    /// Returns whether these are the decisions of a policy.
    pub fn are_of(&self, policy: &ValuePolicy) -> bool {
        self.policy == *policy
    }

    /// Decides about a value.
    pub fn action(&self, kind: ValueKind, name: &str) -> ValueAction {
        let mut decided = self.decided.borrow_mut();
        let known = decided.get(name).and_then(|kinds| kinds[kind as usize]);
        if let Some(action) = known {
            return action;
        }
        let action = self.policy.action(kind, name);
        if decided.len() >= REMEMBERED && !decided.contains_key(name) {
            decided.clear();
        }
        decided.entry(name.into()).or_default()[kind as usize] = Some(action);
        action
    }

    /// Decides about a value that is of several kinds: the strictest decision counts.
    pub fn strictest(&self, kinds: &[ValueKind], name: &str) -> ValueAction {
        let actions = kinds.iter().map(|kind| self.action(*kind, name));
        actions.max().unwrap_or(ValueAction::Drop)
    }
}
