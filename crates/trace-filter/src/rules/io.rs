//! The section of a filter about the input and output of the program.

use serde::{Deserialize, Serialize};

/// The section `[io]` of a filter. truename captures no output: the section is for recorders that do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct IoCapture {
    /// `io.capture`.
    pub capture: bool,
    /// `io.streams`, each of them once.
    pub streams: Vec<IoStream>,
}

/// A stream of the program.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum IoStream {
    /// Standard output.
    Stdout,
    /// Standard error.
    Stderr,
    /// Standard input.
    Stdin,
    /// The files that the program opens.
    Files,
}

impl IoStream {
    /// All streams.
    pub const ALL: [Self; 4] = [Self::Stdout, Self::Stderr, Self::Stdin, Self::Files];

    /// Returns the word in a filter file.
    pub fn word(self) -> &'static str {
        match self {
            Self::Stdout => "stdout",
            Self::Stderr => "stderr",
            Self::Stdin => "stdin",
            Self::Files => "files",
        }
    }
}
