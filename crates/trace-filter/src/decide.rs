//! The decision: from a query to what is recorded.

use std::sync::Arc;

use module_identity::BARE_LABEL;

use crate::pattern::Matcher;
use crate::query::Candidates;
use crate::values::CompiledValues;
use crate::{
    Exec, FilterChain, FilterContext, MatchKind, Query, RuleId, Selector, SelectorKind, ValuePolicy,
};

/// A chain of filters made ready to be asked.
#[derive(Debug)]
pub struct Filter {
    chain: FilterChain,
    pub(crate) context: FilterContext,
    pub(crate) rules: Vec<CompiledRule>,
    values: Arc<CompiledValues>,
}

#[derive(Debug)]
pub(crate) struct CompiledRule {
    id: RuleId,
    pub(crate) kind: SelectorKind,
    /// The literal that stands for code without a module.
    bare: bool,
    pub(crate) matcher: Matcher,
    pub(crate) exec: Option<Exec>,
}

/// What a filter says of a piece of code.
#[derive(Clone, Debug)]
pub struct ScopeResolution {
    /// Whether the code is recorded.
    pub exec: Exec,
    /// What decided that.
    pub decider: Decider,
    /// What becomes of the values.
    pub values: ValuePolicy,
}

/// What decided whether code is recorded.
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
    /// Makes a chain ready. Costs a few copies for each rule: expressions are compiled later.
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

    /// The chain.
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

    /// Each rule, in order, with the candidate that it matches.
    pub(crate) fn matches<'c>(
        &self,
        candidates: &'c Candidates<'_>,
    ) -> impl Iterator<Item = (RuleId, Option<&'c str>)> {
        let rules = self.rules.iter();
        rules.map(|rule| (rule.id, rule.matching(candidates)))
    }
}

impl CompiledRule {
    /// The candidate that the rule matches.
    pub(crate) fn matching<'c>(&self, candidates: &'c Candidates<'_>) -> Option<&'c str> {
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

/// Code without a module has no name that a pattern could match by chance; but who writes its label
/// out means it.
fn selects_bare(selector: &Selector) -> bool {
    selector.kind() == SelectorKind::Pkg
        && selector.match_kind() == MatchKind::Literal
        && selector.text() == BARE_LABEL
}
