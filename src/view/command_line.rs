//! Command lines, for people.

use super::printable::is_unprintable;

const LONGEST: usize = 100;

/// A command on one line, quoted where a shell would need it and cut where it is long.
pub fn shown(command: &[String]) -> String {
    let words: Vec<_> = command.iter().map(|word| quoted(word)).collect();
    let line = words.join(" ");
    match line.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", &line[..end]),
        None => line,
    }
}

fn quoted(word: &str) -> String {
    let one_line: String = word
        .chars()
        .map(|c| if is_unprintable(c) { ' ' } else { c })
        .collect();
    // Only a NUL cannot be quoted, and that is a control character.
    shlex::try_quote(&one_line).map_or_else(|_| word.to_owned(), Into::into)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(words: &[&str]) -> String {
        let words: Vec<_> = words.iter().map(|&word| word.to_owned()).collect();
        shown(&words)
    }

    #[test]
    fn a_command_is_one_line() {
        assert_eq!(line(&["python3", "-m", "pkg.mod"]), "python3 -m pkg.mod");
        assert_eq!(
            line(&["python3", "-c", "import a\nprint('x')", ""]),
            r#"python3 -c "import a print('x')" ''"#
        );
        assert_eq!(line(&[&"é".repeat(150)]), format!("'{}…", "é".repeat(99)));
        assert_eq!(line(&[]), "");
    }
}
