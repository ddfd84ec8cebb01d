//! The text of a filter file, read strictly.

use std::path::Path;

use sha2::{Digest, Sha256};
use toml::de::{DeTable, DeValue};

use super::error::FilterError;
use super::fields::{FieldReader, INHERIT, Section};
use super::file_pattern::FilterRoot;
use super::io;
use super::selector::SelectorParser;
use crate::rules::{Exec, FilterFile, FilterRule, Selector, SelectorKind, ValueAction, ValueRule};

const EXECS: [Exec; 2] = [Exec::Trace, Exec::Skip];
const ACTIONS: [ValueAction; 3] = [ValueAction::Allow, ValueAction::Redact, ValueAction::Drop];

/// The only version of the format.
const VERSION: u32 = 1;

/// Reads the text of a filter file that follows others; `path` is what errors call it.
///
/// # Errors
///
/// The first thing in the text that is not as `docs/filters.md` has it.
pub fn parse(path: &str, text: &str) -> Result<FilterFile, FilterError> {
    parse_at(path, text, FilterRoot::of(Path::new(path)), false)
}

/// Reads the text of a filter file that speaks of `root`. The first file of a chain inherits nothing.
pub(super) fn parse_at(
    path: &str,
    text: &str,
    root: FilterRoot,
    is_first: bool,
) -> Result<FilterFile, FilterError> {
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
    let mut reader = DocumentReader {
        path,
        text,
        fields: FieldReader::new(path, text),
        selectors: SelectorParser::new(root),
        is_first,
    };
    let file = reader.file(document.get_ref());
    reader.fields.finish(file)
}

/// Finds the first control character that TOML does not allow, and its offset. The parser takes some
/// of them for text, and reports what follows.
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

/// A reader of the tables of a filter file.
struct DocumentReader<'a> {
    path: &'a str,
    text: &'a str,
    fields: FieldReader<'a>,
    selectors: SelectorParser,
    /// No file comes before.
    is_first: bool,
}

impl<'a> DocumentReader<'a> {
    fn file(&mut self, document: &DeTable<'a>) -> FilterFile {
        let root = Section {
            name: "the file",
            table: document,
            span: 0..0,
        };
        self.fields.known_keys(&root, &["meta", "io", "scope"]);
        let meta = self.fields.section(&root, "meta", "[meta]");
        let io = root
            .get("io")
            .and_then(|_| self.fields.section(&root, "io", "[io]"));
        let scope = self.fields.section(&root, "scope", "[scope]");
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
            io: io.map(|io| io::read(&mut self.fields, &io)),
            rules,
        }
    }

    fn meta(&mut self, meta: &Section<'_, 'a>) -> (String, u32, Option<String>, Vec<String>) {
        self.fields
            .known_keys(meta, &["name", "version", "description", "labels"]);
        let name = self.fields.string(meta, "name");
        if let Some((name, span)) = &name
            && name.trim().is_empty()
        {
            self.fields.fault(span.clone(), "the name is empty", "");
        }
        if name.is_none() {
            self.fields.missing(meta, "name", "\"my-filter\"");
        }
        let version = self.version(meta);
        let description = self
            .fields
            .string(meta, "description")
            .map(|(text, _)| text);
        (
            name.map(|(name, _)| name).unwrap_or_default(),
            version,
            description,
            self.labels(meta),
        )
    }

    fn version(&mut self, meta: &Section<'_, 'a>) -> u32 {
        let Some(value) = meta.get("version") else {
            self.fields.missing(meta, "version", "1");
            return 0;
        };
        let DeValue::Integer(integer) = value.get_ref() else {
            self.fields.wrong_type("version", value, "an integer", "");
            return 0;
        };
        let digits = u32::from_str_radix(integer.as_str(), integer.radix());
        if digits != Ok(VERSION) {
            let message = format!("`version` cannot be `{integer}`");
            let remedy = format!("It is the version of the format, and {VERSION} is the only one.");
            self.fields.fault(value.span(), message, remedy);
        }
        VERSION
    }

    fn labels(&mut self, meta: &Section<'_, 'a>) -> Vec<String> {
        let Some(value) = meta.get("labels") else {
            return Vec::new();
        };
        let Some(labels) = value.get_ref().as_array() else {
            self.fields
                .wrong_type("labels", value, "an array of strings", "");
            return Vec::new();
        };
        let mut texts = Vec::new();
        for label in labels {
            match label.get_ref().as_str() {
                Some(text) => texts.push(text.to_owned()),
                None => self
                    .fields
                    .wrong_type("labels", label, "an array of strings", ""),
            }
        }
        texts
    }

    fn scope(
        &mut self,
        scope: &Section<'_, 'a>,
    ) -> (Option<Exec>, Option<ValueAction>, Vec<FilterRule>) {
        self.fields
            .known_keys(scope, &["default_exec", "default_value_action", "rules"]);
        for (key, example) in [
            ("default_exec", "\"trace\""),
            ("default_value_action", "\"allow\""),
        ] {
            match scope.get(key) {
                None => self.fields.missing(scope, key, example),
                Some(value) if self.is_first && value.get_ref().as_str() == Some(INHERIT) => {
                    let message = format!("`{key}` cannot be `{INHERIT}` in the first filter");
                    let remedy = format!("No filter comes before it. Write `{key} = {example}`.");
                    self.fields.fault(value.span(), message, remedy);
                }
                Some(_) => {}
            }
        }
        let exec = self
            .fields
            .choice(scope, "default_exec", &EXECS, Exec::word);
        let action = self
            .fields
            .choice(scope, "default_value_action", &ACTIONS, ValueAction::word);
        let rules = self
            .fields
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
        self.fields.known_keys(rule, &keys);
        let selector = self.selector(rule, &SelectorKind::SCOPES, "\"pkg:botocore.*\"");
        let exec = self.fields.choice(rule, "exec", &EXECS, Exec::word);
        let value_default = self
            .fields
            .choice(rule, "value_default", &ACTIONS, ValueAction::word);
        let reason = self.fields.string(rule, "reason").map(|(text, _)| text);
        let values: Vec<_> = self
            .fields
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
        self.fields
            .known_keys(value, &["selector", "action", "reason"]);
        let selector = self.selector(value, &SelectorKind::VALUES, "\"local:*_secret\"");
        if value.get("action").is_none() {
            self.fields.missing(value, "action", "\"redact\"");
        }
        let action = self
            .fields
            .word(value, "action", &ACTIONS, ValueAction::word, &[]);
        let reason = self.fields.string(value, "reason").map(|(text, _)| text);
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
        let Some((text, span)) = self.fields.string(section, "selector") else {
            if section.get("selector").is_none() {
                self.fields.missing(section, "selector", example);
            }
            return None;
        };
        match self.selectors.parse(&text, kinds) {
            Ok(selector) => Some((selector, self.fields.line(span.start))),
            Err(error) => {
                let span = self.fields.inside(&text, span, error.span);
                self.fields.fault(span, error.message, error.remedy);
                None
            }
        }
    }
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
