//! Reading CPython's own command line.
//!
//! CPython has its own option reader (`Python/getopt.c` and `config_parse_cmdline` in
//! `Python/initconfig.c`); 3.12 to 3.15 were found to agree on everything that is read here.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt;

/// A command line as CPython reads it: the program that it runs, and what Python is to leave out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PythonArguments {
    /// The program that is run.
    pub program: PythonProgram,
    /// The program's own arguments, which become `sys.argv[1:]`.
    pub arguments: Vec<OsString>,
    /// `-I` was given. It also sets [`ignores_environment`](Self::ignores_environment).
    pub isolated: bool,
    /// `-E` or `-I` was given: `PYTHONPATH` and its like are not read.
    pub ignores_environment: bool,
    /// `-S` was given: `site`, and so `sitecustomize`, is not imported.
    pub skips_site: bool,
}

/// The program that a Python command line runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PythonProgram {
    /// A file, a folder or an archive with a `__main__.py`.
    Script(OsString),
    /// `-m`: a module, by its dotted name.
    Module(OsString),
    /// `-c`: the program's text.
    Command(OsString),
    /// `-`: the program is read from standard input.
    Stdin,
    /// Nothing is named: a prompt on a terminal, otherwise the program is standard input.
    Interactive,
    /// No program runs: Python prints its version or its help, or refuses the command line.
    Nothing,
}

/// The thing to read after an argument of options.
enum Next {
    AnotherArgument,
    EndOfOptions,
    Program(PythonProgram),
}

impl PythonArguments {
    /// Reads what follows `python` on a command line.
    ///
    /// A command line that Python itself will refuse gives [`PythonProgram::Nothing`]: Python explains it
    /// better, and with the right exit status.
    pub fn read(command_line: &[OsString]) -> Self {
        let mut read = Self {
            program: PythonProgram::Interactive,
            arguments: Vec::new(),
            isolated: false,
            ignores_environment: false,
            skips_site: false,
        };
        let mut rest = command_line;
        read.program = match read.options(&mut rest) {
            Some(program) => program,
            None => first_argument(&mut rest),
        };
        if read.program != PythonProgram::Nothing {
            read.arguments = rest.to_vec();
        }
        read
    }

    /// Returns whether Python never looks for a `sitecustomize` on `PYTHONPATH`: it ignores that variable,
    /// or leaves out `site`.
    pub fn bypasses_sitecustomize(&self) -> bool {
        self.ignores_environment || self.skips_site
    }

    /// Reads options off the front of `rest`; a program when an option says what is run.
    fn options(&mut self, rest: &mut &[OsString]) -> Option<PythonProgram> {
        while let Some((first, after)) = rest.split_first() {
            let cluster = match first.as_bytes() {
                b"--help" | b"--version" => return Some(PythonProgram::Nothing),
                b"--" => {
                    *rest = after;
                    return None;
                }
                [b'-', cluster @ ..] if !cluster.is_empty() => cluster,
                _ => return None,
            };
            *rest = after;
            match self.cluster(cluster, rest) {
                Next::AnotherArgument => {}
                Next::EndOfOptions => return None,
                Next::Program(program) => return Some(program),
            }
        }
        None
    }

    /// Reads the letters after one `-`. A letter that takes a value takes what is left of its
    /// cluster, and the next argument when nothing is left.
    fn cluster(&mut self, cluster: &[u8], rest: &mut &[OsString]) -> Next {
        for (at, letter) in cluster.iter().enumerate() {
            let attached = &cluster[at + 1..];
            match letter {
                b'-' => return long_option(attached, rest),
                b'c' => return program_option(attached, rest, PythonProgram::Command),
                b'm' => return program_option(attached, rest, PythonProgram::Module),
                b'W' | b'X' => {
                    return match value(attached, rest) {
                        Some(_) => Next::AnotherArgument,
                        None => Next::Program(PythonProgram::Nothing),
                    };
                }
                b'E' => self.ignores_environment = true,
                b'I' => {
                    self.isolated = true;
                    self.ignores_environment = true;
                }
                b'S' => self.skips_site = true,
                b'b' | b'B' | b'd' | b'i' | b'O' | b'P' | b'q' | b'R' | b's' | b't' | b'u'
                | b'v' | b'x' => {}
                // `-h`, `-?`, `-V`, and what Python refuses. After `-V` Python reads on, but only
                // to refuse what follows or to print its version.
                _ => return Next::Program(PythonProgram::Nothing),
            }
        }
        Next::AnotherArgument
    }
}

