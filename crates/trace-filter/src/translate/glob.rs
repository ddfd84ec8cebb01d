//! The translation of globs.
//!
//! `/` is the only separator. `*` and `?` do not cross it, nor do classes; `**` does. `**/` at the
//! start or after a `/` also stands for no folder at all, and so does `/**/`.

use std::iter::Peekable;
use std::str::CharIndices;

use super::expression::{PatternError, push_escaped, push_range};
use crate::matching::{PatternRest, TranslatedPattern};

/// The deepest nesting of braces.
const MAX_DEPTH: usize = 20;

/// The longest glob, in bytes: no path is longer, and what is shorter stays below the limits of what
/// is compiled.
const MAX_LENGTH: usize = 4_096;

/// Translates a glob, which is to match the whole candidate.
///
/// # Errors
///
/// An open bracket or brace, a range that runs backwards, a backslash at the end, and a glob that is
/// too long.
pub(crate) fn translate(glob: &str) -> Result<TranslatedPattern, PatternError> {
    if glob.len() > MAX_LENGTH {
        let message = format!("it is longer than {MAX_LENGTH} bytes");
        return Err(error(message, 0, glob.len()));
    }
    let mut reader = GlobReader {
        glob,
        rest: glob.char_indices().peekable(),
        expression: String::from(r"\A(?s:"),
        braces: Vec::new(),
        prefix: String::new(),
        plain: true,
        infix: String::new(),
        tail: String::new(),
        begins: true,
    };
    reader.read()?;
    reader.expression.push_str(r")\z");
    let GlobReader {
        expression,
        prefix,
        plain,
        infix,
        tail,
        ..
    } = reader;
    if plain {
        return Ok(TranslatedPattern::literal(prefix));
    }
    let everything_below = glob.strip_suffix("**") == Some(prefix.as_str());
    Ok(if everything_below {
        TranslatedPattern {
            prefix,
            ..TranslatedPattern::default()
        }
    } else {
        TranslatedPattern {
            prefix,
            suffix: tail,
            infix,
            words: Vec::new(),
            rest: PatternRest::Expression(expression),
        }
    })
}

struct GlobReader<'a> {
    glob: &'a str,
    rest: Peekable<CharIndices<'a>>,
    expression: String,
    /// The offsets of the braces that are still open.
    braces: Vec<usize>,
    /// The text before the first special character.
    prefix: String,
    /// No special character has come yet.
    plain: bool,
    /// The longest text between two special characters.
    infix: String,
    /// The text after the last special character.
    tail: String,
    /// A component begins here.
    begins: bool,
}

