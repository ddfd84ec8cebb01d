//! The words that are allowed in a place, and the one that was perhaps meant.

/// Writes `It is one of a, b, c.`, and which of them was perhaps meant.
pub(super) fn one_of(subject: &str, allowed: &[&str], given: &str) -> String {
    let list: Vec<_> = allowed.iter().map(|word| format!("`{word}`")).collect();
    let mut text = format!("{subject} is one of {}.", list.join(", "));
    let nearest = allowed
        .iter()
        .map(|word| (strsim::damerau_levenshtein(word, given), word))
        .min_by_key(|(distance, _)| *distance);
    if let Some((distance, word)) = nearest
        && distance <= 1 + word.len() / 4
    {
        text.push_str(&format!(" Did you mean `{word}`?"));
    }
    text
}
