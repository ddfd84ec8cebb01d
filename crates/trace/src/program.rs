//! What a process ran, in the words of a trace.

use std::ffi::OsString;

use interpreters::command_line::{PythonArguments, PythonProgram};

/// What a process ran, and what the program was given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Program {
    /// A script, `-c`, `-m MODULE`, or `-` for standard input and the prompt.
    pub text: String,
    /// The program's own arguments: `sys.argv` without its first.
    pub arguments: Vec<String>,
}

impl Program {
    /// Reads the command line of an interpreter, its own name first, as `sys.orig_argv` keeps it.
    pub fn of(command: &[String]) -> Self {
        let after_python: Vec<_> = command.iter().skip(1).map(OsString::from).collect();
        let read = PythonArguments::read(&after_python);
        Self {
            text: text(read.program),
            arguments: read.arguments.into_iter().map(shown).collect(),
        }
    }
}

fn text(program: PythonProgram) -> String {
    match program {
        PythonProgram::Script(path) => shown(path),
        PythonProgram::Module(name) => format!("-m {}", shown(name)),
        PythonProgram::Command(_) => "-c".to_owned(),
        PythonProgram::Stdin | PythonProgram::Interactive | PythonProgram::Nothing => {
            "-".to_owned()
        }
    }
}

fn shown(text: OsString) -> String {
    text.to_string_lossy().into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(command: &[&str]) -> String {
        let command: Vec<_> = command.iter().map(|&word| word.to_owned()).collect();
        let program = Program::of(&command);
        format!("{} | {}", program.text, program.arguments.join(","))
    }

    #[test]
    fn the_program_is_what_python_was_told_to_run() {
        assert_eq!(shown(&["python3", "app.py", "-c", "x"]), "app.py | -c,x");
        assert_eq!(
            shown(&["python3", "-Xdev", "-c", "print(1)", "a"]),
            "-c | a"
        );
        assert_eq!(
            shown(&["python3", "-um", "pkg.mod", "-v"]),
            "-m pkg.mod | -v"
        );
        assert_eq!(shown(&["python3", "-", "a"]), "- | a");
        assert_eq!(shown(&["python3"]), "- | ");
        assert_eq!(shown(&[]), "- | ");
    }
}