impl GlobReader<'_> {
    fn read(&mut self) -> Result<(), PatternError> {
        while let Some((at, character)) = self.rest.next() {
            let begins = std::mem::take(&mut self.begins);
            match character {
                '*' => self.stars(begins),
                '?' => self.special("[^/]"),
                '[' => self.class(at)?,
                '{' => {
                    if self.braces.len() == MAX_DEPTH {
                        return Err(error("braces are nested too deep", at, at + 1));
                    }
                    self.braces.push(at);
                    self.special("(?:");
                    self.begins = true;
                }
                ',' if !self.braces.is_empty() => {
                    self.special("|");
                    self.begins = true;
                }
                '}' if self.braces.pop().is_some() => self.special(")"),
                '}' => return Err(error("there is no `{` for this `}`", at, at + 1)),
                '\\' => match self.rest.next() {
                    Some((_, escaped)) => self.literal(escaped),
                    None => {
                        return Err(error("nothing follows the last backslash", at, at + 1));
                    }
                },
                other => self.literal(other),
            }
        }
        match self.braces.pop() {
            Some(at) => Err(error("this `{` is not closed", at, at + 1)),
            None => Ok(()),
        }
    }

    fn literal(&mut self, character: char) {
        self.begins = character == '/';
        push_escaped(&mut self.expression, character);
        if self.plain {
            self.prefix.push(character);
        }
        // Text in braces is optional, so the tail begins anew behind them.
        if self.braces.is_empty() {
            self.tail.push(character);
        }
    }

    fn special(&mut self, expression: &str) {
        self.expression.push_str(expression);
        let between = std::mem::take(&mut self.tail);
        if !self.plain && between.len() > self.infix.len() {
            self.infix = between;
        }
        self.plain = false;
    }

    fn stars(&mut self, begins: bool) {
        if self.rest.next_if(|(_, next)| *next == '*').is_none() {
            self.special("[^/]*");
            return;
        }
        while self.rest.next_if(|(_, next)| *next == '*').is_some() {}
        if begins && self.rest.next_if(|(_, next)| *next == '/').is_some() {
            self.special("(?:.*/)?");
            self.begins = true;
        } else {
            self.special(".*");
        }
    }

    fn class(&mut self, at: usize) -> Result<(), PatternError> {
        let negated = self
            .rest
            .next_if(|(_, next)| matches!(next, '!' | '^'))
            .is_some();
        let mut ranges: Vec<(char, char)> = Vec::new();
        loop {
            let open = || error("this `[` is not closed", at, at + 1);
            let (start, mut first) = self.rest.next().ok_or_else(open)?;
            if first == ']' && !ranges.is_empty() {
                break;
            }
            if first == '\\' {
                first = self.rest.next().ok_or_else(open)?.1;
            }
            let mut ahead = self.rest.clone();
            let dash = ahead.next().is_some_and(|(_, next)| next == '-');
            let last = match ahead.next() {
                Some((end, last)) if dash && last != ']' => {
                    self.rest = ahead;
                    let last = match last {
                        '\\' => self.rest.next().ok_or_else(open)?.1,
                        other => other,
                    };
                    if last < first {
                        let message = format!("the range `{first}-{last}` runs backwards");
                        return Err(error(message, start, end + last.len_utf8()));
                    }
                    last
                }
                _ => first,
            };
            ranges.push((first, last));
        }
        let mut class = String::new();
        if negated {
            class.push_str("[^/");
            for (first, last) in ranges {
                push_range(&mut class, first, last);
            }
        } else {
            // A class does not cross the separator, even when a range holds it.
            class.push('[');
            let below = char::from(b'/' - 1);
            let above = char::from(b'/' + 1);
            for (first, last) in ranges {
                if first <= '/' && '/' <= last {
                    if first < '/' {
                        push_range(&mut class, first, below);
                    }
                    if '/' < last {
                        push_range(&mut class, above, last);
                    }
                } else {
                    push_range(&mut class, first, last);
                }
            }
            if class == "[" {
                return Err(error("a class cannot match `/`", at, self.here()));
            }
        }
        class.push(']');
        self.special(&class);
        Ok(())
    }

    /// Returns the offset of the next character.
    fn here(&mut self) -> usize {
        self.rest.peek().map_or(self.glob.len(), |(at, _)| *at)
    }
}

fn error(message: impl Into<String>, start: usize, end: usize) -> PatternError {
    PatternError {
        message: message.into(),
        remedy: "A backslash takes a character's meaning away, and the match `literal` that of all.",
        start,
        end,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_globs_can_be_compiled() {
        for part in [
            "?",
            "*a",
            "**/",
            "[a-z]",
            "[!a-zé0]",
            "{a,b}",
            "{,**}",
            "é?",
            "\\*?",
        ] {
            let glob = part.repeat(MAX_LENGTH / part.len());
            assert!(
                translate(&glob).is_ok_and(|pattern| pattern.fits()),
                "{part}"
            );
        }
        let nested = [
            "{a,".repeat(MAX_DEPTH),
            "?".to_owned(),
            "}".repeat(MAX_DEPTH),
        ]
        .concat();
        assert!(translate(&nested).is_ok_and(|pattern| pattern.fits()));
    }
}
