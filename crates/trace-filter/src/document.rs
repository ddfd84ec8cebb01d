//! The text of a filter file, read strictly.

use std::ops::Range;

use sha2::{Digest, Sha256};
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::error::one_of;
use crate::selector::Translations;
use crate::{
    Exec, FilterError, FilterFile, FilterRule, Selector, SelectorKind, ValueAction, ValueRule,
};

/// What keeps the decision of the files or rules before.
const INHERIT: &str = "inherit";

const EXECS: [Exec; 2] = [Exec::Trace, Exec::Skip];
const ACTIONS: [ValueAction; 3] = [ValueAction::Allow, ValueAction::Redact, ValueAction::Drop];

/// A whole file that says as little as one may.
const EXAMPLE: &str = "[meta]\nname = \"my-filter\"\nversion = 1\n\n[scope]\n\
                       default_exec = \"trace\"\ndefault_value_action = \"allow\"";

/// Reads the text of a filter file; `path` is what errors call it.
///
/// # Errors
///
/// The first thing in the text that is not as `docs/filters.md` has it.
pub fn parse(path: &str, text: &str) -> Result<FilterFile, FilterError> {
    let document = DeTable::parse(text).map_err(|error| {
        let span = error.span().unwrap_or_default();
        match control_character(text).filter(|(at, _)| *at <= span.end) {
            Some((at, control)) => {
                let number = u32::from(control);
                let message =
                    format!("this is not TOML: it has the control character U+{number:04X}");
                let remedy = format!(
                    "Delete it. In a string in double quotes it is written `\\u{number:04X}`."
                );
                FilterError::new(path, message, remedy).at(text, at..at + 1)
            }
            None => {
                let message = format!("this is not TOML: {}", error.message());
                FilterError::new(path, message, "").at(text, span)
            }
        }
    })?;
    let breaks = text.match_indices('\n').map(|(at, _)| at).collect();
    let mut reader = Reader {
        path,
        text,
        breaks,
        first: None,
        translations: Translations::default(),
    };
    let file = reader.file(document.get_ref());
    match reader.first {
        Some((_, error)) => Err(error),
        None => Ok(file),
    }
}

/// The first character that TOML has nowhere, and where it is. The parser takes some for text, and
/// finds fault with what follows.
fn control_character(text: &str) -> Option<(usize, char)> {
    let mut characters = text
        .char_indices()
        .filter(|(at, character)| match character {
            '\t' | '\n' => false,
            '\r' => !text[at + 1..].starts_with('\n'),
            _ => character.is_ascii_control(),
        });
    characters.next()
}

/// Reads on after a fault, with a stand-in for what is at fault, and keeps the first in the text:
/// the tables come sorted by their keys.
struct Reader<'a> {
    path: &'a str,
    text: &'a str,
    /// Where the lines end.
    breaks: Vec<usize>,
    first: Option<(usize, FilterError)>,
    translations: Translations,
}

/// A table, what messages call it, and where it stands.
struct Section<'t, 'a> {
    name: &'static str,
    table: &'t DeTable<'a>,
    span: Range<usize>,
}

impl<'t, 'a> Section<'t, 'a> {
    fn get(&self, key: &str) -> Option<&'t Spanned<DeValue<'a>>> {
        self.table.get(key)
    }
}

impl<'a> Reader<'a> {
    fn fault(&mut self, span: Range<usize>, message: impl Into<String>, remedy: impl Into<String>) {
        let at = span.start;
        if self.first.as_ref().is_none_or(|(first, _)| at < *first) {
            let error = FilterError::new(self.path, message, remedy).at(self.text, span);
            self.first = Some((at, error));
        }
    }

    fn file(&mut self, document: &DeTable<'a>) -> FilterFile {
        let root = Section {
            name: "the file",
            table: document,
            span: 0..0,
        };
        self.known_keys(&root, &["meta", "scope"]);
        let meta = self.section(&root, "meta", "[meta]");
        let scope = self.section(&root, "scope", "[scope]");
        let (name, version, description, labels) =
            meta.map(|meta| self.meta(&meta)).unwrap_or_default();
        let (default_exec, default_value_action, rules) =
            scope.map(|scope| self.scope(&scope)).unwrap_or_default();
        FilterFile {
            path: self.path.to_owned(),
            sha256: hexadecimal(&Sha256::digest(self.text)),
            name,
            version,
            description,
            labels,
            default_exec,
            default_value_action,
            rules,
        }
    }

