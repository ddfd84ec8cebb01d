//! Plain comparisons that every match of a regular expression passes.

use regex_syntax::hir::{Hir, HirKind, Look};

use super::words::words;
use crate::matching::TranslatedPattern;

/// Finds the plain texts that every match begins with, ends with or contains.
pub(super) fn comparisons(hir: &Hir) -> TranslatedPattern {
    let mut parts = Vec::new();
    flatten(hir, &mut parts);
    let mut pattern = TranslatedPattern::default();
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

/// Collects the parts that follow one another in every match.
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
