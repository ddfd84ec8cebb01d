//! Notes about Python processes without a spool, in files of their own beside the others' spools.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::record::RecordingStart;
use crate::space::within_limit;

/// The extension of the name of a file that a process leaves in place of a spool when it cannot be recorded.
pub const REFUSAL_EXTENSION: &str = "refused";

/// The extension of the name of a file that holds a [`ChildLaunch`].
pub const LAUNCH_EXTENSION: &str = "launch";

/// A Python process that a recorded process is about to start.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChildLaunch {
    /// The recorded process. Where it replaces itself by another program it is that one's, too.
    pub process: u32,
    /// The time at which it does so.
    pub time: u64,
    /// The recorder gets in by a preloaded library rather than by `PYTHONPATH`.
    pub is_preloaded: bool,
    /// Its environment says how it is to be recorded.
    pub has_environment: bool,
    /// Another `sitecustomize` that comes before the recorder's.
    pub rival: Option<String>,
    /// The beginning of its command line, its own name first.
    pub arguments: Vec<String>,
}

/// Returns whether an executable of this name is an interpreter: `python3.13t` is, `python3-config` is not.
pub fn is_python(name: &str) -> bool {
    let version = name.strip_prefix("python");
    let version = version.map(|it| it.trim_end_matches(['t', 'd']));
    version.is_some_and(|it| it.bytes().all(|it| it == b'.' || it.is_ascii_digit()))
}

impl ChildLaunch {
    /// The number of words of a command line that are noted, and the number of characters of each, at most: options
    /// come first.
    pub const WORDS: usize = 32;
    const CHARACTERS: usize = 200;

    /// Returns the words of a command line as far as they are noted.
    pub fn shortened<'a>(words: impl IntoIterator<Item = &'a str>) -> Vec<String> {
        let shortened = |word: &str| word.chars().take(Self::CHARACTERS).collect();
        words.into_iter().take(Self::WORDS).map(shortened).collect()
    }

    /// Returns whether a recording is that of the process. The name that a process has for itself may be another one; a
    /// word that was no text when it was noted is empty.
    pub fn is_of(&self, start: &RecordingStart) -> bool {
        let process = &start.process;
        let words = Self::shortened(process.arguments.iter().map(String::as_str));
        let mut pairs = self.arguments.iter().zip(&words).skip(1);
        start.time >= self.time
            && words.len() == self.arguments.len()
            && pairs.all(|(noted, word)| noted.is_empty() || noted == word)
    }

    /// Writes the note into `folder`.
    ///
    /// # Errors
    ///
    /// When it cannot be written.
    pub fn write_to(&self, folder: &Path) -> io::Result<()> {
        let bytes = postcard::to_stdvec(self).map_err(io::Error::other)?;
        let name = format!("{}-{}.{LAUNCH_EXTENSION}", self.process, self.time);
        fs::write(folder.join(name), bytes)
    }

    /// Reads such a note.
    ///
    /// # Errors
    ///
    /// When it cannot be read, or is not whole.
    pub fn read_from(file: &Path) -> io::Result<Self> {
        postcard::from_bytes(&fs::read(file)?).map_err(io::Error::other)
    }
}

/// Writes into `folder` that the process `pid` is not recorded, and the reason as far as there is room
/// for it.
///
/// # Errors
///
/// When there can be no file.
pub fn refuse(folder: &Path, pid: u32, reason: &str) -> io::Result<()> {
    let mut file = File::create(folder.join(format!("{pid}.{REFUSAL_EXTENSION}")))?;
    // The file alone says the most important.
    let _ = within_limit(reason.len()).and_then(|()| file.write_all(reason.as_bytes()));
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::{Process, ProcessOrigin};

    fn start(time: u64, words: &[&str]) -> RecordingStart {
        RecordingStart {
            process: Process {
                pid: 8,
                parent: 7,
                origin: ProcessOrigin::Start,
                interpreter: 0,
                python: "3.12.1".into(),
                executable: "/usr/bin/python3".into(),
                arguments: words.iter().map(ToString::to_string).collect(),
                directory: "/".into(),
            },
            recorded: Default::default(),
            filters: Vec::new(),
            loaded_before: Vec::new(),
            time,
            unix_time: 0,
        }
    }

    #[test]
    fn a_recording_is_found_by_its_command_line() {
        let long = "x".repeat(300);
        let launch = ChildLaunch {
            process: 7,
            time: 10,
            is_preloaded: false,
            has_environment: true,
            rival: None,
            arguments: ChildLaunch::shortened(["python3", "", long.as_str()]),
        };
        let is_of = |time, words: &[&str]| launch.is_of(&start(time, words));
        assert!(is_of(10, &["/usr/bin/python3.12", "a.py", &long]));
        assert!(!is_of(9, &["python3", "a.py", &long]), "it began before");
        assert!(!is_of(10, &["python3", "a.py", "x"]));
        assert!(!is_of(10, &["python3", "a.py"]));
    }
}
