//! Parsed regular expressions, written in the syntax of `regex-lite`.

use std::sync::LazyLock;

use regex_syntax::hir::{Class, ClassUnicode, Hir, HirKind, Look};

use super::expression::{push_escaped, push_range};
use crate::matching::WORD;

/// The longest translation, in bytes: `\w` alone takes about 5 KB.
const MAX_TRANSLATION: usize = 256 << 10;

/// The error of a translation that would be longer than [`MAX_TRANSLATION`].
#[derive(Debug)]
pub(super) struct TooBig;

/// Writes an expression in the syntax of `regex-lite`.
pub(super) fn print(hir: &Hir) -> Result<String, TooBig> {
    let mut expression = String::new();
    push(hir, &mut expression)?;
    Ok(expression)
}

fn push(hir: &Hir, out: &mut String) -> Result<(), TooBig> {
    match hir.kind() {
        HirKind::Empty => out.push_str("(?:)"),
        HirKind::Literal(literal) => {
            let text = std::str::from_utf8(&literal.0).map_err(|_| TooBig)?;
            text.chars()
                .for_each(|character| push_escaped(out, character));
        }
        HirKind::Class(class) => push_class(class, out),
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
            push(&repetition.sub, out)?;
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
            push(&capture.sub, out)?;
            out.push(')');
        }
        HirKind::Concat(parts) => {
            for part in parts {
                push(part, out)?;
            }
        }
        HirKind::Alternation(parts) => {
            out.push_str("(?:");
            for (index, part) in parts.iter().enumerate() {
                if index > 0 {
                    out.push('|');
                }
                push(part, out)?;
            }
            out.push(')');
        }
    }
    if out.len() > MAX_TRANSLATION {
        return Err(TooBig);
    }
    Ok(())
}

fn push_class(class: &Class, out: &mut String) {
    let ranges: Vec<(char, char)> = match class {
        Class::Unicode(class) if push_with_words(class, out) => return,
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
        // This class matches nothing.
        out.push_str(r"[^\x{0}-\x{10FFFF}]");
        return;
    }
    out.push('[');
    for (first, last) in ranges {
        push_range(out, first, last);
    }
    out.push(']');
}

/// `\w`, as the parser has it.
static WORD_CLASS: LazyLock<ClassUnicode> = LazyLock::new(|| {
    let hir = regex_syntax::parse(r"\w");
    match hir.as_ref().map(Hir::kind) {
        Ok(HirKind::Class(Class::Unicode(class))) => class.clone(),
        _ => ClassUnicode::empty(),
    }
});

/// Writes a class that has all characters of words in it, or none. Returns whether it is such a class.
fn push_with_words(class: &ClassUnicode, out: &mut String) -> bool {
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::matching::WORD_RANGES;

    #[test]
    fn the_characters_of_words_are_those_of_the_parser() {
        let mut ranges = String::new();
        for range in WORD_CLASS.ranges() {
            push_range(&mut ranges, range.start(), range.end());
        }
        let right: String = ranges.chars().flat_map(char::escape_default).collect();
        assert!(ranges == WORD_RANGES, "WORD_RANGES has to be {right}");
    }
}
