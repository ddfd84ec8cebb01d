//! The filters that are part of the program.

use super::document::parse;
use super::error::FilterError;
use crate::rules::FilterFile;

/// A filter that is part of the program.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Builtin {
    /// Records everything, and redacts values whose names look like secrets.
    Default,
    /// Skips the standard library.
    NoStdlib,
    /// Skips pytest's own code.
    Pytest,
    /// Skips unittest's own code.
    Unittest,
}

impl Builtin {
    /// All built-in filters.
    pub const ALL: [Self; 4] = [Self::Default, Self::NoStdlib, Self::Pytest, Self::Unittest];

    /// Returns the name that follows `builtin:`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Default => "default",
            Self::NoStdlib => "no-stdlib",
            Self::Pytest => "pytest",
            Self::Unittest => "unittest",
        }
    }

    /// Returns the text of its file.
    pub fn text(self) -> &'static str {
        match self {
            Self::Default => include_str!("../../builtin/default.toml"),
            Self::NoStdlib => include_str!("../../builtin/no-stdlib.toml"),
            Self::Pytest => include_str!("../../builtin/pytest.toml"),
            Self::Unittest => include_str!("../../builtin/unittest.toml"),
        }
    }

    pub(super) fn load(self) -> Result<FilterFile, FilterError> {
        if self == Self::Default
            && let Ok(file) = postcard::from_bytes(DEFAULT)
        {
            return Ok(file);
        }
        self.read()
    }

    fn read(self) -> Result<FilterFile, FilterError> {
        parse(&format!("builtin:{}", self.name()), self.text())
    }
}

/// The default filter as it was read when it was last changed: nearly every chain has it.
const DEFAULT: &[u8] = include_bytes!("../../builtin/default.postcard");

#[cfg(test)]
mod tests {
    use std::env;
    use std::fs;

    use super::*;

    #[test]
    fn the_default_that_was_read_beforehand_is_its_file() {
        let right = Builtin::Default
            .read()
            .map(|file| postcard::to_stdvec(&file));
        let right = right.unwrap().unwrap();
        if right != DEFAULT {
            let new = env::temp_dir().join("default.postcard");
            fs::write(&new, right).unwrap();
            let new = new.display();
            panic!("builtin/default.postcard is out of date: copy {new} there");
        }
    }

    #[test]
    fn each_is_loaded_as_its_file_says() {
        for builtin in Builtin::ALL {
            assert_eq!(builtin.load(), builtin.read());
        }
    }
}
