//! Calls of `importlib.reload` in Python source.

use super::statements::{Kind, tokens};

/// Returns the lines of the calls of a function named `reload` whose argument ends with this name.
pub fn reload_calls(source: &str, name: &str) -> Vec<u32> {
    let tokens = tokens(source);
    let mut lines = Vec::new();
    for (index, token) in tokens.iter().enumerate() {
        let mut argument = tokens[index + 1..].iter();
        let is_call = token.kind == Kind::Word("reload")
            && argument.next().is_some_and(|it| it.kind == Kind::Sign('('));
        let depth = token.depth;
        let last = argument
            .take_while(|it| it.depth > depth)
            .filter(|it| matches!(it.kind, Kind::Word(_)))
            .last();
        if is_call && last.is_some_and(|it| it.kind == Kind::Word(name)) {
            lines.push(token.line);
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calls_are_found_by_what_they_reload() {
        let source = "import importlib\nfrom importlib import reload\ndef f(x):\n    importlib.reload(a.b)\n\
                      # reload(b)\nreload(\n    b)\nreload(c)\nb = 'reload(b)'\nreload = b\n(reload(b), d)\n";
        assert_eq!(reload_calls(source, "b"), [4, 6, 11]);
        assert_eq!(reload_calls(source, "c"), [8]);
    }
}
