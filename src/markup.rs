//! Texts in XML and HTML.

/// Returns a text as XML and HTML have it.
pub fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            other if other.is_control() && other != '\n' => escaped.extend(other.escape_unicode()),
            other => escaped.push(other),
        }
    }
    escaped
}
