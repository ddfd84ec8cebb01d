//! Events whose floats are texts, as the crates of CodeTracer have them. All else is as in `runtime_tracing`.

use std::io::{self, Write};

use cbor4ii::core::enc::Encode;
use cbor4ii::core::utils::{BufWriter, SliceReader};
use cbor4ii::core::{Value, dec::Decode, marker};
use runtime_tracing::TraceLowLevelEvent as Event;
use serde::Serialize;
use serde_json::ser::{Formatter, Serializer};

/// Appends an event in JSON.
///
/// # Errors
///
/// When the event cannot be expressed in JSON.
pub fn to_json(event: &Event, bytes: &mut Vec<u8>) -> io::Result<()> {
    let mut serializer = Serializer::with_formatter(bytes, TextFloats);
    Ok(event.serialize(&mut serializer)?)
}

/// Writes floats as texts, and the rest as short as it can be.
struct TextFloats;

impl Formatter for TextFloats {
    fn write_f64<W: ?Sized + Write>(&mut self, writer: &mut W, value: f64) -> io::Result<()> {
        write!(writer, "\"{value}\"")
    }
}

/// Appends an event in CBOR.
///
/// # Errors
///
/// When the event cannot be expressed in CBOR.
pub fn to_cbor(event: &Event, bytes: &mut Vec<u8>) -> io::Result<()> {
    let start = bytes.len();
    cbor4ii::serde::to_writer(&mut *bytes, event).map_err(io::Error::other)?;
    let encoded = &bytes[start..];
    // No float is without its mark; few events have that byte.
    if !encoded.contains(&marker::F64) {
        return Ok(());
    }
    let mut value = Value::decode(&mut SliceReader::new(encoded)).map_err(io::Error::other)?;
    floats_to_texts(&mut value);
    bytes.truncate(start);
    let mut writer = BufWriter::new(std::mem::take(bytes));
    let result = value.encode(&mut writer).map_err(io::Error::other);
    *bytes = writer.into_inner();
    result
}

/// Replaces all floats: an event has them in values only.
fn floats_to_texts(value: &mut Value) {
    match value {
        Value::Float(float) => *value = Value::Text(float.to_string()),
        Value::Array(items) => items.iter_mut().for_each(floats_to_texts),
        Value::Map(entries) => entries
            .iter_mut()
            .for_each(|(_, value)| floats_to_texts(value)),
        _ => {}
    }
}
