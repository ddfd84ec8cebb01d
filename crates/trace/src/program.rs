//! The program that a process ran, in the words of a trace.

/// The program that a process ran, and its arguments.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordedProgram {
    /// A script, `-c`, `-m MODULE`, or `-` for standard input and the prompt.
    pub name: String,
    /// The program's own arguments: `sys.argv` without its first.
    pub arguments: Vec<String>,
}

/// Reads the command line of an interpreter, its own name first, as `sys.orig_argv` keeps it. Traces do not know
/// the options of interpreters, so whoever makes or checks one hands this in.
pub type ProgramOf = fn(&[String]) -> RecordedProgram;

impl From<(String, Vec<String>)> for RecordedProgram {
    fn from((name, arguments): (String, Vec<String>)) -> Self {
        Self { name, arguments }
    }
}
