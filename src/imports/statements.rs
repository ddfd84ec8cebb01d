//! The import statements in Python source.
//!
//! A statement begins with `import` or `from`, which are keywords: strings, comments and brackets are all that has to
//! be understood to find them. Source that does not compile is read as far as it goes.

/// An `import` or `from … import` statement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImportStatement {
    /// The line that it begins on.
    pub line: u32,
    /// The modules that it names, and what it takes from them.
    pub targets: Vec<ImportTarget>,
}

/// A module that a statement names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImportTarget {
    /// The number of leading dots: 0 of an absolute name.
    pub level: usize,
    /// The dotted name; empty in `from . import a`.
    pub module: String,
    /// The names after `from … import`, which can be submodules.
    pub names: Vec<String>,
}

/// Finds the import statements of a source file.
pub fn import_statements(source: &str) -> Vec<ImportStatement> {
    let tokens = tokens(source);
    let mut statements = Vec::new();
    let mut reader = Reader {
        tokens: &tokens,
        at: 0,
    };
    let mut at_start = true;
    while let Some(token) = reader.next() {
        if at_start && token.is_word("lazy") && reader.peek_is_import() {
            continue;
        }
        match token.kind {
            Kind::Word("import") if at_start => statements.push(ImportStatement {
                line: token.line,
                targets: reader.modules(),
            }),
            Kind::Word("from") if at_start => {
                statements.extend(reader.from().map(|target| ImportStatement {
                    line: token.line,
                    targets: vec![target],
                }))
            }
            _ => {}
        }
        at_start = match token.kind {
            Kind::End => true,
            Kind::Sign(sign) => token.depth == 0 && matches!(sign, ';' | ':'),
            Kind::Word(_) => false,
        };
    }
    statements
}

impl ImportTarget {
    /// Returns the absolute name of the module, as a statement in `module` means it; `None` where dots lead out of
    /// all packages.
    pub fn absolute(&self, module: &str, is_package: bool) -> Option<String> {
        if self.level == 0 {
            return Some(self.module.clone());
        }
        let up = self.level - usize::from(is_package);
        let mut package = module;
        for _ in 0..up {
            package = package.rsplit_once('.')?.0;
        }
        Some(match self.module.as_str() {
            "" => package.to_owned(),
            rest => format!("{package}.{rest}"),
        })
    }
}

/// A word, a sign or the end of a statement's line.
#[derive(Clone, Copy, Debug)]
pub(super) struct Token<'a> {
    pub kind: Kind<'a>,
    pub line: u32,
    /// The number of open brackets.
    pub depth: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind<'a> {
    Word(&'a str),
    Sign(char),
    End,
}

impl Token<'_> {
    fn is_word(&self, word: &str) -> bool {
        self.kind == Kind::Word(word)
    }
}

/// Reads source as words, signs and ends of lines; comments and strings are left out.
pub(super) fn tokens(source: &str) -> Vec<Token<'_>> {
    let mut tokens = Vec::new();
    let mut rest = source;
    let (mut line, mut depth) = (1_u32, 0_usize);
    while let Some(character) = rest.chars().next() {
        let is_word = |c: char| c.is_alphanumeric() || c == '_';
        let length = match character {
            '#' => rest.find('\n').unwrap_or(rest.len()),
            '"' | '\'' => string_length(rest, character),
            '\\' if rest.starts_with("\\\n") => 2,
            '\\' => 1,
            _ if is_word(character) => rest.find(|c| !is_word(c)).unwrap_or(rest.len()),
            _ => character.len_utf8(),
        };
        let (text, after) = rest.split_at(length);
        let mut push = |kind, depth| tokens.push(Token { kind, line, depth });
        match character {
            '\n' if depth == 0 => push(Kind::End, 0),
            '(' | '[' | '{' => {
                push(Kind::Sign(character), depth);
                depth += 1;
            }
            ')' | ']' | '}' => {
                depth = depth.saturating_sub(1);
                push(Kind::Sign(character), depth);
            }
            '#' | '"' | '\'' | '\\' => {}
            _ if is_word(character) => push(Kind::Word(text), depth),
            _ if character.is_whitespace() => {}
            _ => push(Kind::Sign(character), depth),
        }
        let lines = text.bytes().filter(|byte| *byte == b'\n').count();
        line = line.saturating_add(u32::try_from(lines).unwrap_or(u32::MAX));
        rest = after;
    }
    tokens
}

/// Returns the length of the string that begins a text. One with single quotes ends with its line at the latest.
fn string_length(text: &str, quote: char) -> usize {
    let triple = [quote; 3].iter().collect::<String>();
    let (mark, is_triple) = match text.starts_with(&triple) {
        true => (triple, true),
        false => (quote.to_string(), false),
    };
    let mut at = mark.len();
    while let Some(character) = text[at..].chars().next() {
        if text[at..].starts_with(&mark) {
            return at + mark.len();
        }
        if character == '\n' && !is_triple {
            return at;
        }
        at += character.len_utf8();
        if character == '\\' {
            at += text[at..].chars().next().map_or(0, char::len_utf8);
        }
    }
    text.len()
}

