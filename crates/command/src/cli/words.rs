//! Finds the first word of Python's command line.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt;

use super::failure::{Failure, Result};

/// The options of a command that a Python command line follows.
struct OwnOptions {
    command: &'static str,
    with_value: &'static [&'static str],
    without_value: &'static [&'static str],
}

const OWN_OPTIONS: [OwnOptions; 2] = [
    OwnOptions {
        command: "run",
        with_value: &[
            "--python", "--out", "--repeat", "--format", "--events", "--values", "--filter",
        ],
        without_value: &[
            "--no-children",
            "--everywhere",
            "--no-default-filter",
            "--quiet",
            "--help",
            "-h",
        ],
    },
    OwnOptions {
        command: "lazy",
        with_value: &["--python", "--out", "--repeat"],
        without_value: &["--json", "--help", "-h"],
    },
];

/// Returns the words of a command line, with a `--` before those that are for Python.
///
/// # Errors
///
/// When a word that looks like one of truename's own options is none.
pub fn separated(mut words: Vec<OsString>) -> Result<Vec<OsString>> {
    let command = words.get(1);
    let own = OWN_OPTIONS
        .iter()
        .find(|it| command.is_some_and(|command| command == it.command));
    let Some(own) = own else {
        return Ok(words);
    };
    let mut at = 2;
    while let Some(word) = words.get(at) {
        if word == "--" {
            return Ok(words);
        } else if is_one_of(own.with_value, word) {
            at += 2;
        } else if is_one_of(own.without_value, word) || own.has_value(word) {
            at += 1;
        } else if word.as_bytes().starts_with(b"--") {
            return Err(unknown(own.command, word));
        } else {
            break;
        }
    }
    if at < words.len() {
        words.insert(at, "--".into());
    }
    Ok(words)
}

fn is_one_of(options: &[&str], word: &OsStr) -> bool {
    options.iter().any(|option| word == *option)
}

impl OwnOptions {
    /// Returns whether a word is an option with its value, `--out=DIR`.
    fn has_value(&self, word: &OsStr) -> bool {
        let name = word.as_bytes().split(|&byte| byte == b'=').next();
        name.is_some_and(|name| is_one_of(self.with_value, OsStr::from_bytes(name)))
    }
}

fn unknown(command: &str, word: &OsStr) -> Failure {
    let word = word.display();
    Failure::usage(format!(
        "truename {command} has no option {word}. `truename {command} --help` lists those that it has; options \
         for Python go after `--`: truename {command} -- {word} ..."
    ))
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    fn separate(line: &str) -> Result<String> {
        let words = line.split(' ').map(OsString::from).collect();
        let words: Vec<_> = separated(words)?
            .into_iter()
            .map(|word| word.into_string().unwrap())
            .collect();
        Ok(words.join(" "))
    }

    #[rstest]
    #[case("t tree --all", "t tree --all")]
    #[case("t run", "t run")]
    #[case("t run a.py --python x", "t run -- a.py --python x")]
    #[case("t run -c text --out x", "t run -- -c text --out x")]
    #[case("t run -", "t run -- -")]
    #[case("t run --out d -m pkg -h", "t run --out d -- -m pkg -h")]
    #[case("t run --out -m a.py", "t run --out -m -- a.py")]
    #[case(
        "t run --out=d --no-children a.py",
        "t run --out=d --no-children -- a.py"
    )]
    #[case(
        "t run --python 3.13 -- --help-all",
        "t run --python 3.13 -- --help-all"
    )]
    #[case("t run -- a.py -- b", "t run -- a.py -- b")]
    #[case("t run -h a.py", "t run -h -- a.py")]
    #[case("t run --out", "t run --out")]
    #[case("t lazy --json -m pkg --json", "t lazy --json -- -m pkg --json")]
    fn python_begins_where_truename_ends(#[case] line: &str, #[case] expected: &str) {
        assert_eq!(separate(line).unwrap(), expected);
    }

    #[rstest]
    #[case("t run --frobnicate a.py", "--frobnicate")]
    #[case("t run --outer=x a.py", "--outer=x")]
    #[case("t run --check-hash-based-pycs never a.py", "--check-hash-based-pycs")]
    fn an_unknown_option_is_named(#[case] line: &str, #[case] option: &str) {
        let failure = separate(line).unwrap_err();
        assert_eq!(failure.status(), 2);
        assert!(failure.to_string().contains(option));
    }
}
