//! Failures, for the person at the command line.

use std::fmt;

/// A failure that ends a command: one paragraph that names the thing, the reason and the remedy.
#[derive(Debug)]
pub struct Failure {
    message: String,
    status: u8,
}

/// The result of a command that can fail.
pub type Result<T> = std::result::Result<T, Failure>;

impl Failure {
    /// Reports that the command cannot be carried out as it was given: exit status 2.
    pub fn usage(message: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            status: 2,
        }
    }

    /// Reports that the command was carried out and failed: exit status 1.
    pub fn new(message: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            status: 1,
        }
    }

    /// Returns the exit status that says this to a script.
    pub fn status(&self) -> u8 {
        self.status
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Failure {}
