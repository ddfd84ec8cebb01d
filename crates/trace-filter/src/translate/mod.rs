//! Globs and regular expressions, translated to the form in which patterns travel.

mod comparisons;
mod expression;
mod glob;
mod print;
mod regex;
mod words;

pub(crate) use expression::PatternError;
pub(crate) use glob::translate as glob;
pub(crate) use regex::translate as regex;
