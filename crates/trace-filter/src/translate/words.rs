//! Words that every match of a regular expression in ASCII contains, letters' case aside.

use regex_syntax::hir::{Class, Hir, HirKind};

/// The most alternatives that are looked for one by one.
const MAX_WORDS: usize = 16;

/// Returns words in small letters, one of which is in each ASCII text that the expression matches, once
/// that text is in small letters, too. `None` when there are none, or too many.
///
/// Of several such sets it returns the one whose shortest word is the longest.
pub(super) fn words(hir: &Hir) -> Option<Vec<String>> {
    let mut search = Search::default();
    search.visit(hir);
    search.end_run();
    search.best
}

#[derive(Default)]
struct Search {
    /// Characters that follow one another in every match.
    run: String,
    best: Option<Vec<String>>,
}

impl Search {
    fn visit(&mut self, hir: &Hir) {
        match hir.kind() {
            // These match no characters.
            HirKind::Empty | HirKind::Look(_) => {}
            HirKind::Concat(subs) => subs.iter().for_each(|sub| self.visit(sub)),
            HirKind::Capture(capture) => self.visit(&capture.sub),
            HirKind::Literal(literal) => match std::str::from_utf8(&literal.0) {
                Ok(text) => text
                    .chars()
                    .for_each(|it| self.character(it.is_ascii().then_some(it))),
                Err(_) => self.end_run(),
            },
            HirKind::Class(class) => self.character(only_character(class)),
            HirKind::Repetition(repetition) => {
                self.end_run();
                if repetition.min > 0 {
                    self.offer(words(&repetition.sub));
                }
            }
            HirKind::Alternation(subs) => {
                self.end_run();
                let sets: Option<Vec<_>> = subs.iter().map(words).collect();
                self.offer(sets.map(|sets| {
                    let mut words = sets.concat();
                    words.sort_unstable();
                    words.dedup();
                    words
                }));
            }
        }
    }

    fn character(&mut self, character: Option<char>) {
        match character {
            Some(character) => self.run.push(character.to_ascii_lowercase()),
            None => self.end_run(),
        }
    }

    fn end_run(&mut self) {
        if !self.run.is_empty() {
            let run = std::mem::take(&mut self.run);
            self.offer(Some(vec![run]));
        }
    }

    fn offer(&mut self, words: Option<Vec<String>>) {
        let shortest = |words: &[String]| words.iter().map(String::len).min();
        let fitting = words.filter(|words| words.len() <= MAX_WORDS);
        if fitting.as_deref().and_then(shortest) > self.best.as_deref().and_then(shortest) {
            self.best = fitting;
        }
    }
}

/// Returns the one ASCII character of a class, letters' case aside.
fn only_character(class: &Class) -> Option<char> {
    let ranges: Vec<(char, char)> = match class {
        Class::Unicode(class) => {
            let ranges = class.iter().take_while(|range| range.start().is_ascii());
            ranges.map(|range| (range.start(), range.end())).collect()
        }
        Class::Bytes(class) => {
            let ranges = class.iter().take_while(|range| range.start().is_ascii());
            let char = char::from;
            ranges
                .map(|range| (char(range.start()), char(range.end())))
                .collect()
        }
    };
    let (first, _) = *ranges.first()?;
    let first = first.to_ascii_lowercase();
    let is_first =
        |(start, end): &(char, char)| start == end && start.to_ascii_lowercase() == first;
    ranges.iter().all(is_first).then_some(first)
}
