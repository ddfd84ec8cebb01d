//! The translation of globs, which match as those of the crate `globset` do.
//!
//! `/` is the only separator. `*` and `?` do not cross it. `**` does where it is a whole component:
//! `**/` at the start, `/**/` and `/**`. Elsewhere it is as good as `*`.

use std::iter::Peekable;
use std::str::CharIndices;

use super::expression::{PatternError, push_escaped, push_range};
use crate::matching::{PatternRest, TranslatedPattern};

/// The deepest nesting of braces.
const MAX_DEPTH: usize = 20;

/// The longest glob, in bytes: no path is longer, and what is shorter stays below the limits of what
/// is compiled.
const MAX_LENGTH: usize = 4_096;

/// Matches any text within a component.
const WITHIN: &str = "[^/]*";

/// Matches any folders, each with the `/` behind it, or none.
const FOLDERS: &str = "(?:.*/)?";

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
        before: None,
        branch: Branch::default(),
        open: Vec::new(),
        prefix: String::new(),
        plain: true,
        infix: String::new(),
        tail: String::new(),
    };
    reader.read()?;
    let GlobReader {
        branch,
        prefix,
        plain,
        infix,
        tail,
        ..
    } = reader;
    if branch.last == Some(Token::Folders) && branch.expression == FOLDERS {
        return Ok(TranslatedPattern::default());
    }
    if plain {
        return Ok(TranslatedPattern::literal(prefix));
    }
    let below = glob.strip_suffix("**");
    let is_everything_below = below == Some(prefix.as_str()) && prefix.ends_with('/');
    Ok(if is_everything_below {
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
            rest: PatternRest::Expression(format!(r"\A(?s:{})\z", branch.expression)),
        }
    })
}

struct GlobReader<'a> {
    glob: &'a str,
    rest: Peekable<CharIndices<'a>>,
    /// The character before the one that is being read.
    before: Option<char>,
    /// The innermost alternative, or the glob itself outside of braces.
    branch: Branch,
    /// The braces that are still open, outermost first.
    open: Vec<OpenBrace>,
    /// The text before the first special character.
    prefix: String,
    /// No special character has come yet.
    plain: bool,
    /// The longest text between two special characters.
    infix: String,
    /// The text after the last special character.
    tail: String,
}

/// An alternative, as far as it was read.
#[derive(Default)]
struct Branch {
    expression: String,
    /// `None` at its start.
    last: Option<Token>,
}

/// The last part of a branch, as far as it matters to what follows.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Token {
    /// `**/` at the start.
    Folders,
    Other,
}

/// A brace, and what came before the alternative that is being read.
struct OpenBrace {
    at: usize,
    outside: Branch,
    /// The alternatives that are complete and not empty.
    alternatives: Vec<String>,
}

impl GlobReader<'_> {
    fn read(&mut self) -> Result<(), PatternError> {
        let mut before = None;
        while let Some((at, character)) = self.rest.next() {
            self.before = before;
            match character {
                '*' => self.stars(),
                '?' => self.special("[^/]"),
                '[' => self.class(at)?,
                '{' => {
                    if self.open.len() == MAX_DEPTH {
                        return Err(error("braces are nested too deep", at, at + 1));
                    }
                    self.special("");
                    self.open.push(OpenBrace {
                        at,
                        outside: std::mem::take(&mut self.branch),
                        alternatives: Vec::new(),
                    });
                }
                ',' if !self.open.is_empty() => self.end_alternative(),
                '}' => self.close(at)?,
                '\\' => match self.rest.next() {
                    Some((_, escaped)) => self.literal(escaped),
                    None => {
                        return Err(error("nothing follows the last backslash", at, at + 1));
                    }
                },
                other => self.literal(other),
            }
            before = self.glob[..self.here()].chars().next_back();
        }
        match self.open.pop() {
            Some(brace) => Err(error("this `{` is not closed", brace.at, brace.at + 1)),
            None => Ok(()),
        }
    }

    /// Keeps the alternative that ends here, unless it is empty: then it counts for nothing.
    fn end_alternative(&mut self) {
        let branch = std::mem::take(&mut self.branch);
        if let Some(brace) = self.open.last_mut()
            && !branch.expression.is_empty()
        {
            brace.alternatives.push(branch.expression);
        }
    }

    fn close(&mut self, at: usize) -> Result<(), PatternError> {
        self.end_alternative();
        let Some(brace) = self.open.pop() else {
            return Err(error("there is no `{` for this `}`", at, at + 1));
        };
        self.branch = brace.outside;
        let alternatives = match brace.alternatives.as_slice() {
            [] => String::new(),
            several => format!("(?:{})", several.join("|")),
        };
        self.special(&alternatives);
        Ok(())
    }

    fn literal(&mut self, character: char) {
        push_escaped(&mut self.branch.expression, character);
        self.branch.last = Some(Token::Other);
        if self.plain {
            self.prefix.push(character);
        }
        // Text in braces is optional, so the tail begins anew behind them.
        if self.open.is_empty() {
            self.tail.push(character);
        }
    }

    fn special(&mut self, expression: &str) {
        self.branch.expression.push_str(expression);
        self.branch.last = Some(Token::Other);
        let between = std::mem::take(&mut self.tail);
        if !self.plain && between.len() > self.infix.len() {
            self.infix = between;
        }
        self.plain = false;
    }

    /// Reads one star or two. A third begins anew.
    fn stars(&mut self) {
        if self.rest.next_if(|(_, next)| *next == '*').is_none() {
            return self.special(WITHIN);
        }
        let next = self.rest.peek().map(|(_, next)| *next);
        let is_last = match next {
            None => true,
            Some(',' | '}') => !self.open.is_empty(),
            Some(_) => false,
        };
        match self.branch.last {
            None if next == Some('/') => {
                self.rest.next();
                self.special(FOLDERS);
                self.branch.last = Some(Token::Folders);
            }
            None if next.is_none() => {
                self.special(FOLDERS);
                self.branch.last = Some(Token::Folders);
            }
            Some(last) if self.before == Some('/') && (is_last || next == Some('/')) => {
                self.rest.next_if(|(_, next)| *next == '/');
                if last == Token::Folders {
                    return;
                }
                self.special(if is_last { ".*" } else { FOLDERS });
            }
            _ => self.special(WITHIN),
        }
    }

    fn class(&mut self, at: usize) -> Result<(), PatternError> {
        let negated = self
            .rest
            .next_if(|(_, next)| matches!(next, '!' | '^'))
            .is_some();
        let mut ranges: Vec<(char, char)> = Vec::new();
        // The offset of a `-` behind the last character, which perhaps makes it a range.
        let mut dash = None;
        loop {
            let open = || error("this `[` is not closed", at, at + 1);
            let (offset, character) = self.rest.next().ok_or_else(open)?;
            match (character, ranges.last_mut(), dash.take()) {
                (']', Some(_), None) => break,
                (']', Some(_), Some(_)) => {
                    ranges.push(('-', '-'));
                    break;
                }
                (last, Some(range), Some(dash)) => {
                    if last < range.0 {
                        let first = range.0;
                        let message = format!("the range `{first}-{last}` runs backwards");
                        let start = dash - range.1.len_utf8();
                        return Err(error(message, start, offset + last.len_utf8()));
                    }
                    range.1 = last;
                }
                ('-', Some(_), None) => dash = Some(offset),
                (other, _, _) => ranges.push((other, other)),
            }
        }
        let mut class = String::from(if negated { "[^" } else { "[" });
        for (first, last) in ranges {
            push_range(&mut class, first, last);
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
