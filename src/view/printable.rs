//! Texts of a recorded program, for a terminal.

/// Returns a text with `\u{fffd}` in the place of each character that would break or move the line, or change the order in
/// which it is read.
pub fn printable(text: &str) -> String {
    text.chars()
        .map(|c| {
            if is_unprintable(c) {
                char::REPLACEMENT_CHARACTER
            } else {
                c
            }
        })
        .collect()
}

/// Returns whether a character controls a line rather than standing in it: a control character, a separator of lines or
/// paragraphs, or one that sets the direction of what follows.
pub(crate) fn is_unprintable(c: char) -> bool {
    c.is_control()
        || matches!(
            c,
            '\u{61c}'
                | '\u{200b}'
                | '\u{200e}'
                | '\u{200f}'
                | '\u{2028}'..='\u{202e}'
                | '\u{2060}'..='\u{206f}'
                | '\u{feff}'
                | '\u{fff9}'..='\u{fffb}'
        )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_moves_a_line_or_turns_it_round_is_replaced() {
        assert_eq!(
            printable("a\nb\u{202e}c\u{2066}d\u{1b}[1m"),
            "a\u{fffd}b\u{fffd}c\u{fffd}d\u{fffd}[1m"
        );
        // Joiners stand within words of some scripts, and within emoji.
        for text in ["módulo", "日本語", "👩\u{200d}💻", "نامه\u{200c}ای"] {
            assert_eq!(printable(text), text);
        }
    }
}
