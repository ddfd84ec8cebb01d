//! Filters that decide which Python code is recorded, and what becomes of its values.
//!
//! A filter file (TOML; `docs/filters.md` is its reference) holds rules. A [`FilterChain`] is
//! several files in order. A [`Filter`] is a compiled chain, which answers each [`Query`] with a
//! [`ScopeResolution`].
//!
//! The two halves can run in two processes. The feature `parse` reads and validates files, and
//! translates every pattern to a small form. A [`FilterConfig`] carries the chain to the other
//! process through serde. Little is left to do there: a pattern is compiled when a candidate first
//! passes the plain comparisons that stand before it.
//!
//! The crate names no modules: the name that `module-identity` found is part of the query.
//!
//! The folders, each of which uses only those above it:
//!
//! - `matching`: patterns in the small form, and comparing them with texts
//! - `rules`: the content of filter files
//! - `translate`: globs and regular expressions, brought to the small form
//! - `parse`: filter files, read strictly, and what is wrong with them
//! - `decide`: the decisions about code and values

mod config;
mod decide;
mod explain;
mod matching;
#[cfg(feature = "parse")]
mod parse;
mod rules;
#[cfg(feature = "parse")]
mod translate;

pub use config::FilterConfig;
pub use decide::{
    Decider, Filter, FilterContext, ModuleFileDecision, Query, ScopeResolution, ValuePolicy,
};
pub use explain::{Explanation, RuleOutcome, RuleStep};
#[cfg(feature = "parse")]
pub use parse::{
    Builtin, FilterError, FilterNote, FilterSource, MAX_FILE_SIZE, SelectorError, load, load_after,
    notes, parse, project_filter,
};
pub use rules::{
    Exec, FilterChain, FilterFile, FilterRule, IoCapture, IoStream, MatchKind, RuleId, Selector,
    SelectorKind, ValueAction, ValueKind, ValueRule,
};