    fn meta(&mut self, meta: &Section<'_, 'a>) -> (String, u32, Option<String>, Vec<String>) {
        self.known_keys(meta, &["name", "version", "description", "labels"]);
        let name = self.string(meta, "name");
        if let Some((name, span)) = &name
            && name.trim().is_empty()
        {
            self.fault(span.clone(), "the name is empty", "");
        }
        if name.is_none() {
            self.missing(meta, "name", "\"my-filter\"");
        }
        let version = self.version(meta);
        let description = self.string(meta, "description").map(|(text, _)| text);
        (
            name.map(|(name, _)| name).unwrap_or_default(),
            version,
            description,
            self.labels(meta),
        )
    }

    fn version(&mut self, meta: &Section<'_, 'a>) -> u32 {
        let Some(value) = meta.get("version") else {
            self.missing(meta, "version", "1");
            return 0;
        };
        let DeValue::Integer(integer) = value.get_ref() else {
            self.wrong_type("version", value, "an integer", "");
            return 0;
        };
        let digits = u32::from_str_radix(integer.as_str(), integer.radix());
        digits.unwrap_or_else(|_| {
            let remedy = format!("It is a whole number from 0 to {}.", u32::MAX);
            self.fault(value.span(), "the version is out of range", remedy);
            0
        })
    }

    fn labels(&mut self, meta: &Section<'_, 'a>) -> Vec<String> {
        let Some(value) = meta.get("labels") else {
            return Vec::new();
        };
        let Some(labels) = value.get_ref().as_array() else {
            self.wrong_type("labels", value, "an array of strings", "");
            return Vec::new();
        };
        let mut texts = Vec::new();
        for label in labels {
            match label.get_ref().as_str() {
                Some(text) => texts.push(text.to_owned()),
                None => self.wrong_type("labels", label, "an array of strings", ""),
            }
        }
        texts
    }

    fn scope(
        &mut self,
        scope: &Section<'_, 'a>,
    ) -> (Option<Exec>, Option<ValueAction>, Vec<FilterRule>) {
        self.known_keys(scope, &["default_exec", "default_value_action", "rules"]);
        for (key, example) in [
            ("default_exec", "\"trace\""),
            ("default_value_action", "\"allow\""),
        ] {
            if scope.get(key).is_none() {
                self.missing(scope, key, example);
            }
        }
        let exec = self.choice(scope, "default_exec", &EXECS, Exec::word);
        let action = self.choice(scope, "default_value_action", &ACTIONS, ValueAction::word);
        let rules = self
            .tables(scope, "rules", "[[scope.rules]]")
            .iter()
            .map(|rule| self.rule(rule))
            .collect::<Vec<_>>();
        (exec, action, rules.into_iter().flatten().collect())
    }

    fn rule(&mut self, rule: &Section<'_, 'a>) -> Option<FilterRule> {
        let keys = [
            "selector",
            "exec",
            "value_default",
            "reason",
            "value_patterns",
        ];
        self.known_keys(rule, &keys);
        let selector = self.selector(rule, &SelectorKind::SCOPES, "\"pkg:botocore.*\"");
        let exec = self.choice(rule, "exec", &EXECS, Exec::word);
        let value_default = self.choice(rule, "value_default", &ACTIONS, ValueAction::word);
        let reason = self.string(rule, "reason").map(|(text, _)| text);
        let values: Vec<_> = self
            .tables(rule, "value_patterns", "[[scope.rules.value_patterns]]")
            .iter()
            .map(|value| self.value_rule(value))
            .collect();
        let (selector, line) = selector?;
        Some(FilterRule {
            selector,
            line,
            exec,
            value_default,
            reason,
            values: values.into_iter().flatten().collect(),
        })
    }

    fn value_rule(&mut self, value: &Section<'_, 'a>) -> Option<ValueRule> {
        self.known_keys(value, &["selector", "action", "reason"]);
        let selector = self.selector(value, &SelectorKind::VALUES, "\"local:*_secret\"");
        if value.get("action").is_none() {
            self.missing(value, "action", "\"redact\"");
        }
        let action = self.word(value, "action", &ACTIONS, ValueAction::word, &[]);
        let reason = self.string(value, "reason").map(|(text, _)| text);
        let (selector, line) = selector?;
        Some(ValueRule {
            selector,
            line,
            action: action?,
            reason,
        })
    }

    fn selector(
        &mut self,
        section: &Section<'_, 'a>,
        kinds: &[SelectorKind],
        example: &str,
    ) -> Option<(Selector, u32)> {
        let Some((text, span)) = self.string(section, "selector") else {
            if section.get("selector").is_none() {
                self.missing(section, "selector", example);
            }
            return None;
        };
        match Selector::parse_knowing(&text, kinds, &mut self.translations) {
            Ok(selector) => Some((selector, self.line(span.start))),
            Err(error) => {
                let span = self.inside(&text, span, error.span);
                self.fault(span, error.message, error.remedy);
                None
            }
        }
    }

