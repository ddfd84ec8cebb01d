//! Expressions in the syntax of `regex-lite`, which the translations write.

/// The fault in a pattern, and the bytes that are at fault.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct PatternError {
    pub(crate) message: String,
    /// The advice, as a sentence.
    pub(crate) remedy: &'static str,
    pub(crate) start: usize,
    pub(crate) end: usize,
}

/// Appends one character that means itself, inside and outside of a class.
pub(crate) fn push_escaped(expression: &mut String, character: char) {
    let plain = character.is_ascii_alphanumeric() || matches!(character, '_' | '/');
    if plain || !character.is_ascii() {
        expression.push(character);
    } else if character.is_ascii_punctuation() && !matches!(character, '<' | '>') {
        // `\<` and `\>` would be the edges of a word.
        expression.extend(['\\', character]);
    } else {
        expression.push_str(&format!("\\x{{{:X}}}", u32::from(character)));
    }
}

/// Appends a range to a class.
pub(crate) fn push_range(class: &mut String, first: char, last: char) {
    push_escaped(class, first);
    if first != last {
        class.push('-');
        push_escaped(class, last);
    }
}
