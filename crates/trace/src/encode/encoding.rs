//! One event as bytes, the same bytes that `runtime_tracing`'s own writers give.

use std::io;

use runtime_tracing::TraceLowLevelEvent as Event;

use crate::format::Format;

/// Appends the bytes of an event; in JSON they begin with the comma that parts it from the one
/// before.
///
/// # Errors
///
/// When the event cannot be expressed in this format.
pub fn encode(format: Format, event: &Event, bytes: &mut Vec<u8>) -> io::Result<()> {
    match format {
        Format::Binary => cbor4ii::serde::to_writer(bytes, event).map_err(io::Error::other),
        Format::Json => {
            bytes.push(b',');
            Ok(serde_json::to_writer(bytes, event)?)
        }
    }
}
