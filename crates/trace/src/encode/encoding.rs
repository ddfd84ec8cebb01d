//! One event as bytes, the same bytes that the own writers of its dialect give.

use std::io;

use runtime_tracing::TraceLowLevelEvent as Event;

use super::text_floats;
use crate::format::Format;

/// The first bytes of a binary trace: CodeTracer's mark, format 1, two reserved bytes.
pub const BINARY_HEADER: [u8; 8] = [0xC0, 0xDE, 0x72, 0xAC, 0xE2, 0x01, 0x00, 0x00];

/// Appends the bytes of an event; in JSON they begin with the comma that parts it from the one
/// before.
///
/// # Errors
///
/// When the event cannot be expressed in this format.
pub fn encode(format: Format, event: &Event, bytes: &mut Vec<u8>) -> io::Result<()> {
    match format {
        Format::Binary => cbor4ii::serde::to_writer(bytes, event).map_err(io::Error::other),
        Format::CodeTracer => text_floats::to_cbor(event, bytes),
        Format::Json => {
            bytes.push(b',');
            Ok(serde_json::to_writer(bytes, event)?)
        }
        Format::CodeTracerJson => {
            bytes.push(b',');
            text_floats::to_json(event, bytes)
        }
    }
}
