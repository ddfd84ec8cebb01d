//! Statements of a recorder.

use serde::{Deserialize, Deserializer, Serialize};

/// A statement of a recorder: code with this label ran.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Observed {
    /// Any text that is the same for all code of one process, and another for that of another.
    #[serde(default, deserialize_with = "text_or_number")]
    pub process: String,
    /// The label, `<pkg.mod>`; `<module>` where it names no module.
    pub label: String,
    /// The code's file; `None` when the recorder does not say.
    #[serde(default)]
    pub file: Option<String>,
    /// The code's first line.
    #[serde(default)]
    pub line: Option<u32>,
}

/// Processes are mostly numbers.
fn text_or_number<'de, D: Deserializer<'de>>(from: D) -> Result<String, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Either {
        Number(u64),
        Text(String),
    }
    Ok(match Either::deserialize(from)? {
        Either::Number(number) => number.to_string(),
        Either::Text(text) => text,
    })
}
