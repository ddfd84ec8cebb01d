//! Stages of a version of Python on its way to a release.

use std::fmt;

use serde::{Deserialize, Serialize};

/// The stage of a version, with the number that `sys.version_info` gives it there. Later ones are
/// greater.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Stage {
    /// Features may still come and go.
    Alpha(u32),
    /// There are no new features.
    Beta(u32),
    /// It may become the release.
    Candidate(u32),
    /// It is released.
    Final(u32),
}

impl Stage {
    /// Returns whether this is a release.
    pub fn is_final(self) -> bool {
        matches!(self, Self::Final(_))
    }
}

/// As it follows the three numbers of a version; nothing for a release.
impl fmt::Display for Stage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Alpha(serial) => write!(f, "a{serial}"),
            Self::Beta(serial) => write!(f, "b{serial}"),
            Self::Candidate(serial) => write!(f, "rc{serial}"),
            Self::Final(_) => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_comes_later_is_greater() {
        let stages = [
            Stage::Alpha(7),
            Stage::Beta(1),
            Stage::Candidate(1),
            Stage::Candidate(2),
            Stage::Final(0),
        ];
        assert!(stages.is_sorted());
        let shown: Vec<_> = stages.iter().map(Stage::to_string).collect();
        assert_eq!(shown, ["a7", "b1", "rc1", "rc2", ""]);
    }
}