/// Reads a long option; `name` is what follows its `--`, which may stand in the middle of a cluster.
fn long_option(name: &[u8], rest: &mut &[OsString]) -> Next {
    match name {
        // `-I-`: Python complains, but only in words, and takes it for the end of options.
        b"" => Next::EndOfOptions,
        b"check-hash-based-pycs" => match value(b"", rest).as_deref().map(OsStr::as_bytes) {
            Some(b"always" | b"never" | b"default") => Next::AnotherArgument,
            _ => Next::Program(PythonProgram::Nothing),
        },
        // `--help-all`, `--help-env`, `--help-xoptions`, and what Python refuses.
        _ => Next::Program(PythonProgram::Nothing),
    }
}

fn program_option(
    attached: &[u8],
    rest: &mut &[OsString],
    program: fn(OsString) -> PythonProgram,
) -> Next {
    Next::Program(value(attached, rest).map_or(PythonProgram::Nothing, program))
}

fn value(attached: &[u8], rest: &mut &[OsString]) -> Option<OsString> {
    if !attached.is_empty() {
        return Some(OsStr::from_bytes(attached).to_owned());
    }
    let (first, after) = rest.split_first()?;
    *rest = after;
    Some(first.clone())
}

/// Reads the program where no option names it: the first argument that is not an option.
fn first_argument(rest: &mut &[OsString]) -> PythonProgram {
    let Some((first, after)) = rest.split_first() else {
        return PythonProgram::Interactive;
    };
    *rest = after;
    match first.as_bytes() {
        b"-" => PythonProgram::Stdin,
        _ => PythonProgram::Script(first.clone()),
    }
}

/// Returns the program of a process in few words (a script, `-c`, `-m MODULE`, or `-` for standard input and the
/// prompt), and the program's own arguments. `command` begins with the interpreter's name, as `sys.orig_argv` does.
pub fn program_and_arguments(command: &[String]) -> (String, Vec<String>) {
    let shown = |text: OsString| text.to_string_lossy().into_owned();
    let after_python: Vec<_> = command.iter().skip(1).map(OsString::from).collect();
    let read = PythonArguments::read(&after_python);
    let program = match read.program {
        PythonProgram::Script(path) => shown(path),
        PythonProgram::Module(name) => format!("-m {}", shown(name)),
        PythonProgram::Command(_) => "-c".to_owned(),
        PythonProgram::Stdin | PythonProgram::Interactive | PythonProgram::Nothing => {
            "-".to_owned()
        }
    };
    (program, read.arguments.into_iter().map(shown).collect())
}

#[cfg(test)]
mod tests {
    use std::os::unix::ffi::OsStringExt;

    use rstest::rstest;

    use super::*;

    fn os(words: &[&str]) -> Vec<OsString> {
        words.iter().map(OsString::from).collect()
    }

    fn read(words: &[&str]) -> PythonArguments {
        PythonArguments::read(&os(words))
    }

    fn script(path: &str) -> PythonProgram {
        PythonProgram::Script(path.into())
    }

    fn module(name: &str) -> PythonProgram {
        PythonProgram::Module(name.into())
    }

    fn command(text: &str) -> PythonProgram {
        PythonProgram::Command(text.into())
    }

    // Every line here was seen to hold on CPython 3.12, 3.13, 3.14 and 3.15.
    #[rstest]
    #[case(&[], PythonProgram::Interactive, &[])]
    #[case(&["-i"], PythonProgram::Interactive, &[])]
    #[case(&["-I", "--"], PythonProgram::Interactive, &[])]
    #[case(&["-"], PythonProgram::Stdin, &[])]
    #[case(&["-", "a", "-V"], PythonProgram::Stdin, &["a", "-V"])]
    #[case(&["-i", "-", "a"], PythonProgram::Stdin, &["a"])]
    #[case(&["--", "-", "a"], PythonProgram::Stdin, &["a"])]
    #[case(&["prog.py", "-V", "--help"], script("prog.py"), &["-V", "--help"])]
    #[case(&["-u", "prog.py", "--", "-"], script("prog.py"), &["--", "-"])]
    #[case(&["--", "-c", "a"], script("-c"), &["a"])]
    #[case(&["-I-", "prog.py", "a"], script("prog.py"), &["a"])]
    #[case(&["-I-", "-c", "a"], script("-c"), &["a"])]
    #[case(&["", "a"], script(""), &["a"])]
    #[case(&["-bbBdiOOPqRstuvx", "prog.py"], script("prog.py"), &[])]
    #[case(&["-m", "pkg.mod", "-m", "b"], module("pkg.mod"), &["-m", "b"])]
    #[case(&["-um", "pkg", "-c"], module("pkg"), &["-c"])]
    #[case(&["-mpkg", "a"], module("pkg"), &["a"])]
    #[case(&["-c", "print(1)", "-V"], command("print(1)"), &["-V"])]
    #[case(&["-cprint(1)", "a"], command("print(1)"), &["a"])]
    #[case(&["-Ic", "print(1)", "a"], command("print(1)"), &["a"])]
    #[case(&["-c", "--", "a"], command("--"), &["a"])]
    #[case(&["-Wignore", "prog.py"], script("prog.py"), &[])]
    #[case(&["-W", "ignore", "prog.py"], script("prog.py"), &[])]
    #[case(&["-W", "-c", "text"], script("text"), &[])]
    #[case(&["-Xdev", "-X", "utf8", "prog.py"], script("prog.py"), &[])]
    #[case(&["-X", "", "prog.py"], script("prog.py"), &[])]
    #[case(&["--check-hash-based-pycs", "always", "prog.py"], script("prog.py"), &[])]
    #[case(&["-I-check-hash-based-pycs", "never", "prog.py"], script("prog.py"), &[])]
    fn runs(#[case] words: &[&str], #[case] program: PythonProgram, #[case] arguments: &[&str]) {
        let read = read(words);
        assert_eq!(read.program, program);
        assert_eq!(read.arguments, os(arguments));
    }

