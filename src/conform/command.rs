//! The command that runs a scenario's program under a recorder.

use std::ffi::OsString;
use std::path::Path;

use interpreters::command_line::{PythonArguments, PythonProgram};

use super::profile::Profile;
use crate::sandbox::{Invocation, Program};

/// The paths that a profile's placeholders stand for.
#[derive(Clone, Debug)]
pub(super) struct Places<'a> {
    /// `{out}`, the folder for the recorder's output.
    pub(super) out: &'a Path,
    /// `{python}`.
    pub(super) python: &'a Path,
    /// `{packages}`, the folder of what the profile requires.
    pub(super) packages: Option<&'a Path>,
    /// `{truename}`.
    pub(super) truename: &'a Path,
    /// `{stdout}`.
    pub(super) stdout: &'a Path,
    /// `{stderr}`.
    pub(super) stderr: &'a Path,
    /// The profile, whose folder is `{profile}`.
    pub(super) profile: &'a Profile,
}

impl Places<'_> {
    /// Fills the placeholders in a word.
    pub(super) fn fill(&self, word: &str) -> String {
        let cache = interpreters::cache_folder().unwrap_or_default();
        let places = [
            ("{out}", self.out),
            ("{python}", self.python),
            ("{packages}", self.packages.unwrap_or(Path::new(""))),
            ("{truename}", self.truename),
            ("{stdout}", self.stdout),
            ("{stderr}", self.stderr),
            ("{profile}", self.profile.folder()),
            ("{cache}", &cache),
        ];
        let mut filled = word.to_owned();
        for (name, path) in places {
            filled = filled.replace(name, &path.to_string_lossy());
        }
        filled
    }
}

/// Returns the command that records a program, as a profile has it.
pub(super) fn recorded(program: &Program, places: &Places<'_>) -> Invocation {
    let profile = places.profile;
    let (options, words) = split(program, profile);
    let mut command = Vec::new();
    for word in &profile.command {
        match word.as_str() {
            "{args}" => command.extend(options.iter().chain(&words).cloned()),
            "{options}" => command.extend(options.iter().cloned()),
            "{program}" => command.extend(words.iter().cloned()),
            word => command.push(places.fill(word)),
        }
    }
    let mut program = program.clone();
    if let Some(packages) = places.packages {
        program.add_to_path(packages);
    }
    let mut invocation = Invocation::new(command, &program);
    for (name, value) in &profile.environment {
        invocation.set(name, places.fill(value));
    }
    invocation
}

/// Splits Python's arguments into its options and the program, in the form that the recorder takes.
fn split(program: &Program, profile: &Profile) -> (Vec<String>, Vec<String>) {
    let all = &program.arguments;
    let words: Vec<OsString> = all.iter().map(OsString::from).collect();
    let read = PythonArguments::read(&words);
    let arguments = &all[all.len() - read.arguments.len()..];
    let text = |word: &OsString| word.to_string_lossy().into_owned();
    let form = |form: &Option<Vec<String>>, usual: &[&str], place: &str, by: &str| {
        let usual = || usual.iter().map(|it| (*it).to_owned()).collect();
        let form: Vec<String> = form.clone().unwrap_or_else(usual);
        let mut words = Vec::new();
        for word in form {
            match word.as_str() {
                "{arguments}" => words.extend(arguments.iter().cloned()),
                word => words.push(word.replace(place, by)),
            }
        }
        words
    };
    let forms = &profile.program;
    // The options are what stands before the words that Python's own form would have.
    let (own, words) = match &read.program {
        PythonProgram::Script(script) => (
            1,
            form(
                &forms.script,
                &["{script}", "{arguments}"],
                "{script}",
                &text(script),
            ),
        ),
        PythonProgram::Module(module) => (
            2,
            form(
                &forms.module,
                &["-m", "{module}", "{arguments}"],
                "{module}",
                &text(module),
            ),
        ),
        PythonProgram::Command(code) => (
            2,
            form(
                &forms.command,
                &["-c", "{code}", "{arguments}"],
                "{code}",
                &text(code),
            ),
        ),
        PythonProgram::Stdin => (1, form(&forms.stdin, &["-", "{arguments}"], "", "")),
        PythonProgram::Interactive | PythonProgram::Nothing => {
            (0, form(&forms.stdin, &["{arguments}"], "", ""))
        }
    };
    let before = all.len() - arguments.len();
    let options = all[..before.saturating_sub(own)].to_vec();
    (options, words)
}
