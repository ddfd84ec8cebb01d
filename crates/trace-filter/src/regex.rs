//! Regular expressions, translated.
//!
//! The syntax is that of the `regex` crate, read by its own parser. What is matched is an expression
//! for `regex-lite`, whose code and whose compilation are a fraction of the size: classes are spelt
//! out and case folding is done, so that nothing depends on the tables that it lacks. The one thing
//! that differs is `\b`, which looks at ASCII letters only.

use regex_syntax::ParserBuilder;
use regex_syntax::hir::{Class, Hir, HirKind, Look};

use crate::pattern::{Pattern, Rest};
use crate::translation::{PatternError, push_escaped, push_range};

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
    let mut expression = String::new();
    print(&hir, &mut expression).map_err(|TooBig| too_big(regex))?;
    let mut pattern = comparisons(&hir);
    pattern.rest = Rest::Expression(expression);
    if pattern.fits() {
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
