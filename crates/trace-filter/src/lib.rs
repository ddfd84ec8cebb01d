//! Which code is recorded?
//!
//! A filter file (TOML; `docs/filters.md` is its reference) holds rules; a [`FilterChain`] is
//! several of them in order; a [`Filter`] is a chain made ready, which answers each [`Query`] with a
//! [`ScopeResolution`].
//!
//! The two halves can live in two processes. The feature `parse` reads and validates files, and
//! translates every pattern to a small form. A chain travels through serde. What is left to do on
//! the other side is cheap: a pattern is compiled when a candidate first passes the plain
//! comparisons that stand before it.
//!
//! The crate names no modules: the name that `module-identity` found is part of the query.

mod action;
#[cfg(feature = "parse")]
mod builtin;
mod chain;
#[cfg(feature = "parse")]
mod check;
mod config;
mod decide;
#[cfg(feature = "parse")]
mod document;
#[cfg(feature = "parse")]
mod error;
mod explain;
#[cfg(feature = "parse")]
mod glob;
mod module_file;
mod pattern;
mod query;
#[cfg(feature = "parse")]
mod regex;
mod selector;
#[cfg(feature = "parse")]
mod source;
#[cfg(feature = "parse")]
mod translation;
mod values;
#[cfg(feature = "parse")]
mod width;
mod word_ranges;
#[cfg(feature = "parse")]
mod words;

pub use action::{Exec, ValueAction, ValueKind};
#[cfg(feature = "parse")]
pub use builtin::Builtin;
pub use chain::{FilterChain, FilterFile, FilterRule, RuleId, ValueRule};
#[cfg(feature = "parse")]
pub use check::{RuleNote, notes};
pub use config::{FILTER_CONFIG_EXTENSION, FilterConfig};
pub use decide::{Decider, Filter, ScopeResolution};
#[cfg(feature = "parse")]
pub use document::parse;
#[cfg(feature = "parse")]
pub use error::FilterError;
pub use explain::{Explanation, RuleOutcome, RuleStep};
pub use module_file::ModuleFileDecision;
pub use query::{FilterContext, Query};
#[cfg(feature = "parse")]
pub use selector::SelectorError;
pub use selector::{MatchKind, Selector, SelectorKind};
#[cfg(feature = "parse")]
pub use source::{FilterSource, MAX_FILE_SIZE, load, project_filter};
pub use values::ValuePolicy;
