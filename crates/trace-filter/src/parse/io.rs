//! The section `[io]` of a filter file.

use toml::de::DeValue;

use super::fields::{FieldReader, Section};
use super::suggestion::one_of;
use crate::rules::{IoCapture, IoStream};

/// Reads the section. `modes` is reserved in the format, so it has to be empty.
pub(super) fn read<'a>(fields: &mut FieldReader<'a>, io: &Section<'_, 'a>) -> IoCapture {
    fields.known_keys(io, &["capture", "streams", "modes"]);
    let capture = capture(fields, io);
    let streams = streams(fields, io);
    if capture
        && streams.is_empty()
        && io
            .get("streams")
            .is_none_or(|streams| is_empty(streams.get_ref()))
    {
        let message = "`[io]` captures, and has no `streams` to capture";
        let remedy = "Add a line such as `streams = [\"stdout\", \"stderr\"]`.";
        let span = io
            .get("capture")
            .map_or(io.span.clone(), |capture| capture.span());
        fields.fault(span, message, remedy);
    }
    if let Some(modes) = io.get("modes") {
        match modes.get_ref().as_array() {
            Some(array) if array.is_empty() => {}
            Some(_) => {
                let message = "`modes` has to be empty: the format reserves it";
                fields.fault(modes.span(), message, "Leave the line out.");
            }
            None => fields.wrong_type("modes", modes, "an empty array", ""),
        }
    }
    IoCapture { capture, streams }
}

fn capture<'a>(fields: &mut FieldReader<'a>, io: &Section<'_, 'a>) -> bool {
    let Some(value) = io.get("capture") else {
        return false;
    };
    let capture = value.get_ref().as_bool();
    if capture.is_none() {
        fields.wrong_type("capture", value, "`true` or `false`", "");
    }
    capture.unwrap_or(false)
}

fn streams<'a>(fields: &mut FieldReader<'a>, io: &Section<'_, 'a>) -> Vec<IoStream> {
    let Some(value) = io.get("streams") else {
        return Vec::new();
    };
    let Some(array) = value.get_ref().as_array() else {
        fields.wrong_type("streams", value, "an array of strings", "");
        return Vec::new();
    };
    let mut streams = Vec::new();
    for item in array {
        let Some(text) = item.get_ref().as_str() else {
            fields.wrong_type("streams", item, "an array of strings", "");
            continue;
        };
        match IoStream::ALL
            .into_iter()
            .find(|stream| stream.word() == text)
        {
            Some(stream) if streams.contains(&stream) => {}
            Some(stream) => streams.push(stream),
            None => {
                let message = format!("there is no stream `{text}`");
                let words = IoStream::ALL.map(IoStream::word);
                fields.fault(item.span(), message, one_of("A stream", &words, text));
            }
        }
    }
    streams
}

fn is_empty(value: &DeValue<'_>) -> bool {
    value.as_array().is_some_and(|array| array.is_empty())
}
