//! Keys of outcomes: one changes when the outcome might.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, UNIX_EPOCH};

use interpreters::Interpreter;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::profile::Profile;
use super::scenario::Scenario;
use crate::sandbox::version::dotted;

/// A digest of all that an outcome depends on.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub(super) struct Key(String);

/// A digest of a recorder, of a scenario, or of a way to run both.
pub(super) struct Part(String);

impl Key {
    /// Returns the key of a scenario under a recorder on an interpreter.
    pub(super) fn of(recorder: &Part, scenario: &Part, run: &Part) -> Self {
        Self(digest([&recorder.0, &scenario.0, &run.0]))
    }
}

impl Part {
    /// Digests a recorder: its profile, and the files that this speaks of.
    pub(super) fn of_recorder(profile: &Profile, truename: &Path) -> Self {
        let mut texts = vec![profile.text.clone()];
        for script in scripts(profile) {
            texts.push(script.to_string_lossy().into_owned());
            texts.push(fs::read_to_string(&script).unwrap_or_default());
        }
        if profile.words().any(|word| word.contains("{truename}"))
            && let Ok(about) = fs::metadata(truename)
        {
            let time = about.modified().ok();
            let time = time.and_then(|it| it.duration_since(UNIX_EPOCH).ok());
            texts.push(format!("{} {time:?}", about.len()));
        }
        Self(digest(texts))
    }

    /// Digests a scenario: its fixture and its goldens.
    pub(super) fn of_scenario(scenario: &Scenario) -> Self {
        Self(digest([scenario.slug(), format!("{scenario:?}")]))
    }

    /// Digests a way to run a scenario: the interpreter, and the time that it may take.
    pub(super) fn of_run(interpreter: &Interpreter, limit: Duration) -> Self {
        let path = interpreter.path.to_string_lossy().into_owned();
        Self(digest([
            dotted(interpreter),
            path,
            limit.as_nanos().to_string(),
        ]))
    }
}

/// Returns the scripts in a profile's folder that its commands name, and those of the same language beside them, which they
/// may import; sorted.
fn scripts(profile: &Profile) -> BTreeSet<PathBuf> {
    let folder = profile.folder();
    let named = profile.words();
    let named = named.filter_map(|word| Some(folder.join(word.strip_prefix("{profile}/")?)));
    let mut scripts = BTreeSet::new();
    for script in named {
        let entries = script.parent().and_then(|it| fs::read_dir(it).ok());
        let beside = entries.into_iter().flatten().flatten().map(|it| it.path());
        scripts.extend(beside.filter(|it| it.extension() == script.extension() && it.is_file()));
        scripts.insert(script);
    }
    scripts
}

fn digest(texts: impl IntoIterator<Item = impl AsRef<str>>) -> String {
    let mut digest = Sha256::new();
    for text in texts {
        let text = text.as_ref();
        digest.update(text.len().to_le_bytes());
        digest.update(text.as_bytes());
    }
    let digest = digest.finalize();
    digest[..12].iter().map(|it| format!("{it:02x}")).collect()
}
