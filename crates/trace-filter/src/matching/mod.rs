//! Patterns in the form in which they travel between processes, and comparing them with texts.

mod candidate;
mod matcher;
mod pattern;
mod word_ranges;

pub(crate) use candidate::{CandidateText, Outline};
pub(crate) use matcher::Matcher;
pub(crate) use pattern::TranslatedPattern;
#[cfg(feature = "parse")]
pub(crate) use pattern::{MAX_COMPILED, PatternRest, WORD};
#[cfg(test)]
pub(crate) use word_ranges::WORD_RANGES;
