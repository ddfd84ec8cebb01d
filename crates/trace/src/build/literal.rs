//! Values as they are written in Python.

use std::fmt::Write;

use crate::names::MORE;

/// The deepest nesting that is read. The recorder stops before, and only damage goes on.
pub const DEEPEST: usize = 16;

/// Returns bytes as they are written in Python.
pub fn bytes_literal(bytes: &[u8], more: u64) -> String {
    let quote = match bytes.contains(&b'\'') && !bytes.contains(&b'"') {
        true => '"',
        false => '\'',
    };
    let mut text = format!("b{quote}");
    for byte in bytes {
        match byte {
            b'\n' => text.push_str("\\n"),
            b'\r' => text.push_str("\\r"),
            b'\t' => text.push_str("\\t"),
            b'\\' => text.push_str("\\\\"),
            _ if char::from(*byte) == quote => text.extend(['\\', quote]),
            b' '..=b'~' => text.push(char::from(*byte)),
            // A String takes whatever is written.
            _ => drop(write!(text, "\\x{byte:02x}")),
        }
    }
    text.push(quote);
    if more > 0 {
        let _ = write!(text, "{MORE} {more} more");
    }
    text
}
