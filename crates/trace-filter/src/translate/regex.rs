//! The translation of regular expressions.
//!
//! The syntax is that of the `regex` crate, read by its own parser. The translation is an expression
//! for `regex-lite`, whose code and whose compiled expressions are a fraction of the size. Classes are
//! spelt out and case folding is done, so that nothing depends on the tables that it lacks. One thing
//! differs: `\b` looks at ASCII letters only.

use regex_syntax::ParserBuilder;
use regex_syntax::hir::{Class, Hir, HirKind};

use super::comparisons::comparisons;
use super::expression::PatternError;
use super::print::{TooBig, print};
use crate::matching::{MAX_COMPILED, PatternRest, TranslatedPattern};

const SYNTAX: &str = "The syntax is that of Rust's `regex`: no look-around, no backreferences.";

/// Translates a regular expression, which is searched for anywhere in the candidate.
///
/// # Errors
///
/// What the parser of `regex` refuses, and what is too big.
pub(crate) fn translate(regex: &str) -> Result<TranslatedPattern, PatternError> {
    let hir = ParserBuilder::new()
        .nest_limit(100)
        .build()
        .parse(regex)
        .map_err(|error| refused(regex, &error))?;
    let expression = print(&hir).map_err(|TooBig| too_big(regex))?;
    let mut pattern = comparisons(&hir);
    pattern.rest = PatternRest::Expression(expression);
    if size(&hir) <= MAX_COMPILED || pattern.fits() {
        Ok(pattern)
    } else {
        Err(too_big(regex))
    }
}

fn refused(regex: &str, error: &regex_syntax::Error) -> PatternError {
    let (message, span) = match error {
        regex_syntax::Error::Parse(error) => (error.kind().to_string(), error.span()),
        regex_syntax::Error::Translate(error) => (error.kind().to_string(), error.span()),
        other => {
            return PatternError {
                message: other.to_string(),
                remedy: SYNTAX,
                start: 0,
                end: regex.len(),
            };
        }
    };
    PatternError {
        message,
        remedy: SYNTAX,
        start: span.start.offset,
        end: span.end.offset,
    }
}

fn too_big(regex: &str) -> PatternError {
    PatternError {
        message: "the regular expression is too big once its repetitions and classes are spelt out"
            .to_owned(),
        remedy: "Repeat less, or write `[0-9A-Za-z_]` in place of `\\w`.",
        start: 0,
        end: regex.len(),
    }
}

/// Returns an upper bound of the bytes that an expression takes once compiled. The exact number would
/// take a compilation.
fn size(hir: &Hir) -> usize {
    // Each constant is twice the measured size, and each leaf bears the fixed cost of an expression.
    const STATE: usize = 64;
    const RANGE: usize = 16;
    const LEAF: usize = 4 * STATE;
    let sum = |subs: &[Hir]| subs.iter().map(size).fold(LEAF, usize::saturating_add);
    match hir.kind() {
        HirKind::Empty | HirKind::Look(_) => LEAF,
        HirKind::Literal(literal) => LEAF + STATE * literal.0.len(),
        HirKind::Class(Class::Unicode(class)) => LEAF + RANGE * class.ranges().len(),
        HirKind::Class(Class::Bytes(class)) => LEAF + RANGE * class.ranges().len(),
        HirKind::Capture(capture) => size(&capture.sub),
        HirKind::Concat(subs) | HirKind::Alternation(subs) => sum(subs),
        HirKind::Repetition(repetition) => {
            let most = repetition.max.unwrap_or(repetition.min);
            let copies = usize::try_from(most).unwrap_or(usize::MAX);
            let one = size(&repetition.sub).saturating_add(LEAF);
            one.saturating_mul(copies.saturating_add(1))
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use regex_lite::RegexBuilder;

    use super::*;
    use crate::matching::{WORD, WORD_RANGES};

    const PARTS: [&str; 22] = [
        "^",
        "$",
        r"\b",
        "a",
        "bc",
        "é",
        ".",
        r"\w",
        r"\W",
        r"\d",
        r"[^a-c\w]",
        "()",
        "(x|yz|)",
        "(?i)",
        "(a|b|é)*",
        r"\w{2,3}",
        r"(a|\w|bc|é|){0,40}",
        "(a{3}b){7,}",
        "(a?){9}",
        "{2}",
        "+",
        "|",
    ];

    proptest! {
        #[test]
        fn nothing_takes_more_than_its_size(
            parts in prop::collection::vec(prop::sample::select(&PARTS[..]), 0..8),
        ) {
            let regex = parts.concat();
            let hir = regex_syntax::parse(&regex);
            prop_assume!(hir.is_ok());
            let hir = hir.unwrap();
            let expression = print(&hir);
            prop_assume!(expression.is_ok());
            let spelt_out = expression.unwrap_or_default().replace(WORD, WORD_RANGES);
            let compiled = RegexBuilder::new(&spelt_out).size_limit(size(&hir)).build();
            prop_assert!(compiled.is_ok(), "{} takes more than {}", regex, size(&hir));
        }
    }
}
