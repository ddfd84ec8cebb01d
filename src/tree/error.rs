//! Errors of building a tree.

use std::io;
use std::path::PathBuf;
use std::process::ExitStatus;
use std::time::Duration;

use thiserror::Error;

use crate::fixture::{SITE, TreePath};

/// A reason why a scenario's files cannot be made.
#[derive(Debug, Error)]
pub enum TreeError {
    /// The tree's root is not there.
    #[error("{}: {source}.", path.display())]
    Root {
        /// The root.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A file of the fixture cannot be written.
    #[error("`{path}`: {source}.")]
    File {
        /// The file.
        path: TreePath,
        /// Why.
        source: io::Error,
    },
    /// A build step failed.
    #[error("{place}: build step {number}, {step}, failed: {source}")]
    Step {
        /// The step's line in the fixture.
        place: String,
        /// The number of the step, from 1.
        number: usize,
        /// The step as JSON.
        step: String,
        /// Why.
        source: Box<TreeError>,
    },
    /// The system refused.
    #[error("{0}.")]
    System(#[from] io::Error),
    /// A path is in a site-packages folder, and there is none.
    #[error(
        "`{0}` is in the site-packages folder of a virtual environment, and there is none yet. Put a \
         `venv` step before it."
    )]
    NoSite(TreePath),
    /// A text has the placeholder of a site-packages folder, and there is none.
    #[error(
        "`{0}` speaks of {SITE}, and no step made a virtual environment. Put a `venv` step into `build`."
    )]
    NoSiteInText(String),
    /// A path is not there.
    #[error("`{0}` is not there. Name one of the tree, as the build steps made it up to here.")]
    Missing(TreePath),
    /// A path is something else than what a step takes.
    #[error(
        "`{path}` is no {wanted}. Name one of the tree, as the build steps made it up to here."
    )]
    WrongKind {
        /// The path.
        path: TreePath,
        /// The kind that the step takes.
        wanted: &'static str,
    },
    /// A step would overwrite something.
    #[error("`{0}` is there already. Choose another path, or put a `remove` step before this one.")]
    Taken(TreePath),
    /// A link leads to nothing.
    #[error("`{}` leads to nothing: {source}.", link.display())]
    LeadsNowhere {
        /// The link, relative to the tree's root.
        link: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A link leads out of the tree.
    #[error(
        "`{}` leads out of the tree, to {}. A link may do that, but no step acts through it, and no \
         program begins there.",
        link.display(),
        target.display()
    )]
    LeadsOut {
        /// The link, relative to the tree's root.
        link: PathBuf,
        /// The place that it leads to.
        target: PathBuf,
    },
    /// The interpreter of a step cannot be started.
    #[error("{}: {source}.", python.display())]
    Python {
        /// The interpreter.
        python: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A step took too long.
    #[error("it still ran after {} s, and was killed.", .0.as_secs_f64())]
    TimedOut(Duration),
    /// The interpreter refused a step.
    #[error("{status}\n{stderr}")]
    Refused {
        /// Its exit status.
        status: ExitStatus,
        /// The text that it printed to stderr.
        stderr: String,
    },
    /// The interpreter gave an answer that is none.
    #[error("{answer}: {source}.")]
    Answer {
        /// The text that it printed.
        answer: String,
        /// Why it cannot be read.
        source: serde_json::Error,
    },
}
