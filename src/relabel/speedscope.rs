//! The JSON of speedscope, as py-spy, austin and others write it. Its frames are in one list.

use module_identity::BARE_LABEL;
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::value::RawValue;

use super::edits::Edits;
use super::error::RelabelError;
use super::labels::Labels;
use super::tally::{Relabelled, Tally};

#[derive(Deserialize)]
struct Head {
    #[serde(rename = "shared")]
    _shared: IgnoredAny,
}

#[derive(Deserialize)]
struct Profile<'a> {
    #[serde(borrow)]
    shared: Shared<'a>,
}

#[derive(Deserialize)]
struct Shared<'a> {
    #[serde(borrow)]
    frames: Vec<Frame<'a>>,
}

#[derive(Deserialize)]
struct Frame<'a> {
    #[serde(borrow)]
    name: &'a RawValue,
    file: Option<String>,
}

/// Returns whether a JSON text has speedscope's frames.
pub fn is_speedscope(text: &str) -> bool {
    serde_json::from_str::<Head>(text).is_ok()
}

/// Names the frames. Their line is the one that ran, so that the file alone says which code it is.
pub fn relabel(text: &str, labels: &Labels) -> Result<Relabelled, RelabelError> {
    let profile: Profile<'_> = serde_json::from_str(text).map_err(|source| RelabelError::Json {
        tool: "speedscope",
        source,
    })?;
    let mut edits = Edits::of(text);
    let mut tally = Tally::default();
    for frame in profile.shared.frames {
        if serde_json::from_str::<String>(frame.name.get()).is_ok_and(|name| name == BARE_LABEL) {
            let file = frame.file.as_deref().unwrap_or_default();
            if let Some(label) = tally.count(labels.find(file, None)) {
                edits.replace(frame.name, label);
            }
        }
    }
    Ok(Relabelled {
        bytes: edits.apply().into_bytes(),
        tally,
    })
}
