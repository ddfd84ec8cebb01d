//! The bytes that values become.

use pyo3::prelude::*;
use spool::{FilteredValues, Value, ValuePlace};

use super::name_cache::NameCache;
use super::names::AskedNames;
use super::seen_types::SeenTypes;

/// The depth to which containers are looked into, an argument's own items being 1 deep.
pub(super) const DEPTH: usize = 4;
/// The number of characters or bytes of a text that are recorded.
pub(super) const LENGTH: usize = 256;
/// The number of characters of a name that are recorded.
pub(super) const NAME: usize = 128;

/// Limits of what is recorded at once.
#[derive(Clone, Copy, Default)]
pub struct CaptureLimits {
    /// The number of items of a container.
    pub(super) width: usize,
    /// The number of values; of containers that come later, no items are.
    pub(super) values: usize,
    /// The number of characters and bytes, of all texts together.
    pub(super) text: usize,
}

impl CaptureLimits {
    /// With a call, or what it gives.
    pub const CALL: Self = Self {
        width: 32,
        values: 1024,
        text: usize::MAX,
    };
    /// At a line: there are many, and most of what they have is what the line before had.
    pub const LINE: Self = Self {
        width: 16,
        values: 64,
        text: 2048,
    };
}

/// Encodes values into bytes.
pub struct ValueEncoder {
    /// The values that are encoded so far.
    pub bytes: Vec<u8>,
    /// The ends of the variables among the bytes.
    pub ends: Vec<u32>,
    /// The numbers of values that filters hid and left out.
    pub(super) redacted: u64,
    pub(super) dropped: u64,
    /// The limits, less what is encoded.
    pub(super) left: CaptureLimits,
    pub(super) names: NameCache,
    pub(super) seen: SeenTypes,
    /// The attributes that objects are asked for.
    pub(super) asked: AskedNames,
    /// The containers that are being encoded, outermost first, by their addresses.
    pub(super) within: [usize; DEPTH],
    pub(super) text: String,
    pub(super) other_text: String,
}

impl ValueEncoder {
    /// Makes an encoder for objects of the calling thread's interpreter.
    pub fn new(py: Python<'_>) -> Self {
        Self {
            bytes: Vec::new(),
            ends: Vec::new(),
            redacted: 0,
            dropped: 0,
            left: CaptureLimits::default(),
            names: NameCache::default(),
            seen: SeenTypes::default(),
            asked: AskedNames::new(py),
            within: [0; DEPTH],
            text: String::new(),
            other_text: String::new(),
        }
    }

    /// Begins anew, to encode this much.
    pub fn begin(&mut self, limits: CaptureLimits) {
        self.bytes.clear();
        self.ends.clear();
        self.seen.forget();
        (self.redacted, self.dropped) = (0, 0);
        self.left = limits;
    }

    /// Encodes how many values filters kept out, if any.
    pub(super) fn put_filtered(&mut self, place: ValuePlace) {
        let (redacted, dropped) = (self.redacted, self.dropped);
        if redacted + dropped > 0 {
            let filtered = FilteredValues {
                place,
                redacted,
                dropped,
            };
            filtered.write(&mut self.bytes);
            self.end_variable();
        }
    }

    /// Ends a variable, or what stands in place of some.
    #[inline]
    pub(super) fn end_variable(&mut self) {
        // What one event has is not that long.
        self.ends.push(self.bytes.len() as u32);
    }

    /// Encodes that there is a value which a filter hides.
    pub(super) fn redact(&mut self) {
        self.redacted += 1;
        self.put(Value::Redacted);
    }

    /// Encodes a value that has no object.
    pub fn put(&mut self, value: Value<'_>) {
        value.write(&mut self.bytes);
    }
}
