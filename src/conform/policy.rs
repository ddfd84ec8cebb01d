//! Answers of a recorder where more than one is legitimate, and what it does not claim to do.

use std::collections::BTreeSet;

use serde::Deserialize;

use super::feature::Feature;

/// The terms on which a recorder is judged.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Policy {
    /// The features that it does not claim to have.
    pub lacks: BTreeSet<Feature>,
    /// Its label of the module that `-m` runs.
    pub module_option: ModuleOption,
}

/// The label of the module that `-m` runs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ModuleOption {
    /// The name by which it was asked for, `<pkg.mod>`.
    #[default]
    Name,
    /// `<__main__>`.
    Main,
    /// One of the two.
    Either,
}
