//! The configuration of a recording.

use std::fs;
use std::io;
use std::path::Path;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

/// The file in the folder for spools that holds a [`RecordingConfig`].
const FILE: &str = "recording.config";

/// The extension of that file's name.
pub const CONFIG_EXTENSION: &str = "config";

/// The configuration of a recording: truename leaves it in the folder for spools, and each
/// process reads it there when its recording begins.
///
/// `F` is the configuration of the filters, which a spool carries and does not know.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecordingConfig<F> {
    /// The amount to record.
    pub recorded: Recorded,
    /// The filters that keep code and values out.
    pub filters: F,
}

impl<F: Serialize + DeserializeOwned + Default> RecordingConfig<F> {
    /// Reads the configuration in `folder`. Without one, as little as possible is recorded.
    ///
    /// # Errors
    ///
    /// When the file is there and cannot be read, and `InvalidData` when it is damaged.
    pub fn read_from(folder: &Path) -> io::Result<Self> {
        match fs::read(folder.join(FILE)) {
            Ok(bytes) => postcard::from_bytes(&bytes).map_err(|error| {
                let reason = format!("{FILE} is damaged: {error}");
                io::Error::new(io::ErrorKind::InvalidData, reason)
            }),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Self::default()),
            Err(error) => Err(error),
        }
    }

    /// Writes the configuration into `folder`.
    ///
    /// # Errors
    ///
    /// When the file cannot be written.
    pub fn write_to(&self, folder: &Path) -> io::Result<()> {
        let bytes = postcard::to_stdvec(self).map_err(io::Error::other)?;
        fs::write(folder.join(FILE), bytes)
    }
}

/// The amount that is recorded of a process: a trace without values, say, is one of a program without
/// arguments, or one for which nobody wanted any.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Recorded {
    /// The events.
    pub events: Detail,
    /// The values in these events.
    pub values: ValueDetail,
}

/// The events that are recorded of a process.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Detail {
    /// Module bodies.
    #[default]
    Modules,
    /// Module bodies, and each call of Python code.
    Calls,
    /// Module bodies, calls, and each line that runs.
    Lines,
}

/// The values that are recorded with the events.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ValueDetail {
    /// Nothing.
    #[default]
    None,
    /// The arguments of calls, and what they return.
    Args,
    /// Arguments, what calls return, and the local variables at each line.
    Full,
}

#[cfg(test)]
mod tests {
    use super::*;

    type Config = RecordingConfig<Vec<String>>;

    #[test]
    fn what_is_written_is_read() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(
            Config::read_from(folder.path()).unwrap(),
            Config::default(),
            "without a file"
        );
        let config = Config {
            recorded: Recorded {
                events: Detail::Lines,
                values: ValueDetail::Args,
            },
            filters: vec!["a".to_owned()],
        };
        config.write_to(folder.path()).unwrap();
        assert_eq!(Config::read_from(folder.path()).unwrap(), config);
    }

    #[test]
    fn a_file_that_cannot_be_read_is_an_error() {
        let folder = tempfile::tempdir().unwrap();
        let config = Config {
            filters: vec!["a".to_owned()],
            ..Config::default()
        };
        config.write_to(folder.path()).unwrap();
        let file = folder.path().join(FILE);
        let bytes = fs::read(&file).unwrap();
        for length in 0..bytes.len() {
            fs::write(&file, &bytes[..length]).unwrap();
            let error = Config::read_from(folder.path()).unwrap_err();
            assert_eq!(error.kind(), io::ErrorKind::InvalidData);
            assert!(error.to_string().starts_with("recording.config is damaged"));
        }
        fs::remove_file(&file).unwrap();
        fs::create_dir(&file).unwrap();
        assert!(Config::read_from(folder.path()).is_err());
    }
}