struct Reader<'a> {
    tokens: &'a [Token<'a>],
    at: usize,
}

impl<'a> Reader<'a> {
    fn next(&mut self) -> Option<Token<'a>> {
        let token = self.peek()?;
        self.at += 1;
        Some(token)
    }

    fn peek(&self) -> Option<Token<'a>> {
        self.tokens.get(self.at).copied()
    }

    fn peek_is_import(&self) -> bool {
        self.peek()
            .is_some_and(|it| it.is_word("import") || it.is_word("from"))
    }

    fn sign(&mut self, sign: char) -> bool {
        let is_it = self.peek().is_some_and(|it| it.kind == Kind::Sign(sign));
        self.at += usize::from(is_it);
        is_it
    }

    fn word(&mut self) -> Option<&'a str> {
        match self.peek()?.kind {
            Kind::Word(word) => {
                self.at += 1;
                Some(word)
            }
            _ => None,
        }
    }

    fn dotted(&mut self) -> String {
        let mut name = String::new();
        while let Some(word) = self.word() {
            name.push_str(word);
            if !self.sign('.') {
                break;
            }
            name.push('.');
        }
        name
    }

    /// Skips `as NAME`.
    fn skip_alias(&mut self) {
        if self.peek().is_some_and(|it| it.is_word("as")) {
            self.at += 2;
        }
    }

    /// Reads what follows `import`.
    fn modules(&mut self) -> Vec<ImportTarget> {
        let mut targets = Vec::new();
        loop {
            let module = self.dotted();
            if module.is_empty() {
                return targets;
            }
            targets.push(ImportTarget {
                level: 0,
                module,
                names: Vec::new(),
            });
            self.skip_alias();
            if !self.sign(',') {
                return targets;
            }
        }
    }

    /// Reads what follows `from`.
    fn from(&mut self) -> Option<ImportTarget> {
        let mut level = 0;
        while self.sign('.') {
            level += 1;
        }
        let module = match self.peek_is_import() {
            true => String::new(),
            false => self.dotted(),
        };
        if self.word() != Some("import") || (level == 0 && module.is_empty()) {
            return None;
        }
        self.sign('(');
        let mut names = Vec::new();
        while let Some(name) = self.word() {
            names.push(name.to_owned());
            self.skip_alias();
            if !self.sign(',') {
                break;
            }
        }
        Some(ImportTarget {
            level,
            module,
            names,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(source: &str) -> Vec<String> {
        let statements = import_statements(source).into_iter();
        statements
            .map(|it| {
                let targets: Vec<_> = it
                    .targets
                    .iter()
                    .map(|it| {
                        format!(
                            "{}{} {}",
                            ".".repeat(it.level),
                            it.module,
                            it.names.join("+")
                        )
                    })
                    .collect();
                format!(
                    "{}: {}",
                    it.line,
                    targets.join(", ").replace(" ,", ",").trim_end()
                )
            })
            .collect()
    }

    #[test]
    fn statements_of_every_form_are_found() {
        let source = "import a.b as c, d\nfrom e import (\n    f as g,  # why\n    h,\n)\n\
                      from . import i\nfrom ..j.k import *\ntry: import l\nexcept E: pass; import m\n\
                      lazy import n\nlazy from o import p\nfrom q \\\n    import r\n\tif x: from ... import s\n";
        assert_eq!(
            found(source),
            [
                "1: a.b, d",
                "2: e f+h",
                "6: . i",
                "7: ..j.k",
                "8: l",
                "9: m",
                "10: n",
                "11: o p",
                "12: q r",
                "14: ... s"
            ]
        );
    }

    #[test]
    fn what_only_looks_like_one_is_none() {
        let source = "x = 'import a'\n\"\"\"\nimport b\n\"\"\"\n# import c\nyield from d\nraise E from f\n\
                      s = rb'\\'; import g'\nt = f'{h['i']}'\nk = {0: lambda: 1}\nlazy = 1\nimportant = 2\n\
                      y = 'open\nimport z\n";
        assert_eq!(found(source), ["14: z"]);
    }

    #[test]
    fn dots_lead_to_the_package() {
        let target = |level, module: &str| ImportTarget {
            level,
            module: module.to_owned(),
            names: Vec::new(),
        };
        assert_eq!(target(0, "a.b").absolute("x.y", false).unwrap(), "a.b");
        assert_eq!(target(1, "").absolute("x.y", false).unwrap(), "x");
        assert_eq!(target(1, "z").absolute("x.y", true).unwrap(), "x.y.z");
        assert_eq!(target(2, "z").absolute("x.y", true).unwrap(), "x.z");
        assert_eq!(target(2, "z").absolute("x.y", false), None);
    }
}
