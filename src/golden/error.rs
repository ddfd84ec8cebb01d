//! Errors of the harness.

use std::path::PathBuf;
use std::time::Duration;

use thiserror::Error;
use trace::TraceError;

use crate::fixture::{FixtureError, PythonRange};
use crate::sandbox::SandboxError;

/// A reason why a fixture does not pass.
#[derive(Debug, Error)]
pub enum HarnessError {
    /// The fixture itself is wrong.
    #[error(transparent)]
    Fixture(#[from] FixtureError),
    /// Tests would pass because nothing ran.
    #[error(
        "no CPython 3.12 or newer was found, so no scenario can run: run ./setup, or `just pythons`."
    )]
    NoInterpreter,
    /// A version that was asked for is not installed.
    #[error("Python {version} is not at hand; there is {installed}. `just pythons` unpacks some.")]
    NotInstalled {
        /// The version.
        version: String,
        /// Those that are.
        installed: String,
    },
    /// No interpreter at hand is one that the scenario is about.
    #[error(
        "{}: the scenario is about Python {}, and no such interpreter is at hand. `just pythons` \
         unpacks some.",
        path.display(),
        range.as_ref().map_or_else(|| ">=3.12".to_owned(), ToString::to_string)
    )]
    NoneOfRange {
        /// The fixture.
        path: PathBuf,
        /// The Pythons that it is about; all when `None`.
        range: Option<PythonRange>,
    },
    /// Some runs failed; a report of them.
    #[error("{0}")]
    Runs(String),
    /// Two interpreters differ.
    #[error(
        "{}: Python {earlier} and Python {later} differ, and the fixture does not declare it \
         (docs/fixtures.md, Differences between Pythons).\n\n{earlier}:\n{expected}\n{later}:\n{found}",
        path.display()
    )]
    Undeclared {
        /// The fixture.
        path: PathBuf,
        /// The version of one.
        earlier: String,
        /// The version of the other.
        later: String,
        /// The text that the one shows.
        expected: String,
        /// The text that the other shows.
        found: String,
    },
    /// Two interpreters do not differ.
    #[error(
        "{place}: Python {range} should differ from Python {earlier} ({because}), and does not. Remove \
         the `differs` table, or join it with the one that says the same."
    )]
    NoDifference {
        /// The line that declares the difference.
        place: String,
        /// The Pythons that it is about.
        range: PythonRange,
        /// The version that they should differ from.
        earlier: String,
        /// The declared reason.
        because: String,
    },
    /// A label that the golden is to show is nobody's.
    #[error(
        "{place}: `show` has {label}, and no body of this label ran on any interpreter. Correct or \
         remove it."
    )]
    NotShown {
        /// The label's line in the fixture.
        place: String,
        /// The label.
        label: String,
    },
}

/// A reason why a run of a scenario fails.
#[derive(Debug, Error)]
pub(super) enum RunError {
    #[error(transparent)]
    Sandbox(#[from] SandboxError),
    #[error("it still ran after {} s, and was killed.", .0.as_secs_f64())]
    TimedOut(Duration),
    #[error(
        "the program left processes behind, which were killed: {}. Let it wait for what it starts.",
        .0.join(", ")
    )]
    LeftBehind(Vec<String>),
    #[error(
        "nothing was recorded: there is no trace. What was printed (stderr, below) should say why."
    )]
    NotRecorded,
    #[error("{0}.")]
    Trace(#[from] TraceError),
    #[error("the trace is not sound:\n{0}")]
    Unsound(String),
    #[error("{event} is no JSON: {source}.")]
    Event {
        event: String,
        source: serde_json::Error,
    },
    #[error("{}", .0.join("\n"))]
    Contradicted(Vec<String>),
}
