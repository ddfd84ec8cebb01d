//! Values as they are written in Python.

use std::fmt::Write;

use crate::names::MORE;

/// The deepest nesting that is read. The recorder stops before, and only damage goes on.
pub const DEEPEST: usize = 16;

/// Returns bytes as they are written in Python.
pub fn bytes_literal(bytes: &[u8], more: u64) -> String {
    let mut text = String::from("b'");
    for byte in bytes {
        match byte {
            b'\n' => text.push_str("\\n"),
            b'\r' => text.push_str("\\r"),
            b'\t' => text.push_str("\\t"),
            b'\'' | b'\\' => text.extend(['\\', char::from(*byte)]),
            b' '..=b'~' => text.push(char::from(*byte)),
            // A String takes whatever is written.
            _ => drop(write!(text, "\\x{byte:02x}")),
        }
    }
    text.push('\'');
    if more > 0 {
        let _ = write!(text, "{MORE} {more} more");
    }
    text
}
