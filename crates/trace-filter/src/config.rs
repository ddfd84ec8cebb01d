//! The filters of a recording, as they are handed to the recorder.

use serde::{Deserialize, Serialize};

use crate::rules::FilterChain;

/// The filters of a recording.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct FilterConfig {
    /// The filters.
    pub chain: FilterChain,
    /// The folder that relative `file` patterns start from; absolute.
    pub project_root: Option<String>,
}

impl FilterConfig {
    /// Removes all rules about values, for a recording without values: the configuration is read at
    /// the start of each process.
    pub fn without_values(mut self) -> Self {
        for file in &mut self.chain.files {
            file.rules.retain(|rule| rule.exec.is_some());
            for rule in &mut file.rules {
                rule.values.clear();
            }
        }
        self
    }
}