    /// A section that must be there.
    fn section<'t>(
        &mut self,
        root: &Section<'t, 'a>,
        key: &str,
        name: &'static str,
    ) -> Option<Section<'t, 'a>> {
        let Some(value) = root.get(key) else {
            let remedy = format!("The shortest filter is\n{EXAMPLE}");
            self.fault(0..0, format!("there is no section `{name}`"), remedy);
            return None;
        };
        let Some(table) = value.get_ref().as_table() else {
            self.wrong_type(key, value, "a table", &format!("Write `{name}`."));
            return None;
        };
        Some(Section {
            name,
            table,
            span: value.span(),
        })
    }

    /// The tables of an array that may be left out.
    fn tables<'t>(
        &mut self,
        section: &Section<'t, 'a>,
        key: &str,
        name: &'static str,
    ) -> Vec<Section<'t, 'a>> {
        let Some(value) = section.get(key) else {
            return Vec::new();
        };
        let remedy = format!("Write `{name}` before each of them.");
        let Some(array) = value.get_ref().as_array() else {
            self.wrong_type(key, value, "an array of tables", &remedy);
            return Vec::new();
        };
        let mut sections = Vec::new();
        for item in array {
            match item.get_ref().as_table() {
                Some(table) => sections.push(Section {
                    name,
                    table,
                    span: item.span(),
                }),
                None => self.wrong_type(key, item, "an array of tables", &remedy),
            }
        }
        sections
    }

    fn string(&mut self, section: &Section<'_, 'a>, key: &str) -> Option<(String, Range<usize>)> {
        let value = section.get(key)?;
        let Some(text) = value.get_ref().as_str() else {
            self.wrong_type(key, value, "a string", "");
            return None;
        };
        Some((text.to_owned(), value.span()))
    }

    /// One of several words, or the one that says nothing.
    fn choice<T: Copy>(
        &mut self,
        section: &Section<'_, 'a>,
        key: &str,
        choices: &[T],
        word: fn(T) -> &'static str,
    ) -> Option<T> {
        self.word(section, key, choices, word, &[INHERIT])
    }

    fn word<T: Copy>(
        &mut self,
        section: &Section<'_, 'a>,
        key: &str,
        choices: &[T],
        word: fn(T) -> &'static str,
        others: &[&'static str],
    ) -> Option<T> {
        let (text, span) = self.string(section, key)?;
        let chosen = choices.iter().copied().find(|choice| word(*choice) == text);
        if chosen.is_none() && !others.contains(&text.as_str()) {
            let allowed: Vec<_> = choices.iter().map(|choice| word(*choice)).collect();
            let allowed = [allowed, others.to_vec()].concat();
            let message = format!("`{key}` cannot be `{text}`");
            self.fault(span, message, one_of("It", &allowed, &text));
        }
        chosen
    }

    fn known_keys(&mut self, section: &Section<'_, 'a>, known: &[&str]) {
        for key in section.table.keys() {
            let name: &str = key.get_ref();
            if !known.contains(&name) {
                let place = match section.name {
                    "the file" => section.name.to_owned(),
                    name => format!("`{name}`"),
                };
                let message = format!("{place} has no key `{name}`");
                self.fault(key.span(), message, one_of("A key", known, name));
            }
        }
    }

    fn missing(&mut self, section: &Section<'_, 'a>, key: &str, example: &str) {
        let message = format!("`{}` lacks the key `{key}`", section.name);
        let remedy = format!("Add a line such as `{key} = {example}`.");
        // (what there is instead, misspelt, comes later in the text and says more)
        if self.first.is_none() {
            self.fault(section.span.clone(), message, remedy);
        }
    }

    fn wrong_type(&mut self, key: &str, value: &Spanned<DeValue<'a>>, right: &str, remedy: &str) {
        let found = value.get_ref().type_str();
        let article = match found {
            "integer" | "array" => "an",
            _ => "a",
        };
        let message = format!("`{key}` should be {right}, and here is {article} {found}");
        self.fault(value.span(), message, remedy);
    }

    /// Where a part of a string stands in the file: exactly, unless escapes are in the way.
    fn inside(&self, value: &str, string: Range<usize>, part: Range<usize>) -> Range<usize> {
        let raw = &self.text[string.clone()];
        let exact = [1, 3].into_iter().find(|quotes| {
            raw.get(*quotes..)
                .is_some_and(|rest| rest.starts_with(value))
        });
        match exact {
            Some(quotes) => {
                let start = string.start + quotes;
                start + part.start..start + part.end
            }
            None => string,
        }
    }

    fn line(&self, offset: usize) -> u32 {
        let before = self.breaks.partition_point(|at| *at < offset);
        u32::try_from(before + 1).unwrap_or(u32::MAX)
    }
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
