//! Patterns of module names.

use std::str::FromStr;

use globset::{Glob, GlobMatcher};
use thiserror::Error;

/// A glob over dotted names: `pandas`, `pandas*`, `*.tests`.
///
/// `*` stands for any characters, dots included, and `?` for one. A pattern that matches a package matches all that is
/// in it.
#[derive(Clone, Debug)]
pub struct ModulePattern {
    text: String,
    glob: GlobMatcher,
}

/// The reason why a text is no [`ModulePattern`].
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("\"{text}\" is no pattern of module names: {reason}")]
pub struct InvalidPattern {
    text: String,
    reason: String,
}

impl FromStr for ModulePattern {
    type Err = InvalidPattern;

    fn from_str(text: &str) -> Result<Self, InvalidPattern> {
        let invalid = |reason: String| InvalidPattern {
            text: text.to_owned(),
            reason,
        };
        if text.is_empty() || text.contains(['/', '\\']) {
            return Err(invalid(
                "it is a name such as pandas, or has stars, as pandas* has".to_owned(),
            ));
        }
        let glob = Glob::new(text).map_err(|error| invalid(error.kind().to_string()))?;
        Ok(Self {
            text: text.to_owned(),
            glob: glob.compile_matcher(),
        })
    }
}

impl ModulePattern {
    /// Returns whether a module's name, or that of a package around it, matches.
    pub fn matches(&self, name: &str) -> bool {
        let packages = name.match_indices('.').map(|(end, _)| &name[..end]);
        self.glob.is_match(name)
            || packages
                .into_iter()
                .any(|package| self.glob.is_match(package))
    }

    /// Returns the pattern as it was written.
    pub fn as_str(&self) -> &str {
        &self.text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_package_stands_for_all_that_is_in_it() {
        let matches = |pattern: &str, name| ModulePattern::from_str(pattern).unwrap().matches(name);
        assert!(matches("pandas", "pandas") && matches("pandas", "pandas.core.api"));
        assert!(!matches("pandas", "pandas_datareader"));
        assert!(matches("pandas*", "pandas_datareader") && matches("pandas*", "pandas.io"));
        assert!(matches("*.tests", "app.users.tests.forms") && !matches("*.tests", "tests"));
        assert!(matches("nump?", "numpy") && !matches("umpy", "numpy"));
    }

    #[test]
    fn what_is_no_pattern_is_refused() {
        for text in ["", "a/b", "a[", "{a"] {
            assert!(ModulePattern::from_str(text).is_err(), "{text}");
        }
    }
}
