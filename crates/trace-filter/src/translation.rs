//! What the translations of globs and of regular expressions share.

/// What is wrong with a pattern, and with which of its bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct PatternError {
    pub(crate) message: String,
    /// What to write instead, as a sentence.
    pub(crate) remedy: &'static str,
    pub(crate) start: usize,
    pub(crate) end: usize,
}

/// Appends one character that means itself, inside and outside of a class.
pub(crate) fn push_escaped(expression: &mut String, character: char) {
    let plain = character.is_ascii_alphanumeric() || matches!(character, '_' | '/');
    if plain || !character.is_ascii() {
        expression.push(character);
    // (`\<` is the beginning of a word)
    } else if character.is_ascii_punctuation() && !matches!(character, '<' | '>') {
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
