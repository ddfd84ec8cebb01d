//! Results of single runs.

use serde::{Deserialize, Serialize};

use super::verdict::Judgement;

/// The result of one scenario under one recorder on one Python.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Outcome {
    /// The recorder, as [`Profile::title`](super::Profile::title) has it.
    pub recorder: String,
    /// `FAMILY/SCENARIO`.
    pub scenario: String,
    /// The version of Python, such as `3.13.1`.
    pub python: String,
    /// The verdict, and what led to it.
    #[serde(flatten)]
    pub judgement: Judgement,
}
