//! The filter, which decides about a piece of code.

use std::sync::Arc;

use module_identity::BARE_LABEL;

use super::candidates::Candidates;
use super::query::{FilterContext, Query};
use super::values::{CompiledValues, ValuePolicy};
use crate::matching::Matcher;
use crate::rules::{Exec, FilterChain, MatchKind, RuleId, Selector, SelectorKind};

/// A compiled chain of filters.
#[derive(Debug)]
pub struct Filter {
    chain: FilterChain,
    pub(super) context: FilterContext,
    pub(super) rules: Vec<CompiledRule>,
    values: Arc<CompiledValues>,
}

#[derive(Debug)]
pub(super) struct CompiledRule {
    id: RuleId,
    pub(super) kind: SelectorKind,
    /// The selector is the literal that stands for code without a module.
    bare: bool,
    pub(super) matcher: Matcher,
    pub(super) exec: Option<Exec>,
}

/// The decision of a filter about a piece of code.
#[derive(Clone, Debug)]
pub struct ScopeResolution {
    /// The decision whether the code is recorded.
    pub exec: Exec,
    /// The rule or the default that decided it.
    pub decider: Decider,
    /// The decisions about the values.
    pub values: ValuePolicy,
}

/// The rule or the default that decided whether code is recorded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decider {
    /// The last rule that selects the code and says `exec`.
    Rule(RuleId),
    /// The default of the file with this index.
    Default(usize),
    /// Nothing: all code is recorded.
    Nothing,
}

impl Filter {
    /// Compiles a chain. This costs a few copies for each rule: expressions are compiled later.
    pub fn new(chain: FilterChain, context: FilterContext) -> Self {
        let rules = chain
            .rules()
            .map(|(id, rule)| CompiledRule {
                id,
                kind: rule.selector.kind(),
                bare: selects_bare(&rule.selector),
                matcher: Matcher::new(rule.selector.pattern()),
                exec: rule.exec,
            })
            .collect();
        Self {
            values: Arc::new(CompiledValues::new(&chain)),
            rules,
            chain,
            context,
        }
    }

    /// Returns the chain.
    pub fn chain(&self) -> &FilterChain {
        &self.chain
    }

    /// Decides about a piece of code.
    pub fn resolve(&self, query: &Query<'_>) -> ScopeResolution {
        let candidates = self.candidates(query);
        let (mut exec, file) = self.chain.default_exec();
        let mut decider = file.map_or(Decider::Nothing, Decider::Default);
        let mut selecting = Vec::new();
        for (index, rule) in self.rules.iter().enumerate() {
            if rule.matching(&candidates).is_none() {
                continue;
            }
            selecting.push(index);
            if let Some(says) = rule.exec {
                exec = says;
                decider = Decider::Rule(rule.id);
            }
        }
        ScopeResolution {
            exec,
            decider,
            values: ValuePolicy::new(Arc::clone(&self.values), selecting),
        }
    }

    pub(crate) fn candidates<'q>(&self, query: &Query<'q>) -> Candidates<'q> {
        Candidates::new(query, &self.context)
    }

    /// Iterates over the rules, in order, with the candidate that each matches.
    pub(crate) fn matches<'c>(
        &self,
        candidates: &'c Candidates<'_>,
    ) -> impl Iterator<Item = (RuleId, Option<&'c str>)> {
        let rules = self.rules.iter();
        rules.map(|rule| (rule.id, rule.matching(candidates)))
    }
}

impl CompiledRule {
    /// Returns the candidate that the rule matches.
    pub(super) fn matching<'c>(&self, candidates: &'c Candidates<'_>) -> Option<&'c str> {
        if self.bare && candidates.of(SelectorKind::Pkg).next().is_none() {
            return Some(BARE_LABEL);
        }
        if !self.matcher.may_match(candidates.outline(self.kind)) {
            return None;
        }
        candidates
            .of(self.kind)
            .find(|candidate| self.matcher.matches(candidate))
            .map(|candidate| &*candidate.text)
    }
}

/// Returns whether a selector is the label of code without a module, written out. Such code has no
/// name that another pattern could match by chance.
fn selects_bare(selector: &Selector) -> bool {
    selector.kind() == SelectorKind::Pkg
        && selector.match_kind() == MatchKind::Literal
        && selector.text() == BARE_LABEL
}
