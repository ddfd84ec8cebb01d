//! Tables and their fields, read with the first fault kept.

use std::ops::Range;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::error::FilterError;
use super::suggestion::one_of;

/// The word that keeps the decision of the files or rules before.
pub(super) const INHERIT: &str = "inherit";

/// A whole filter file, as short as possible.
const EXAMPLE: &str = "[meta]\nname = \"my-filter\"\nversion = 1\n\n[scope]\n\
                       default_exec = \"trace\"\ndefault_value_action = \"allow\"";

/// A reader of fields that goes on after a fault, with a stand-in for the value at fault. It keeps
/// the first fault in the text, since the tables come sorted by their keys.
pub(super) struct FieldReader<'a> {
    path: &'a str,
    text: &'a str,
    /// The offsets of the line breaks.
    breaks: Vec<usize>,
    first: Option<(usize, FilterError)>,
}

/// A table, its name in messages, and its place in the text.
pub(super) struct Section<'t, 'a> {
    pub(super) name: &'static str,
    pub(super) table: &'t DeTable<'a>,
    pub(super) span: Range<usize>,
}

impl<'t, 'a> Section<'t, 'a> {
    pub(super) fn get(&self, key: &str) -> Option<&'t Spanned<DeValue<'a>>> {
        self.table.get(key)
    }
}

impl<'a> FieldReader<'a> {
    pub(super) fn new(path: &'a str, text: &'a str) -> Self {
        Self {
            path,
            text,
            breaks: text.match_indices('\n').map(|(at, _)| at).collect(),
            first: None,
        }
    }

    /// Returns `value`, unless there was a fault.
    pub(super) fn finish<T>(self, value: T) -> Result<T, FilterError> {
        match self.first {
            Some((_, error)) => Err(error),
            None => Ok(value),
        }
    }

    /// Keeps a fault, if it is the first in the text.
    pub(super) fn fault(
        &mut self,
        span: Range<usize>,
        message: impl Into<String>,
        remedy: impl Into<String>,
    ) {
        let at = span.start;
        if self.first.as_ref().is_none_or(|(first, _)| at < *first) {
            let error = FilterError::new(self.path, message, remedy).at(self.text, span);
            self.first = Some((at, error));
        }
    }

    /// Returns a section that must be there.
    pub(super) fn section<'t>(
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

    /// Returns the tables of an array that may be left out.
    pub(super) fn tables<'t>(
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

    pub(super) fn string(
        &mut self,
        section: &Section<'_, 'a>,
        key: &str,
    ) -> Option<(String, Range<usize>)> {
        let value = section.get(key)?;
        let Some(text) = value.get_ref().as_str() else {
            self.wrong_type(key, value, "a string", "");
            return None;
        };
        Some((text.to_owned(), value.span()))
    }

    /// Reads one of several words; `None` for `inherit`.
    pub(super) fn choice<T: Copy>(
        &mut self,
        section: &Section<'_, 'a>,
        key: &str,
        choices: &[T],
        word: fn(T) -> &'static str,
    ) -> Option<T> {
        self.word(section, key, choices, word, &[INHERIT])
    }

    pub(super) fn word<T: Copy>(
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

    pub(super) fn known_keys(&mut self, section: &Section<'_, 'a>, known: &[&str]) {
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

    pub(super) fn missing(&mut self, section: &Section<'_, 'a>, key: &str, example: &str) {
        let message = format!("`{}` lacks the key `{key}`", section.name);
        let remedy = format!("Add a line such as `{key} = {example}`.");
        // A misspelt key in its place comes later in the text and says more.
        if self.first.is_none() {
            self.fault(section.span.clone(), message, remedy);
        }
    }

    pub(super) fn wrong_type(
        &mut self,
        key: &str,
        value: &Spanned<DeValue<'a>>,
        right: &str,
        remedy: &str,
    ) {
        let found = value.get_ref().type_str();
        let article = match found {
            "integer" | "array" => "an",
            _ => "a",
        };
        let message = format!("`{key}` should be {right}, and here is {article} {found}");
        self.fault(value.span(), message, remedy);
    }

    /// Returns the place in the file of a part of a string; that of the whole string when it has
    /// escapes.
    pub(super) fn inside(
        &self,
        value: &str,
        string: Range<usize>,
        part: Range<usize>,
    ) -> Range<usize> {
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

    /// Returns the line of an offset, from 1.
    pub(super) fn line(&self, offset: usize) -> u32 {
        let before = self.breaks.partition_point(|at| *at < offset);
        u32::try_from(before + 1).unwrap_or(u32::MAX)
    }
}
