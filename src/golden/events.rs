//! Raw events as a golden.

use serde_json::Value;
use trace::read::Folder;

use super::error::RunError;
use crate::sandbox::Redaction;

/// The events of a trace as `runtime_tracing` reads them, one on a line.
pub(super) fn golden(folder: &Folder, redaction: &Redaction) -> Result<String, RunError> {
    let mut text = String::new();
    for event in folder.events()? {
        let mut event = serde_json::to_value(&event).map_err(|source| RunError::Event {
            event: format!("{event:?}"),
            source,
        })?;
        redact(&mut event, redaction);
        text.push_str(&event.to_string());
        text.push('\n');
    }
    Ok(text)
}

fn redact(value: &mut Value, redaction: &Redaction) {
    match value {
        Value::String(text) => *text = redaction.text(text),
        Value::Array(values) => values.iter_mut().for_each(|it| redact(it, redaction)),
        Value::Object(values) => values.values_mut().for_each(|it| redact(it, redaction)),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}
