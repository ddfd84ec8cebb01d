//! Regular expressions, translated.
//!
//! The syntax is that of the `regex` crate, read by its own parser. What is matched is an expression
//! for `regex-lite`, whose code and whose compilation are a fraction of the size: classes are spelt
//! out and case folding is done, so that nothing depends on the tables that it lacks. The one thing
//! that differs is `\b`, which looks at ASCII letters only.

use std::sync::LazyLock;

use regex_syntax::ParserBuilder;
use regex_syntax::hir::{Class, ClassUnicode, Hir, HirKind, Look};

use crate::pattern::{MAX_COMPILED, Pattern, Rest, WORD};
use crate::translation::{PatternError, push_escaped, push_range};
use crate::words::words;

/// The longest translation, in bytes: `\w` alone takes about 5 KB.
const MAX_TRANSLATION: usize = 256 << 10;

const SYNTAX: &str = "The syntax is that of Rust's `regex`: no look-around, no backreferences.";

/// Translates a regular expression, which is searched for anywhere in the candidate.
///
/// # Errors
///
/// What the parser of `regex` refuses, and what is too big.
pub(crate) fn translate(regex: &str) -> Result<Pattern, PatternError> {
    let hir = ParserBuilder::new()
        .nest_limit(100)
        .build()
        .parse(regex)
        .map_err(|error| refused(regex, &error))?;
    let mut expression = String::with_capacity(4 * regex.len());
    print(&hir, &mut expression).map_err(|TooBig| too_big(regex))?;
    let mut pattern = comparisons(&hir);
    pattern.rest = Rest::Expression(expression);
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

struct TooBig;

fn print(hir: &Hir, out: &mut String) -> Result<(), TooBig> {
    match hir.kind() {
        HirKind::Empty => out.push_str("(?:)"),
        HirKind::Literal(literal) => {
            let text = std::str::from_utf8(&literal.0).map_err(|_| TooBig)?;
            text.chars()
                .for_each(|character| push_escaped(out, character));
        }
        HirKind::Class(class) => print_class(class, out),
        HirKind::Look(look) => out.push_str(match look {
            Look::Start => r"\A",
            Look::End => r"\z",
            Look::StartLF => "(?m:^)",
            Look::EndLF => "(?m:$)",
            Look::StartCRLF => "(?mR:^)",
            Look::EndCRLF => "(?mR:$)",
            Look::WordAscii | Look::WordUnicode => r"\b",
            Look::WordAsciiNegate | Look::WordUnicodeNegate => r"\B",
            Look::WordStartAscii | Look::WordStartUnicode => r"\b{start}",
            Look::WordEndAscii | Look::WordEndUnicode => r"\b{end}",
            Look::WordStartHalfAscii | Look::WordStartHalfUnicode => r"\b{start-half}",
            Look::WordEndHalfAscii | Look::WordEndHalfUnicode => r"\b{end-half}",
        }),
        HirKind::Repetition(repetition) => {
            out.push_str("(?:");
            print(&repetition.sub, out)?;
            out.push(')');
            out.push_str(&match (repetition.min, repetition.max) {
                (0, None) => "*".to_owned(),
                (1, None) => "+".to_owned(),
                (min, None) => format!("{{{min},}}"),
                (min, Some(max)) => format!("{{{min},{max}}}"),
            });
        }
        HirKind::Capture(capture) => {
            out.push_str("(?:");
            print(&capture.sub, out)?;
            out.push(')');
        }
        HirKind::Concat(parts) => {
            for part in parts {
                print(part, out)?;
            }
        }
        HirKind::Alternation(parts) => {
            out.push_str("(?:");
            for (index, part) in parts.iter().enumerate() {
                if index > 0 {
                    out.push('|');
                }
                print(part, out)?;
            }
            out.push(')');
        }
    }
    if out.len() > MAX_TRANSLATION {
        return Err(TooBig);
    }
    Ok(())
}

fn print_class(class: &Class, out: &mut String) {
    let ranges: Vec<(char, char)> = match class {
        Class::Unicode(class) if print_with_words(class, out) => return,
        Class::Unicode(class) => class
            .iter()
            .map(|range| (range.start(), range.end()))
            .collect(),
        Class::Bytes(class) => class
            .iter()
            .map(|range| (range.start().into(), range.end().into()))
            .collect(),
    };
    if ranges.is_empty() {
        // (matches nothing)
        out.push_str(r"[^\x{0}-\x{10FFFF}]");
        return;
    }
    out.push('[');
    for (first, last) in ranges {
        push_range(out, first, last);
    }
    out.push(']');
}

/// `\w`, a parsed one.
static WORD_CLASS: LazyLock<ClassUnicode> = LazyLock::new(|| {
    let hir = regex_syntax::parse(r"\w");
    match hir.as_ref().map(Hir::kind) {
        Ok(HirKind::Class(Class::Unicode(class))) => class.clone(),
        _ => ClassUnicode::empty(),
    }
});

/// Prints a class that has all characters of words in it, or none, and says whether it is one.
fn print_with_words(class: &ClassUnicode, out: &mut String) -> bool {
    let word = &*WORD_CLASS;
    if class == word {
        out.push('[');
        out.push_str(WORD);
        out.push(']');
        return true;
    }
    if class.ranges().len() < word.ranges().len() / 2 {
        return false;
    }
    let is_with = class
        .ranges()
        .iter()
        .any(|it| it.start() <= 'a' && 'a' <= it.end());
    let (open, mut more) = (if is_with { "[" } else { "[^" }, class.clone());
    if !is_with {
        more.negate();
    }
    let mut lacking = word.clone();
    lacking.difference(&more);
    if !lacking.ranges().is_empty() {
        return false;
    }
    more.difference(word);
    out.push_str(open);
    out.push_str(WORD);
    for range in more.ranges() {
        push_range(out, range.start(), range.end());
    }
    out.push(']');
    true
}

/// At least what an expression takes when it is compiled, in bytes. To find out would be dear.
fn size(hir: &Hir) -> usize {
    // (both twice what they are, and what is the same for all expressions among the leaves)
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

/// What every match must begin with, end with or contain, as far as it is plain to see.
fn comparisons(hir: &Hir) -> Pattern {
    let mut parts = Vec::new();
    flatten(hir, &mut parts);
    let mut pattern = Pattern::default();
    if let [Part::Start, Part::Text(text), ..] = parts.as_slice() {
        pattern.prefix.clone_from(text);
    }
    if let [.., Part::Text(text), Part::End] = parts.as_slice() {
        pattern.suffix.clone_from(text);
    }
    if pattern.prefix.is_empty() {
        let texts = parts.into_iter().filter_map(|part| match part {
            Part::Text(text) => Some(text),
            _ => None,
        });
        pattern.infix = texts.max_by_key(String::len).unwrap_or_default();
        let words = words(hir).unwrap_or_default();
        if words.iter().all(|word| word.len() > pattern.infix.len()) {
            pattern.words = words;
        }
    }
    pattern
}

enum Part {
    Start,
    End,
    Text(String),
    Other,
}

/// The parts that follow one another in every match.
fn flatten(hir: &Hir, parts: &mut Vec<Part>) {
    match hir.kind() {
        HirKind::Concat(subs) => subs.iter().for_each(|sub| flatten(sub, parts)),
        HirKind::Capture(capture) => flatten(&capture.sub, parts),
        HirKind::Look(Look::Start) => parts.push(Part::Start),
        HirKind::Look(Look::End) => parts.push(Part::End),
        HirKind::Literal(literal) => match (std::str::from_utf8(&literal.0), parts.last_mut()) {
            (Ok(text), Some(Part::Text(before))) => before.push_str(text),
            (Ok(text), _) => parts.push(Part::Text(text.to_owned())),
            (Err(_), _) => parts.push(Part::Other),
        },
        _ => parts.push(Part::Other),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use regex_lite::RegexBuilder;

    use super::*;
    use crate::word_ranges::WORD_RANGES;

    #[test]
    fn the_characters_of_words_are_those_of_the_parser() {
        let mut ranges = String::new();
        for range in WORD_CLASS.ranges() {
            push_range(&mut ranges, range.start(), range.end());
        }
        let right: String = ranges.chars().flat_map(char::escape_default).collect();
        assert!(ranges == WORD_RANGES, "WORD_RANGES has to be {right}");
    }

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
            let mut expression = String::new();
            prop_assume!(print(&hir, &mut expression).is_ok());
            let spelt_out = expression.replace(WORD, WORD_RANGES);
            let compiled = RegexBuilder::new(&spelt_out).size_limit(size(&hir)).build();
            prop_assert!(compiled.is_ok(), "{} takes more than {}", regex, size(&hir));
        }
    }
}
