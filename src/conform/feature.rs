//! Features that a scenario needs of a recorder, and that a recorder may lack.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::fmt;

use interpreters::command_line::{PythonArguments, PythonProgram};
use serde::{Deserialize, Serialize};

use super::truth::Truth;
use crate::fixture::{Exit, Fixture};

/// A part of what a recorder can do. A profile says what it lacks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Feature {
    /// Records the Python processes that a program starts or forks.
    Children,
    /// Records a program that runs behind `-c`.
    Command,
    /// Records code that is no module's body, such as that of an `exec`.
    Exec,
    /// Records only what a filter of truename's lets through.
    Filters,
    /// Records under options of the interpreter, such as `-X dev` or `-i`.
    InterpreterOptions,
    /// Records where Python ignores its environment or leaves out `site`: `-I`, `-E`, `-S`.
    Isolated,
    /// Records code from outside of the tree: the standard library's, a package's, frozen code.
    Library,
    /// Records the program's own body, too, and not only what is imported.
    Main,
    /// Records a program that runs behind `-m`.
    Module,
    /// Records each time that a body runs, and not only the first.
    Repeats,
    /// Records a body however short it runs.
    ShortBodies,
    /// Keeps what it has recorded when a signal ends the program.
    Signals,
    /// Records a program that Python reads from its standard input.
    Stdin,
    /// Records sub-interpreters.
    SubInterpreters,
    /// Records every thread.
    Threads,
    /// Records the interpreter of a virtual environment.
    Venv,
}

impl fmt::Display for Feature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = serde_json::to_value(self).unwrap_or_default();
        f.write_str(name.as_str().unwrap_or_default())
    }
}

/// Returns what a recorder needs for a scenario.
pub(super) fn needs(fixture: &Fixture, truth: &Truth) -> BTreeSet<Feature> {
    let run = &fixture.settings.run;
    let words: Vec<OsString> = run.arguments.iter().map(OsString::from).collect();
    let read = PythonArguments::read(&words);
    let program = match read.program {
        PythonProgram::Module(_) => Some(Feature::Module),
        PythonProgram::Command(_) => Some(Feature::Command),
        PythonProgram::Stdin | PythonProgram::Interactive => Some(Feature::Stdin),
        PythonProgram::Script(_) | PythonProgram::Nothing => None,
    };
    let started = truth.processes.iter().skip(1);
    let (interpreters, children): (Vec<_>, Vec<_>) = started.partition(|it| it.is_interpreter);
    let is_named = |name: &str| run.environment.contains_key(name);
    let needed = [
        (!children.is_empty(), Feature::Children),
        (!interpreters.is_empty(), Feature::SubInterpreters),
        (read.bypasses_sitecustomize(), Feature::Isolated),
        (
            has_options(&run.arguments) || is_named("PYTHONINSPECT"),
            Feature::InterpreterOptions,
        ),
        (filters_own_code(fixture), Feature::Filters),
        (run.interpreter.is_some(), Feature::Venv),
        (matches!(truth.exit, Exit::Signal(_)), Feature::Signals),
    ];
    let needed = needed.into_iter().filter(|it| it.0).map(|it| it.1);
    program.into_iter().chain(needed).collect()
}

/// Returns whether a filter may keep out code of the scenario's own.
fn filters_own_code(fixture: &Fixture) -> bool {
    let mut chosen = fixture.settings.truename.options.windows(2);
    !fixture.filters.is_empty()
        || fixture
            .settings
            .run
            .environment
            .contains_key("TRUENAME_FILTER")
        || chosen.any(|it| it[0] == "--filter" && it[1] != "builtin:no-stdlib")
}

/// Returns whether options of the interpreter stand before its program, apart from those that say what it is.
fn has_options(arguments: &[String]) -> bool {
    let first = arguments.first().map_or("", String::as_str);
    first.starts_with('-') && !matches!(first, "-" | "-m" | "-c" | "--")
}
