//! First words of a program that Python would not find, with the command that was meant.

use std::ffi::OsStr;
use std::path::Path;

use super::failure::{Failure, Result};

/// Refuses a first word that is the name of a command and of no file here: Python would look for a file.
///
/// # Errors
///
/// With the command that was meant.
pub fn refuse_command(command: &str, words: &[impl AsRef<OsStr>]) -> Result<()> {
    let Some((first, rest)) = words.split_first() else {
        return Ok(());
    };
    let first = first.as_ref();
    if is_program(Path::new(first)) {
        return Ok(());
    }
    let Some(name) = first.to_str().filter(|name| is_command_name(name)) else {
        return Ok(());
    };
    let rest = rest.iter().map(|word| word.as_ref().to_string_lossy());
    let rest = rest.map(|word| format!(" {word}")).collect::<String>();
    if is_python(name) {
        let python = match name {
            "python" | "python3" => String::new(),
            _ => format!(" --python {name}"),
        };
        return Err(Failure::usage(format!(
            "`truename {command}` starts Python itself, and there is no file {name} here. Run: truename \
             {command}{python}{rest}"
        )));
    }
    Err(Failure::usage(format!(
        "there is no file {name} here. If a module is meant, run: truename {command} -m {name}{rest}"
    )))
}

/// Returns whether Python can run what is at a path: a file, or a folder with a `__main__`.
fn is_program(path: &Path) -> bool {
    let main = ["__main__.py", "__main__.pyc"];
    path.exists() && (!path.is_dir() || main.iter().any(|main| path.join(main).exists()))
}

/// Returns whether a word could be a command, or a module, and is no option and no path.
fn is_command_name(name: &str) -> bool {
    let is_part = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '.');
    let is_file = [".py", ".pyc", ".pyz", ".zip", ".whl"]
        .iter()
        .any(|extension| name.ends_with(extension));
    name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && name.chars().all(is_part)
        && !is_file
}

/// Returns whether a word is `python`, `python3` or `python3.13`.
fn is_python(name: &str) -> bool {
    let version = name.strip_prefix("python");
    version.is_some_and(|it| it.chars().all(|c| c.is_ascii_digit() || c == '.'))
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    // The working directory has a folder of this name, which is no program.
    #[case("python x.py --flag", "truename run x.py --flag")]
    #[case("python3.13 -m pkg", "truename run --python python3.13 -m pkg")]
    #[case("pytest -q", "truename run -m pytest -q")]
    #[case("http.server", "truename run -m http.server")]
    fn the_command_that_was_meant_is_named(#[case] words: &str, #[case] command: &str) {
        let words: Vec<_> = words.split(' ').collect();
        let failure = refuse_command("run", &words).unwrap_err();
        assert_eq!(failure.status(), 2);
        let text = failure.to_string();
        assert!(
            text.contains(&format!("Run: {command}")) || text.ends_with(&format!("run: {command}")),
            "{text}"
        );
    }

    #[rstest]
    #[case("-m pytest")]
    #[case("-")]
    #[case("missing.py")]
    #[case("folder/missing")]
    #[case("Cargo.toml")]
    fn what_python_understands_or_refuses_itself_is_left_to_it(#[case] words: &str) {
        let words: Vec<_> = words.split(' ').collect();
        assert!(refuse_command("run", &words).is_ok());
    }
}