    #[rstest]
    #[case::version(&["-V", "prog.py"])]
    #[case::long_version(&["--version"])]
    #[case::version_of_a_command(&["-VVc", "print(1)"])]
    #[case::help(&["-h"])]
    #[case::question_mark(&["-?", "prog.py"])]
    #[case::help_in_a_cluster(&["-Ih", "prog.py"])]
    #[case::long_help(&["-u", "--help"])]
    #[case::help_all(&["--help-all"])]
    #[case::help_env(&["--help-env", "prog.py"])]
    #[case::help_env_in_a_cluster(&["-I-help-env", "prog.py"])]
    #[case::help_xoptions(&["--help-xoptions"])]
    #[case::unknown_letter(&["-Z", "prog.py"])]
    #[case::unknown_word(&["--versio", "prog.py"])]
    #[case::three_dashes(&["---", "prog.py"])]
    #[case::reserved_for_jython(&["-J", "prog.py"])]
    #[case::value_with_equals_sign(&["--check-hash-based-pycs=always", "prog.py"])]
    #[case::wrong_value(&["--check-hash-based-pycs", "sometimes", "prog.py"])]
    #[case::missing_command(&["-c"])]
    #[case::missing_module(&["-um"])]
    #[case::missing_warning(&["-W"])]
    #[case::missing_hash_check(&["--check-hash-based-pycs"])]
    fn runs_nothing(#[case] words: &[&str]) {
        let read = read(words);
        assert_eq!(read.program, PythonProgram::Nothing);
        assert_eq!(read.arguments, os(&[]));
    }

    #[rstest]
    #[case(&["prog.py", "-I", "-E", "-S"], (false, false, false))]
    #[case(&["-E", "prog.py"], (false, true, false))]
    #[case(&["-I", "prog.py"], (true, true, false))]
    #[case(&["-S", "prog.py"], (false, false, true))]
    #[case(&["-uIS", "prog.py"], (true, true, true))]
    #[case(&["-ESc", "print(1)"], (false, true, true))]
    #[case(&["-WISE", "-XISE", "prog.py"], (false, false, false))]
    #[case(&["-cI", "-S"], (false, false, false))]
    fn leaves_out(#[case] words: &[&str], #[case] flags: (bool, bool, bool)) {
        let read = read(words);
        assert_eq!(
            (read.isolated, read.ignores_environment, read.skips_site),
            flags
        );
    }

    #[test]
    fn bytes_that_are_not_utf_8_survive() {
        let bytes = |bytes: &[u8]| OsString::from_vec(bytes.to_vec());
        let read = PythonArguments::read(&[bytes(b"-Wx\xff"), bytes(b"-c\xfe"), bytes(b"\xfd")]);
        assert_eq!(read.program, PythonProgram::Command(bytes(b"\xfe")));
        assert_eq!(read.arguments, [bytes(b"\xfd")]);

        let read = PythonArguments::read(&[bytes(b"-\xff"), bytes(b"prog.py")]);
        assert_eq!(read.program, PythonProgram::Nothing);
    }

    #[test]
    fn a_program_is_named_in_few_words() {
        let named = |command: &[&str]| {
            let command: Vec<_> = command.iter().map(|&word| word.to_owned()).collect();
            let (program, arguments) = program_and_arguments(&command);
            format!("{program} | {}", arguments.join(","))
        };
        assert_eq!(named(&["python3", "app.py", "-c", "x"]), "app.py | -c,x");
        assert_eq!(
            named(&["python3", "-Xdev", "-c", "print(1)", "a"]),
            "-c | a"
        );
        assert_eq!(
            named(&["python3", "-um", "pkg.mod", "-v"]),
            "-m pkg.mod | -v"
        );
        assert_eq!(named(&["python3", "-", "a"]), "- | a");
        assert_eq!(named(&["python3"]), "- | ");
        assert_eq!(named(&[]), "- | ");
    }
}
