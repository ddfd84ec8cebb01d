//! Texts of a JSON file that are replaced, while all else stays as it is.

use serde_json::value::RawValue;

/// Replacements within a text.
#[derive(Debug)]
pub struct Edits<'a> {
    text: &'a str,
    /// Each with the place of what it replaces: its beginning and its end.
    edits: Vec<(usize, usize, String)>,
}

impl<'a> Edits<'a> {
    /// Begins with none.
    pub fn of(text: &'a str) -> Self {
        Self {
            text,
            edits: Vec::new(),
        }
    }

    /// Replaces a string of the text by another.
    pub fn replace(&mut self, value: &'a RawValue, by: &str) {
        let start = self.place(value);
        let end = start + value.get().len();
        self.edits.push((start, end, quoted(by)));
    }

    /// Adds entries, which are JSON, at the beginning of an object of the text.
    pub fn insert(&mut self, object: &'a RawValue, entries: &[String]) {
        if entries.is_empty() {
            return;
        }
        let start = self.place(object) + 1;
        let is_empty = self.text[start..].trim_start().starts_with('}');
        let end = if is_empty { "" } else { ", " };
        self.edits.push((start, start, entries.join(", ") + end));
    }

    /// Returns the text with all replacements.
    pub fn apply(mut self) -> String {
        self.edits.sort();
        let mut text = String::with_capacity(self.text.len());
        let mut end = 0;
        for (start, next, new) in &self.edits {
            text.push_str(&self.text[end..*start]);
            text.push_str(new);
            end = *next;
        }
        text + &self.text[end..]
    }

    /// Returns where a value of the text begins: it is borrowed from it.
    fn place(&self, value: &RawValue) -> usize {
        value.get().as_ptr() as usize - self.text.as_ptr() as usize
    }
}

/// Returns a text as JSON.
pub fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}
