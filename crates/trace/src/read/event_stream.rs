//! Events of a file, one after the other, in the dialect of either crate.

use std::error::Error;
use std::fmt;
use std::fs::File;
use std::io::{BufReader, Read};
use std::ops::ControlFlow;
use std::path::Path;

use cbor4ii::core::dec::Decode;
use cbor4ii::core::enc::Encode;

use cbor4ii::core::utils::{BufWriter, SliceReader};
use cbor4ii::core::{RawValue as RawCbor, Value as Cbor};
use runtime_tracing::TraceLowLevelEvent as Event;
use serde::de::{Deserializer, SeqAccess, Visitor};
use serde_json::Value as Json;
use serde_json::value::RawValue as RawJson;

use super::binary::decompress;
use super::common_event::common_event;

/// The bytes that are read at a time, at least.
const CHUNK: usize = 1 << 16;

type Result<T> = std::result::Result<T, Box<dyn Error>>;
/// Takes an event, and says whether more are wanted.
pub type Take<'a> = dyn FnMut(Event) -> ControlFlow<()> + 'a;

/// The compressed bytes are damaged.
#[derive(Debug, thiserror::Error)]
#[error("it cannot be decompressed")]
pub struct Undecompressed;

/// Reads the events of a file, of which no more than one and a chunk of bytes are in memory.
///
/// # Errors
///
/// When the file cannot be read, or does not hold events. Those before have been taken.
pub fn read_events(file: &Path, is_json: bool, take: &mut Take<'_>) -> Result<()> {
    match is_json {
        true => read_json(file, take),
        false => read_binary(file, take),
    }
}

fn read_binary(file: &Path, take: &mut Take<'_>) -> Result<()> {
    let compressed = BufReader::new(File::open(file)?);
    let mut input = decompress(compressed).map_err(|_| Undecompressed)?;
    let mut bytes = Vec::new();
    loop {
        let mut rest = &bytes[..];
        while let Some((event, following)) = next_event(rest)? {
            if take(event).is_break() {
                return Ok(());
            }
            rest = following;
        }
        let (taken, wanted) = (bytes.len() - rest.len(), CHUNK.max(rest.len()));
        bytes.drain(..taken);
        let read = (&mut input).take(wanted as u64).read_to_end(&mut bytes);
        let count = read.map_err(|_| Undecompressed)?;
        match (count, bytes.is_empty()) {
            (0, true) => return Ok(()),
            (0, false) => return Err("an event is cut or damaged".into()),
            _ => {}
        }
    }
}

/// Decodes the event at the start of `bytes`, and returns what follows it. `None` where its end is missing.
fn next_event(bytes: &[u8]) -> Result<Option<(Event, &[u8])>> {
    if let Some(common) = common_event(bytes) {
        return Ok(Some(common));
    }
    // An error may only mean that the end of the event has not been read yet.
    let Ok(event) = RawCbor::decode(&mut SliceReader::new(bytes)) else {
        return Ok(None);
    };
    let (event, rest) = bytes.split_at(event.as_bytes().len());
    Ok(Some((from_cbor(event)?, rest)))
}

fn read_json(file: &Path, take: &mut Take<'_>) -> Result<()> {
    let input = BufReader::with_capacity(CHUNK, File::open(file)?);
    let mut reader = serde_json::Deserializer::from_reader(input);
    let mut events = JsonEvents {
        take,
        is_stopped: false,
    };
    match reader.deserialize_seq(&mut events) {
        Err(_) if events.is_stopped => Ok(()),
        result => Ok(result.and_then(|()| reader.end())?),
    }
}

struct JsonEvents<'a, 'b> {
    take: &'a mut Take<'b>,
    is_stopped: bool,
}

impl<'de> Visitor<'de> for &mut JsonEvents<'_, '_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of events")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut events: A) -> std::result::Result<(), A::Error> {
        let mut count = 0;
        while let Some(text) = events.next_element::<Box<RawJson>>()? {
            // Its line and column are within the event.
            let at = |error| serde::de::Error::custom(format!("event {count}: {error}"));
            let event = from_json(text.get()).map_err(at)?;
            count += 1;
            if (self.take)(event).is_break() {
                self.is_stopped = true;
                break;
            }
        }
        Ok(())
    }
}

fn from_cbor(bytes: &[u8]) -> Result<Event> {
    let error = match cbor4ii::serde::from_slice(bytes) {
        Ok(event) => return Ok(event),
        Err(error) => error,
    };
    let mut value = Cbor::decode(&mut SliceReader::new(bytes))?;
    cbor_texts_to_floats(&mut value);
    let mut writer = BufWriter::new(Vec::new());
    value.encode(&mut writer)?;
    cbor4ii::serde::from_slice(writer.buffer()).map_err(|_| error.into())
}

fn from_json(text: &str) -> serde_json::Result<Event> {
    serde_json::from_str(text).or_else(|error| {
        let mut value = serde_json::from_str(text)?;
        json_texts_to_floats(&mut value);
        serde_json::from_value(value).map_err(|_| error)
    })
}

/// Replaces the texts of all floats.
fn cbor_texts_to_floats(value: &mut Cbor) {
    let is = |value: &Cbor, expected: &str| matches!(value, Cbor::Text(text) if text == expected);
    match value {
        Cbor::Array(items) => items.iter_mut().for_each(cbor_texts_to_floats),
        Cbor::Map(fields) => {
            let is_float = fields
                .iter()
                .any(|(key, kind)| is(key, "kind") && is(kind, "Float"));
            for (key, value) in fields {
                match value {
                    Cbor::Text(text) if is_float && is(key, "f") => {
                        if let Ok(float) = text.parse() {
                            *value = Cbor::Float(float);
                        }
                    }
                    _ => cbor_texts_to_floats(value),
                }
            }
        }
        _ => {}
    }
}

/// Replaces the texts of all floats.
fn json_texts_to_floats(value: &mut Json) {
    match value {
        Json::Array(items) => items.iter_mut().for_each(json_texts_to_floats),
        Json::Object(fields) => {
            let is_float = fields.get("kind").is_some_and(|kind| kind == "Float");
            if let Some(f) = fields.get_mut("f").filter(|_| is_float)
                && let Some(float) = f.as_str().and_then(|text| text.parse::<f64>().ok())
            {
                *f = float.into();
            }
            fields.values_mut().for_each(json_texts_to_floats);
        }
        _ => {}
    }
}
